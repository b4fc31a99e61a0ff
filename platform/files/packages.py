"""Zip packages: Office documents by the content types that they declare, OFD by its entry document. Unpacked are the parts
that say what is inside, and those that could make another program run; nothing is written anywhere.
"""

import io
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Final
from urllib.parse import unquote

from files.kinds import DOCX, OFD, XLSX, FileType
from files.macros import COMPOUND, Budget, ensure_harmless_object, ensure_no_commands, has_macros
from files.markup import NoMarkup, read_markup
from files.refusals import acts, broken, locked, too_complex, too_large_unpacked, two_in_one
from files.relations import ensure_harmless

MOST_ENTRIES: Final = 10_000
MOST_UNPACKED: Final = 300 * 1024 * 1024
_END_RECORD: Final = 22
# A document in a document in a document: deeper nobody looks.
_DEEPEST: Final = 2
# Of what says what is inside. A report with some hundred pictures has a hundredth of it.
_MOST_OF_LISTS: Final = 8 * 1024 * 1024
_MOST_IN_LISTS: Final = 50_000
# Of text and of embedded objects. A report of a thousand pages has a third of it.
_MOST_OF_CONTENT: Final = 64 * 1024 * 1024
_MOST_IN_CONTENT: Final = 600_000
# To open one takes as long as to read so many elements.
_ELEMENTS_OF_AN_ENTRY: Final = 20

# ECMA-376 part 2 (Open Packaging Conventions): what a part is stands here and nowhere else, whatever its name. Names of parts
# are the same in capitals, and in percent signs.
_CONTENT_TYPES: Final = "[content_types].xml"
_MAIN: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": XLSX,
}
# Templates carry "template.main+xml", presentations "presentation.main+xml": they are no document of ours.
_MACROS: Final = ("macroenabled", "vbaproject", "vbadata", "activex", "ms-excel.macrosheet", "intlmacrosheet")
_WITH_MACROS: Final = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppam", "ppsm", "sldm"})
# Parts of Word that hold text with fields, and parts of Excel that hold links to other programs.
_COMMANDING: Final = ("wordprocessingml", "spreadsheetml.externallink")
_PROGRAMS: Final = frozenset(
    {"exe", "dll", "scr", "com", "bat", "cmd", "ps1", "js", "jse", "vbs", "vbe", "wsf", "hta", "lnk", "msi", "jar"}
)

Parts = dict[str, zipfile.ZipInfo]


@dataclass(frozen=True, slots=True)
class _Budgets:
    """What may be read of a document and of all that are embedded in it."""

    lists: Budget = field(default_factory=lambda: Budget(_MOST_OF_LISTS, _MOST_IN_LISTS))
    content: Budget = field(default_factory=lambda: Budget(_MOST_OF_CONTENT, _MOST_IN_CONTENT))


def package(source: IO[bytes]) -> FileType | None:
    """What kind of document a zip package is, None for any other archive.

    Raises BadInput for one that is broken, locked, has macros or programs, fetches or starts something when it is opened, opens
    to too much, or hides another file.
    """
    try:
        return _package(source, _Budgets(), depth=0)
    except NoMarkup as error:
        raise broken("Office") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise broken("ZIP") from error
    finally:
        source.seek(0)


def _package(source: IO[bytes], budgets: _Budgets, depth: int) -> FileType | None:
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
        if any(entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for entry in entries):
            # Office and OFD know no other, and others unpack far more than is asked for.
            raise broken("ZIP")
        budgets.content.take(elements=len(entries) * _ELEMENTS_OF_AN_ENTRY)
        parts = {_name(entry.filename): entry for entry in entries}
        if len(parts) < len(entries):
            # One program reads the first of them, another the last.
            raise two_in_one()
        return _kind(opened, parts, budgets, depth)


def _name(said: str) -> str:
    return unquote(said).replace("\\", "/").lstrip("/").lower()


def _kind(opened: zipfile.ZipFile, parts: Parts, budgets: _Budgets, depth: int) -> FileType | None:
    if any(name.endswith("vbaproject.bin") for name in parts):
        raise has_macros()
    kind, recognised = None, True
    if _CONTENT_TYPES in parts:
        kind = _office(opened, parts, budgets)
    elif "ofd.xml" in parts:
        kind = OFD
        _read(opened, parts["ofd.xml"], budgets.lists)
    else:
        recognised = False
    if recognised:
        _ensure_harmless_parts(opened, parts, budgets, depth)
    return kind


def _office(opened: zipfile.ZipFile, parts: Parts, budgets: _Budgets) -> FileType | None:
    said = _read(opened, parts[_CONTENT_TYPES], budgets.lists)
    types = [attributes.get("ContentType", "").strip().lower() for _, attributes in said]
    if any(word in kind for kind in types for word in _MACROS):
        raise has_macros()
    for name, part in parts.items():
        if name.endswith(".rels"):
            ensure_harmless(_read(opened, part, budgets.lists))
    commanding = {
        _name(attributes.get("PartName") or "." + attributes.get("Extension", ""))
        for (_, attributes), kind in zip(said, types, strict=True)
        if any(word in kind for word in _COMMANDING)
    }
    for name, part in parts.items():
        if name in commanding or PurePosixPath(name).suffix in commanding:
            with opened.open(part) as stream:
                ensure_no_commands(stream, budgets.content)
    return next((_MAIN[kind] for kind in types if kind in _MAIN), None)


def _ensure_harmless_parts(opened: zipfile.ZipFile, parts: Parts, budgets: _Budgets, depth: int) -> None:
    """By their names and, since Office goes by it, by their content."""
    extensions = {PurePosixPath(name).suffix.removeprefix(".") for name in parts}
    if extensions & _PROGRAMS:
        raise acts()
    if extensions & _WITH_MACROS:
        raise has_macros()
    for part in parts.values():
        with opened.open(part) as stream:
            head = stream.read(len(COMPOUND))
            if head.startswith((b"MZ", b"\x7fELF")):
                raise acts()
            if head == COMPOUND:
                ensure_harmless_object(stream, budgets.content)
            elif head.startswith(b"PK\x03\x04"):
                if depth == _DEEPEST:
                    raise too_complex("Office")
                budgets.content.take(part.file_size)
                _package(io.BytesIO(head + stream.read()), budgets, depth + 1)


def _read(opened: zipfile.ZipFile, part: zipfile.ZipInfo, lists: Budget) -> list[tuple[str, dict[str, str]]]:
    """The elements of a part that says what is inside."""
    lists.take(part.file_size)
    elements: list[tuple[str, dict[str, str]]] = []
    with opened.open(part) as stream:
        # Whatever the directory says of its size, no more than that is unpacked.
        read_markup(stream.read(part.file_size + 1), elements=elements)
    lists.take(elements=len(elements))
    return elements


def _ends_with_directory(source: IO[bytes]) -> bool:
    """Whether nothing follows the end record of the zip directory (22 bytes and its comment)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _END_RECORD - 0xFFFF))
    tail = source.read()
    place = tail.rfind(b"PK\x05\x06")
    record = tail[place : place + _END_RECORD]
    return len(record) == _END_RECORD and place + _END_RECORD + int.from_bytes(record[20:], "little") == len(tail)
