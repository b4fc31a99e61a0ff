"""Zip packages: Office documents by the content types that they declare, OFD by its entry document. Nothing is unpacked
but the small parts that say what is inside.
"""

import os
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, Final

from files.kinds import DOCX, OFD, XLSX, FileType
from files.markup import NoMarkup, read_markup
from files.refusals import acts, broken, locked, too_large_unpacked, two_in_one
from foundation.errors import BadInput
from foundation.i18n import N_

MOST_ENTRIES: Final = 10_000
MOST_UNPACKED: Final = 300 * 1024 * 1024
_END_RECORD: Final = 22
_MOST_OF_A_PART: Final = 4 * 1024 * 1024

# ECMA-376 part 2 (Open Packaging Conventions): what a part is stands here and nowhere else, whatever its name.
_CONTENT_TYPES: Final = "[Content_Types].xml"
_MAIN: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": XLSX,
}
# Templates carry "template.main+xml", presentations "presentation.main+xml": they are no document of ours.
_MACROS: Final = ("macroenabled", "vbaproject", "vbadata", "activex", "ms-excel.macrosheet", "intlmacrosheet")
# What Word and Excel fetch by themselves when the document is opened.
_FETCHED: Final = ("/attachedtemplate", "/oleobject", "/frame", "/subdocument")
_ELSEWHERE: Final = ("http:", "https:", "ftp:", "\\\\", "//", "file://///", "mhtml:", "ms-")
_PROGRAMS: Final = frozenset(
    {"exe", "dll", "scr", "com", "bat", "cmd", "ps1", "js", "jse", "vbs", "vbe", "wsf", "hta", "lnk", "msi", "jar"}
)


def package(source: IO[bytes]) -> FileType | None:
    """What kind of document a zip package is, None for any other archive.

    Raises BadInput for one that is broken, locked, has macros or programs, opens to too much, or hides another file.
    """
    try:
        with zipfile.ZipFile(source) as opened:
            entries = opened.infolist()
            if opened.start_dir and entries and min(entry.header_offset for entry in entries) > 0:
                raise two_in_one()
            if not _ends_with_directory(source):
                raise two_in_one()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
                raise too_large_unpacked()
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise locked()
            return _kind(opened, {entry.filename.lstrip("/"): entry for entry in entries})
    except NoMarkup as error:
        raise broken("Office") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise broken("ZIP") from error
    finally:
        source.seek(0)


def _kind(opened: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> FileType | None:
    names = [name.lower() for name in parts]
    if any(name.endswith("vbaproject.bin") for name in names):
        raise _macros()
    kind = None
    if _CONTENT_TYPES in parts:
        kind = _office(opened, parts)
    elif "OFD.xml" in parts:
        kind = OFD
        _read(opened, parts["OFD.xml"])
    if kind and any(PurePosixPath(name).suffix.removeprefix(".") in _PROGRAMS for name in names):
        raise acts()
    return kind


def _office(opened: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> FileType | None:
    types = [attributes.get("ContentType", "").lower() for _, attributes in _read(opened, parts[_CONTENT_TYPES])]
    if any(word in kind for kind in types for word in _MACROS):
        raise _macros()
    for name, part in parts.items():
        if name.endswith(".rels"):
            _ensure_nothing_acts(_read(opened, part))
    return next((_MAIN[kind] for kind in types if kind in _MAIN), None)


def _ensure_nothing_acts(relations: list[tuple[str, dict[str, str]]]) -> None:
    for _, attributes in relations:
        kind, target = attributes.get("Type", "").lower(), attributes.get("Target", "").strip().lower()
        if kind.endswith("/vbaproject"):
            raise _macros()
        outside = attributes.get("TargetMode", "").lower() == "external"
        if outside and kind.endswith(_FETCHED) and target.startswith(_ELSEWHERE):
            raise BadInput(N_("文档打开时会从网络取用别处的内容，不能作为材料"), remedy=N_("另存为 PDF 后重新上传"))


def _read(opened: zipfile.ZipFile, part: zipfile.ZipInfo) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part."""
    if part.file_size > _MOST_OF_A_PART:
        raise too_large_unpacked()
    elements: list[tuple[str, dict[str, str]]] = []
    with opened.open(part) as stream:
        read_markup(stream.read(_MOST_OF_A_PART + 1), elements=elements)
    return elements


def _ends_with_directory(source: IO[bytes]) -> bool:
    """Whether nothing follows the end record of the zip directory (22 bytes and its comment)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _END_RECORD - 0xFFFF))
    tail = source.read()
    place = tail.rfind(b"PK\x05\x06")
    record = tail[place : place + _END_RECORD]
    return len(record) == _END_RECORD and place + _END_RECORD + int.from_bytes(record[20:], "little") == len(tail)


def _macros() -> BadInput:
    return BadInput(N_("文件带有宏程序，不能作为材料"), remedy=N_("另存为不带宏的格式（DOCX、XLSX）或 PDF 后重新上传"))
