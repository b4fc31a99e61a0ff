"""What a file is, found from its content, never from its name alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

from files.conversion import converted
from files.jpeg import jpeg
from files.kinds import CSV, HEIC, JPEG, PDF, PNG, TEXT, WEBP, XML, FileType
from files.markup import NoMarkup, looks_like_markup, read_markup
from files.names import type_of_name
from files.packages import package
from files.pdf import HEADER_WITHIN, ensure_harmless_pdf, start_of_pdf
from files.pictures import Picture, kind_of_container
from files.png import png
from files.refusals import broken, locked

HEAD: Final = 2 * HEADER_WITHIN
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# An Office document with a password is a compound file with this stream in it, not a package (MS-OFFCRYPTO).
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is; ``picture`` is there for pictures and holds the copy that others see."""

    kind: FileType
    picture: Picture | None = None


def recognise(source: IO[bytes], filename: str) -> Found | None:
    """What a seekable ``source`` is, or None for an unknown type.

    Raises BadInput for a file that is broken, locked by a password, acts when it is opened, or is two files in one.
    ``filename`` decides only between a table and a text, whose content looks alike.
    """
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    picture = _reader_of(head)
    if picture is not None:
        kind, read = picture
        return Found(kind, read(source.read()))
    if head.startswith(b"PK\x03\x04"):
        kind_of_package = package(source)
        return None if kind_of_package is None else Found(kind_of_package)
    content = source.read()
    source.seek(0)
    if content.startswith(_COMPOUND) and _ENCRYPTED in content:
        raise locked()
    start = start_of_pdf(head)
    if start >= 0:
        ensure_harmless_pdf(content[start:])
        return Found(PDF)
    written = _writing(content, filename)
    return None if written is None else Found(written)


def _reader_of(head: bytes) -> tuple[FileType, Callable[[bytes], Picture]] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG, png
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG, jpeg
    if kind_of_container(head) is HEIC:
        return HEIC, lambda content: converted(content, HEIC)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP, lambda content: converted(content, WEBP)
    return None


def _writing(content: bytes, filename: str) -> FileType | None:
    """XML, table or plain text: UTF-8 or GB 18030, without control characters, and no disguised web page."""
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|script|svg|\?php)", content, re.IGNORECASE):
        return None
    if looks_like_markup(content[:HEAD]):
        try:
            read_markup(content)
        except NoMarkup as error:
            if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<?xml"):
                raise broken("XML") from error
        else:
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
    return CSV if type_of_name(filename) is CSV else TEXT
