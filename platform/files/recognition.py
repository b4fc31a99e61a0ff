"""What a file is, found from its content, never from its name alone."""

import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from files import active
from foundation.errors import BadInput
from foundation.i18n import N_

HEAD: Final = 8192
MOST_ENTRIES: Final = 10_000
MOST_UNPACKED: Final = 300 * 1024 * 1024
MOST_NAME: Final = 120
# File systems limit names to 255 bytes, and a Chinese character takes three.
MOST_NAME_BYTES: Final = 240
_END_RECORD: Final = 22


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that can be uploaded; ``word`` is what people call it."""

    word: str
    media_type: str
    extensions: tuple[str, ...]


PDF: Final = FileType("PDF", "application/pdf", ("pdf",))
PNG: Final = FileType("PNG", "image/png", ("png",))
JPEG: Final = FileType("JPG", "image/jpeg", ("jpg", "jpeg", "jpe"))
OFD: Final = FileType("OFD", "application/ofd", ("ofd",))
DOCX: Final = FileType("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
XLSX: Final = FileType("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
XML: Final = FileType("XML", "application/xml", ("xml",))
CSV: Final = FileType("CSV", "text/csv", ("csv",))
TEXT: Final = FileType("TXT", "text/plain", ("txt",))

TYPES: Final = (PDF, PNG, JPEG, OFD, DOCX, XLSX, XML, CSV, TEXT)
_BY_EXTENSION: Final = {extension: kind for kind in TYPES for extension in kind.extensions}
_PACKAGES: Final = (("OFD.xml", OFD), ("word/document.xml", DOCX), ("xl/workbook.xml", XLSX))
# What people send by mistake: where the bytes stand, the bytes, and what such a file is called.
_FOREIGN: Final = (
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (8, b"WEBP", "WEBP"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftyp", "MP4"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOC/XLS/PPT"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"7z\xbc\xaf\x27\x1c", "7Z"),
    (0, b"\x1f\x8b", "GZ"),
    (0, b"MZ", "EXE"),
    (0, b"\x7fELF", "ELF"),
    (0, b"ID3", "MP3"),
    (0, b"{\\rtf", "RTF"),
    (0, b"<!DOCTYPE html", "HTML"),
    (0, b"<html", "HTML"),
    (0, b"<svg", "SVG"),
)


def recognise(source: IO[bytes], size: int, filename: str) -> FileType | None:
    """The type of a seekable ``source`` of ``size`` bytes, or None for an unknown one.

    Raises BadInput for a file that is broken, locked by a password, or two files in one. ``filename`` decides only
    between a table and a text, whose content looks alike.
    """
    source.seek(0)
    head = source.read(HEAD)
    source.seek(max(0, size - HEAD))
    tail = source.read(HEAD)
    source.seek(0)
    if head.startswith(b"%PDF-"):
        return _pdf(source, tail)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _ends(PNG, tail.endswith(b"IEND\xaeB`\x82"))
    if head.startswith(b"\xff\xd8\xff"):
        # Cameras pad the end with zeros; another file must not follow.
        return _ends(JPEG, b"\xff\xd9" in tail and not _hides_an_archive(tail))
    if head.startswith(b"PK\x03\x04"):
        return _package(source)
    return _writing(source, head, filename)


def type_of_name(filename: str) -> FileType | None:
    """The type that the name says."""
    return _BY_EXTENSION.get(PurePosixPath(filename).suffix.lower().removeprefix("."))


def foreign(head: bytes) -> str:
    """What a file of no known type seems to be, for the message; empty when it is not recognised."""
    for start, beginning, word in _FOREIGN:
        if head[start : start + len(beginning)] == beginning:
            return word
    return ""


def clean_filename(filename: str) -> str:
    """The name without path, control and direction-changing characters, at most 120 characters or 240 bytes, extension kept.

    Direction marks (U+202E and the like) can make ``fdp.exe`` read ``exe.pdf``; paths could lead elsewhere.
    """
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(
        letter for letter in name if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    name = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", name)).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension) <= 10:
        return (_short(stem, len(extension.encode()) + 1).rstrip(" .") or "file") + dot + extension
    return _short(name) or "file"


def _short(name: str, less: int = 0) -> str:
    cut = name[: MOST_NAME - less].encode()[: MOST_NAME_BYTES - less]
    return cut.decode(errors="ignore")


def _pdf(source: IO[bytes], tail: bytes) -> FileType:
    if b"%%EOF" not in tail[-2048:]:
        raise _broken(PDF)
    if _hides_an_archive(tail[tail.rindex(b"%%EOF") :]):
        raise _two_in_one()
    # The trailer of an encrypted document refers to its encryption dictionary; cross-reference streams are read whole.
    source.seek(0)
    content = source.read()
    source.seek(0)
    if re.search(rb"/Encrypt\s+\d+\s+\d+\s+R", content):
        raise BadInput(N_("文件设有密码，审核人员无法打开"), remedy=N_("去掉密码后重新上传"))
    if active.acts(content):
        raise BadInput(N_("文件带有打开时会运行的程序，不能作为材料"), remedy=N_("打印成 PDF 或扫描后重新上传"))
    return PDF


def _package(source: IO[bytes]) -> FileType | None:
    """A zip package: only its directory is read, it is never unpacked."""
    try:
        with zipfile.ZipFile(source) as package:
            entries = package.infolist()
            if package.start_dir and entries and min(entry.header_offset for entry in entries) > 0:
                raise _two_in_one()
            if not _ends_with_directory(source):
                raise _two_in_one()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
                raise BadInput(N_("压缩内容过大，无法安全打开"), remedy=N_("导出为 PDF 后重新上传"))
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise BadInput(N_("文件设有密码，审核人员无法打开"), remedy=N_("去掉密码后重新上传"))
            names = {entry.filename for entry in entries}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BadInput(N_("文件不完整或已损坏，无法打开"), remedy=N_("重新导出或扫描后再上传")) from error
    finally:
        source.seek(0)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadInput(N_("文件带有宏程序，不能作为材料"), remedy=N_("另存为不带宏的格式后重新上传"))
    return next((kind for member, kind in _PACKAGES if member in names), None)


def _ends_with_directory(source: IO[bytes]) -> bool:
    """Whether nothing follows the end record of the zip directory (22 bytes and its comment)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _END_RECORD - 0xFFFF))
    tail = source.read()
    place = tail.rfind(b"PK\x05\x06")
    record = tail[place : place + _END_RECORD]
    return len(record) == _END_RECORD and place + _END_RECORD + int.from_bytes(record[20:], "little") == len(tail)


def _writing(source: IO[bytes], head: bytes, filename: str) -> FileType | None:
    """XML, table or plain text: UTF-8 or GB 18030, without control characters, and no disguised web page."""
    content = source.read()
    source.seek(0)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<?xml"):
        return XML
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            return None
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
        return None
    if re.match(r"\s*<(!doctype|html|script|svg|\?php)", text, re.IGNORECASE):
        return None
    return CSV if type_of_name(filename) is CSV else TEXT


def _ends(kind: FileType, whole: bool) -> FileType:
    if not whole:
        raise _broken(kind)
    return kind


def _hides_an_archive(rest: bytes) -> bool:
    return b"PK\x05\x06" in rest or b"PK\x03\x04" in rest or b"Rar!\x1a" in rest


def _broken(kind: FileType) -> BadInput:
    return BadInput(
        N_("%(type)s 文件不完整或末尾多出其他内容，无法打开"), remedy=N_("重新导出或扫描后再上传"), type=kind.word
    )


def _two_in_one() -> BadInput:
    return BadInput(N_("一个文件里藏有另一个文件，不能作为材料"), remedy=N_("重新导出或扫描后再上传"))
