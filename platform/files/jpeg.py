"""JPEG: read by its segments without being drawn, and cut to what draws it."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from files.kinds import JPEG
from files.pictures import (
    MOST_PIXELS,
    Picture,
    colours,
    ensure_few,
    ensure_no_archive,
    ensure_no_other,
    ensure_size,
    only_orientation,
    orientation,
)
from files.refusals import broken

# ISO/IEC 10918-1: in coded data 0xFF is followed by 0, by a restart mark or by another 0xFF; all else is a marker. Fill bytes
# may stand before a marker. To search for them too would try each run again from each of its bytes.
_MARKER: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN, _END, _JFIF, _EXIF, _PROFILE, _ADOBE = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE
# Tables of Huffman and arithmetic coding, the scan, quantisation, lines, restarts, progression.
_DRAWING: Final = _FRAMES | {0xC4, 0xCC, _SCAN, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF}
_MOST_OF_A_PROFILE_SEGMENT: Final = 65_519


@dataclass(slots=True)
class _Colours:
    """What says how colours are meant, written anew: only what the standards name of it."""

    jfif: bytes = b""
    adobe: bytes = b""
    pieces: list[bytes] = field(default_factory=list)

    def note(self, marker: int, body: bytes) -> None:
        if marker == _JFIF and body.startswith(b"JFIF\0") and len(body) >= 12:
            # Version, unit and the two densities; then the size of a preview, which is gone.
            self.jfif = _segment(_JFIF, body[:12] + b"\0\0")
        elif marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= 12:
            # The last byte says how colours are coded; the flags before it tell of the program.
            self.adobe = _segment(_ADOBE, b"Adobe\0\x64\0\0\0\0" + body[11:12])
        elif marker == _PROFILE and body.startswith(b"ICC_PROFILE\0"):
            self.pieces.append(body[12:])

    def segments(self) -> list[bytes]:
        profile = colours(b"".join(piece[2:] for piece in sorted(self.pieces, key=lambda piece: piece[:1])))
        parts = [
            profile[place : place + _MOST_OF_A_PROFILE_SEGMENT]
            for place in range(0, len(profile), _MOST_OF_A_PROFILE_SEGMENT)
        ]
        return [
            self.adobe,
            *(
                _segment(_PROFILE, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
                for number, part in enumerate(parts, 1)
            ),
        ]


def jpeg(content: bytes) -> Picture:
    """A JPEG; BadInput for one that is cut off, too large, of too many parts, or that is or hides an archive or a program."""
    kept, exif, framed, meant, drawn = [], b"", False, _Colours(), False
    for number, (marker, start, end) in enumerate(_segments(content), 1):
        ensure_few(number, "JPG")
        if marker in _DRAWING:
            kept.append(content[start:end])
            drawn = drawn or marker == _SCAN
            if marker in _FRAMES:
                framed = True
                ensure_size(*_dimensions(content[start + 4 : start + 9]), MOST_PIXELS, "JPG")
            continue
        body = content[start + 4 : end]
        if marker == _EXIF and body.startswith(b"Exif\0\0") and not exif:
            exif = body
        elif not drawn:
            # Readers decide on colours when the first scan begins.
            meant.note(marker, body)
    if not framed or not drawn:
        raise broken("JPG")
    turned = orientation(exif)
    turn = _segment(_EXIF, b"Exif\0\0" + only_orientation(turned)) if turned != 1 else b""
    copy = b"".join([b"\xff\xd8", meant.jfif, turn, *meant.segments(), *kept, b"\xff\xd9"])
    ensure_no_archive(copy)
    return Picture(copy, JPEG, exif)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the end of the picture; a scan's segment holds its coded data."""
    place = 2
    while True:
        found = _MARKER.match(content, place)
        if found is None:
            raise broken("JPG")
        start, marker = found.end() - 2, content[found.end() - 1]
        if marker == _END:
            ensure_no_other(content[found.end() :])
            return
        if len(content) < start + 4:
            raise broken("JPG")
        place = start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
        if marker == _SCAN:
            after = _NEXT_MARKER.search(content, place)
            if after is None:
                raise broken("JPG")
            place = after.start()
        yield marker, start, place


def _dimensions(frame: bytes) -> tuple[int, int]:
    height, width = struct.unpack(">HH", frame[1:5]) if len(frame) >= 5 else (0, 0)
    return width, height


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
