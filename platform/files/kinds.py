"""The kinds of files that are taken, what people send by mistake, and the way out of it."""

from dataclasses import dataclass
from typing import Final

from foundation.i18n import N_

LIMIT: Final = 20 * 1024 * 1024
"""Bytes of one file."""
MOST_FILES: Final = 20
"""Files that one field takes at a time."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that can be uploaded; ``word`` is what people call it. The first extension is the one it is kept under."""

    word: str
    media_type: str
    extensions: tuple[str, ...]


PDF: Final = FileType("PDF", "application/pdf", ("pdf",))
PNG: Final = FileType("PNG", "image/png", ("png",))
JPEG: Final = FileType("JPG", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"))
HEIC: Final = FileType("HEIC", "image/heic", ("heic", "heif"))
WEBP: Final = FileType("WEBP", "image/webp", ("webp",))
OFD: Final = FileType("OFD", "application/ofd", ("ofd",))
DOCX: Final = FileType("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
XLSX: Final = FileType("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
XML: Final = FileType("XML", "application/xml", ("xml",))
CSV: Final = FileType("CSV", "text/csv", ("csv",))
TEXT: Final = FileType("TXT", "text/plain", ("txt",))

TYPES: Final = (PDF, PNG, JPEG, HEIC, WEBP, OFD, DOCX, XLSX, XML, CSV, TEXT)
PICTURES: Final = (JPEG, PNG, HEIC, WEBP)
"""What cameras, phones and screens make."""

SIGNED: Final = (PDF, *PICTURES, OFD)
"""What a signed paper may come as: a scan, a photo or a fixed-layout document."""
EVIDENCE: Final = (*SIGNED, DOCX, XLSX)
"""What may show how a service went and what came of it."""
INVOICE: Final = (PDF, OFD, XML, *PICTURES)
"""What an invoice may come as; the XML of a digital invoice can be read by machine."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What people send by mistake: where its bytes stand, the bytes, what such a file is called, and the way out."""

    start: int
    beginning: bytes
    word: str
    remedy: str


AS_PDF: Final = N_("另存为 PDF 后重新上传")
AS_PICTURE: Final = N_("在看图软件里另存为 JPG 或 PNG，再重新上传")
PRINT: Final = N_("打印成 PDF 或扫描后重新上传")
UNPACK: Final = N_("先解压，再逐个上传里面的文件")
NO_FILM: Final = N_("视频和录音不收；截取能说明情况的画面，以照片上传")
NO_PROGRAM: Final = N_("程序不能作为材料；请选择材料本身的扫描件、照片或 PDF")
OTHERWISE: Final = N_("用原来的软件打开，另存或打印成 PDF 后重新上传")

_FOREIGN: Final = (
    Foreign(0, b"GIF8", "GIF", AS_PICTURE),
    Foreign(0, b"BM", "BMP", AS_PICTURE),
    Foreign(0, b"II*\x00", "TIFF", AS_PICTURE),
    Foreign(0, b"MM\x00*", "TIFF", AS_PICTURE),
    Foreign(4, b"ftypavif", "AVIF", AS_PICTURE),
    Foreign(4, b"ftyp", "MP4", NO_FILM),
    Foreign(0, b"ID3", "MP3", NO_FILM),
    Foreign(8, b"AVI ", "AVI", NO_FILM),
    Foreign(0, b"#!AMR", "AMR", NO_FILM),
    Foreign(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DOC/XLS/PPT", AS_PDF),
    Foreign(0, b"{\\rtf", "RTF", AS_PDF),
    Foreign(0, b"PK\x03\x04", "ZIP", UNPACK),
    Foreign(0, b"PK\x05\x06", "ZIP", UNPACK),
    Foreign(0, b"Rar!\x1a\x07", "RAR", UNPACK),
    Foreign(0, b"7z\xbc\xaf\x27\x1c", "7Z", UNPACK),
    Foreign(0, b"\x1f\x8b", "GZ", UNPACK),
    Foreign(0, b"MZ", "EXE", NO_PROGRAM),
    Foreign(0, b"\x7fELF", "ELF", NO_PROGRAM),
    Foreign(0, b"#!", "SH", NO_PROGRAM),
)
# Written in letters: capitals and blanks before them make no difference.
_WEB: Final = (
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<script", "HTML"),
    (b"<svg", "SVG"),
    (b"<?php", "PHP"),
)
_WAYS: Final = {
    DOCX: AS_PDF,
    XLSX: AS_PDF,
    XML: N_("请上传这份文件的 PDF 版，或打印后扫描"),
    CSV: N_("在表格软件里打开，另存为 PDF 后重新上传"),
    TEXT: AS_PDF,
    OFD: AS_PDF,
}


def foreign(head: bytes) -> tuple[str, str]:
    """What a file of no known type seems to be and the way out, for the message; the word is empty when it is not known."""
    for one in _FOREIGN:
        if head[one.start : one.start + len(one.beginning)] == one.beginning:
            return one.word, one.remedy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, word in _WEB:
        if text.startswith(beginning):
            return word, PRINT
    return "", OTHERWISE


def way_out_of(kind: FileType) -> str:
    """What to do with a file of a known kind where that kind is of no use."""
    return _WAYS.get(kind, PRINT)
