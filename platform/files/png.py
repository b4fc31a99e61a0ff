"""PNG: read by its chunks, and cut to what draws it."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from files.kinds import PNG
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
from files.refusals import broken, too_complex

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# What stays, and how many bytes it may have (ISO/IEC 15948): what is longer or shorter is not what it is called.
_NEEDED: Final = {b"IHDR": range(13, 14), b"PLTE": range(3, 769, 3), b"IEND": range(1)}
_OF_COLOURS: Final = {
    b"tRNS": range(1, 257),
    b"gAMA": range(4, 5),
    b"cHRM": range(32, 33),
    b"sRGB": range(1, 2),
    b"cICP": range(4, 5),
    b"sBIT": range(1, 5),
    b"bKGD": range(1, 7),
    b"pHYs": range(9, 10),
}
_SUMMED: Final = frozenset({*_NEEDED, *_OF_COLOURS, b"IDAT", b"iCCP"})
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_OF_A_PROFILE: Final = 8 * 1024 * 1024
_STEP: Final = 1024 * 1024


class _Lines:
    """The compressed lines of the picture, unpacked to see where they end; nothing of them is kept."""

    def __init__(self, header: bytes) -> None:
        width, height, depth, kind = struct.unpack(">IIBB", header[:10])
        ensure_size(width, height, MOST_PIXELS, "PNG")
        if kind not in _SAMPLES or depth not in {1, 2, 4, 8, 16}:
            raise broken("PNG")
        self.least: int = height * (1 + (width * depth * _SAMPLES[kind] + 7) // 8)
        self.size = 0
        self.reader = zlib.decompressobj()

    def needed(self, body: bytes) -> bytes:
        """As much of ``body`` as belongs to the picture; BadInput for what is not compressed lines, or far more than them."""
        if self.reader.eof:
            return b""
        rest = body
        try:
            while rest and not self.reader.eof:
                self.size += len(self.reader.decompress(rest, _STEP))
                rest = self.reader.unconsumed_tail
                # Interlaced lines are more than others, by less than this.
                if self.size > 2 * self.least + _STEP:
                    raise too_complex("PNG")
        except zlib.error as error:
            raise broken("PNG") from error
        return body[: len(body) - len(self.reader.unused_data)] if self.reader.eof else body

    @property
    def whole(self) -> bool:
        """Whether no line is missing."""
        return self.size >= self.least


def png(content: bytes) -> Picture:
    """A PNG; BadInput for one that is cut off, damaged, too large, of too many parts, or hides an archive or a program."""
    kept: list[bytes] = []
    exif, seen, lines = b"", set(), None
    for number, (kind, start, end) in enumerate(_chunks(content), 1):
        ensure_few(number, "PNG")
        body = content[start + 8 : end - 4]
        if kind in _NEEDED and (len(body) not in _NEEDED[kind] or kind in seen):
            raise broken("PNG")
        if lines is None:
            if kind != b"IHDR":
                raise broken("PNG")
            lines = _Lines(body)
        if kind == b"IDAT":
            kept += [_chunk(kind, needed)] if (needed := lines.needed(body)) else []
        elif kind == b"eXIf":
            exif = body
        elif kind not in seen:
            kept += _as_it_stays(kind, body)
        seen.add(kind)
    if lines is None or not lines.whole:
        raise broken("PNG")
    turned = orientation(exif)
    if turned != 1:
        kept.insert(1, _chunk(b"eXIf", only_orientation(turned)))
    copy = _SIGNATURE + b"".join(kept)
    ensure_no_archive(copy)
    return Picture(copy, PNG, exif)


def _as_it_stays(kind: bytes, body: bytes) -> list[bytes]:
    """The chunk where the picture needs it; of a colour profile only the profile."""
    if kind == b"iCCP":
        return _profile(body)
    return [_chunk(kind, body)] if kind in _NEEDED or len(body) in _OF_COLOURS.get(kind, ()) else []


def _profile(body: bytes) -> list[bytes]:
    """The chunk of the colour profile, packed anew without its name; none for what is no profile."""
    try:
        reader = zlib.decompressobj()
        profile = colours(reader.decompress(body[body.index(b"\0") + 2 :], _MOST_OF_A_PROFILE))
    except (ValueError, zlib.error):
        return []
    return [_chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile))] if profile else []


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk to the last; the sums of those that the picture needs are right."""
    place = len(_SIGNATURE)
    while True:
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        end = place + 12 + size
        if end > len(content):
            raise broken("PNG")
        if kind in _SUMMED and zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            raise broken("PNG")
        yield kind, place, end
        if kind == b"IEND":
            ensure_no_other(content[end:])
            return
        place = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
