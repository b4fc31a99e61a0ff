"""Pictures: what their kinds have in common, and the copy of them that others see.

The copy has the same picture and nothing else: neither place nor time, no name of a camera's owner, no preview, no video of
a phone's motion photo, and not what was cut away from a screenshot (old editors leave it after the new end).
"""

import struct
from dataclasses import dataclass
from typing import Final

from files.kinds import HEIC, FileType
from files.photos import tags
from files.refusals import broken, too_complex, two_in_one
from foundation.errors import BadInput
from foundation.i18n import N_

MOST_PIXELS: Final = 120_000_000
"""The largest sensors of phones have 108 million; beyond that a viewer on an ordinary computer runs out of memory."""
MOST_SEGMENTS: Final = 20_000
"""Segments of a JPEG or chunks of a PNG: a PNG of 20 MB in chunks of 1 KB, smaller than any program writes them."""

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf"})
_ORIENTATION: Final = 0x0112
# ICC.1: the header of a profile is 128 bytes, begins with the profile's size and has this signature at 36.
_PROFILE_HEADER, _PROFILE_SIGNATURE = 128, b"acsp"
_OTHERS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a", b"7z\xbc\xaf", b"MZ", b"\x7fELF")
# The end record of a zip archive is 22 bytes and a comment of at most 65,535.
_END_RECORD, _MOST_OF_END = 22, 66_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's copy for others, its kind, and the EXIF block of the original (empty where there is none)."""

    copy: bytes
    kind: FileType
    exif: bytes


def kind_of_container(head: bytes) -> FileType | None:
    """HEIC by the brands of its container (ISO/IEC 23008-12), whatever order a phone lists them in."""
    if head[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, size, 4))}
    return HEIC if brands & _HEIC_BRANDS and not {b"avif", b"avis"} & brands else None


def orientation(exif: bytes) -> int:
    """How the camera was held, 1 to 8; the picture is on its side without it."""
    found = tags(exif).get(_ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def only_orientation(turned: int) -> bytes:
    """An EXIF block (TIFF, without the mark of JPEG before it) that says the orientation and nothing else."""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, turned, 0, 0)


def colours(profile: bytes | None) -> bytes:
    """The ICC profile without what stands behind its end; empty for what is none."""
    if not profile or len(profile) < _PROFILE_HEADER or profile[36:40] != _PROFILE_SIGNATURE:
        return b""
    size = int.from_bytes(profile[:4], "big")
    return profile[:size] if _PROFILE_HEADER <= size <= len(profile) else b""


def ensure_size(width: int, height: int, most: int, word: str) -> None:
    """BadInput for more than ``most`` pixels, or none."""
    if width < 1 or height < 1:
        raise broken(word)
    if width * height > most:
        raise BadInput(
            N_("图片有 %(width)s × %(height)s 像素，超过 %(most)s MP（百万像素）"),
            remedy=N_("在看图软件或手机里缩小尺寸后再上传"),
            width=width,
            height=height,
            most=most // 1_000_000,
        )


def ensure_few(segments: int, word: str) -> None:
    """BadInput for more than ``MOST_SEGMENTS``."""
    if segments > MOST_SEGMENTS:
        raise too_complex(word)


def ensure_no_other(rest: bytes) -> None:
    """What follows a picture is a phone's video or an editor's leavings, but no archive and no program."""
    if rest[:65_536].lstrip(b"\0\r\n ").startswith(_OTHERS):
        raise two_in_one()
    ensure_no_archive(rest)


def ensure_no_archive(content: bytes) -> None:
    """BadInput where an unpacking program finds an archive: by an end record, whose comment may hold the rest of a picture."""
    place = len(content)
    while (place := content.rfind(b"PK\x05\x06", -_MOST_OF_END, place)) >= 0:
        record = content[place : place + _END_RECORD]
        whole = len(record) == _END_RECORD
        to_the_end = whole and place + _END_RECORD + int.from_bytes(record[20:], "little") == len(content)
        # Some programs take any comment; then only a directory before it makes it an archive. Four bytes may be chance.
        if to_the_end or (whole and content.rfind(b"PK\x01\x02", 0, place) >= 0):
            raise two_in_one()
