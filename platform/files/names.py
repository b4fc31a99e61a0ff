"""Names of files: cleaned, put right where an old encoding spoilt them, and with the extension of what the file is."""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_to_bytes

from files.kinds import TYPES, FileType

MOST_NAME: Final = 120
# File systems limit names to 255 bytes, and a Chinese character takes three.
MOST_NAME_BYTES: Final = 240
# A path before the name and three letters for each byte of it: more than any client sends.
_MOST_READ: Final = 2_000

_BY_EXTENSION: Final = {extension: kind for kind in TYPES for extension in kind.extensions}
_BY_MEDIA_TYPE: Final = {kind.media_type: kind for kind in TYPES}
# The two bytes of a Chinese character of GB 2312, as they look when each is taken for a letter of its own.
_PAIRS: Final = re.compile(r"(?:[\xa1-\xf7][\xa1-\xfe])+")
_HIGH: Final = re.compile(r"[\x80-\xff]+")
_ENCODED_WORD: Final = re.compile(r"=\?[\w-]+\?[bqBQ]\?[^?]*\?=")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2}){2,}")


def type_of_name(filename: str) -> FileType | None:
    """The type that the name says."""
    return _BY_EXTENSION.get(PurePosixPath(filename).suffix.lower().removeprefix("."))


def type_of_media(media_type: str) -> FileType | None:
    """The type whose media type this is."""
    return _BY_MEDIA_TYPE.get(media_type)


def clean_filename(filename: str) -> str:
    """The name without path, control and direction-changing characters, at most 120 characters or 240 bytes, extension kept.

    Direction marks (U+202E and the like) can make ``fdp.exe`` read ``exe.pdf``; paths could lead elsewhere. What an old
    encoding made of a Chinese name is put right; letters that are lost are left out.
    """
    # The end has the extension. Normal forms take time by the square of a run of accents, so nothing longer gets there.
    name = repaired(unicodedata.normalize("NFC", filename[-_MOST_READ:]))
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1].replace("\ufffd", "")
    name = "".join(
        letter for letter in name if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    name = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", name)).strip(" .")
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension) <= 10:
        return (_short(stem, len(extension.encode()) + 1).rstrip(" .") or "file") + dot + extension
    return _short(name) or "file"


def honest_name(filename: str, kind: FileType) -> str:
    """The cleaned ``filename`` with an extension of ``kind``: another known one is replaced, any other is kept before it."""
    stem, dot, extension = filename.rpartition(".")
    if dot and extension.lower() in kind.extensions:
        return filename
    if type_of_name(filename) is None:
        # "方案v1.2" and "月报.hta" alike: what stands there is part of the name and says nothing about the file.
        stem = filename
        if stem.lower() in kind.extensions:
            # ".pdf" without a name was cleaned to "pdf".
            stem = "file"
    ending = kind.extensions[0]
    return (_short(stem, len(ending) + 1).rstrip(" .") or "file") + "." + ending


def repaired(name: str) -> str:
    """The Chinese name that a client sent in an old encoding, in percent signs or as an encoded word; else ``name``.

    Only what cannot be meant as it stands is changed: every run of letters above ASCII must be whole Chinese characters.
    """
    if _ENCODED_WORD.search(name):
        return _encoded_word(name)
    if _PERCENT.search(name):
        return _decoded(unquote_to_bytes(name)) or name
    runs = _HIGH.findall(name)
    if not runs or any(letter > "\xff" for letter in name):
        return name
    content = name.encode("latin-1")
    try:
        found = content.decode("utf-8")
    except UnicodeDecodeError:
        if not all(_PAIRS.fullmatch(run) for run in runs):
            return name
        found = content.decode("gb18030", "replace")
    return found if _chinese(found) else name


def from_bytes(content: bytes) -> str:
    """What ``content`` says: UTF-8, else GB 18030, else with a mark for what is lost."""
    return _decoded(content) or content.decode("utf-8", "replace")


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _encoded_word(name: str) -> str:
    try:
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
            for part, charset in decode_header(name)
        )
    except (HeaderParseError, LookupError, ValueError):
        return name


def _chinese(text: str) -> bool:
    above = [letter for letter in text if letter > "\x7f"]
    return bool(above) and all(unicodedata.east_asian_width(letter) in "WF" or letter in "—…·“”‘’" for letter in above)


def _short(name: str, less: int = 0) -> str:
    cut = name[: MOST_NAME - less].encode()[: MOST_NAME_BYTES - less]
    return cut.decode(errors="ignore")
