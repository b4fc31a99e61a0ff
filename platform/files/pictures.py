"""Pictures: looked at without being drawn, and the copy of them that others see.

The copy has the same picture and nothing else: neither place nor time, no name of a camera's owner, no preview, no video of
a phone's motion photo, and not what was cut away from a screenshot (old editors leave it after the new end).
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from files.kinds import HEIC, JPEG, PNG, FileType
from files.photos import tags
from files.refusals import broken, two_in_one
from foundation.errors import BadInput
from foundation.i18n import N_

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS: Final = 120_000_000
"""The largest sensors of phones have 108 million; beyond that a viewer on an ordinary computer runs out of memory."""
MOST_CONVERTED: Final = 64_000_000
"""HEIC and WebP are drawn here to be converted, three bytes a pixel; the largest that phones write have 50 million."""

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf"})
# ISO/IEC 10918-1: in coded data 0xFF is followed by 0, by a restart mark or by another 0xFF; all else is a marker.
_MARKER: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN, _END, _EXIF, _COMMENT = 0xDA, 0xD9, 0xE1, 0xFE
# Colours hang on these: JFIF, the ICC profile, and Adobe's note of how colours are coded.
_KEPT_OF_JPEG: Final = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_KEPT_OF_PNG: Final = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
    }
)
_ORIENTATION: Final = 0x0112


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


def jpeg(content: bytes) -> Picture:
    """A JPEG; BadInput for one that is cut off, larger than ``MOST_PIXELS``, or followed by an archive or a program."""
    kept, exif, seen = [], b"", False
    for marker, start, end in _segments(content):
        body = content[start + 4 : end]
        if marker in _FRAMES and not seen:
            seen = True
            _ensure_size(*_dimensions(body), MOST_PIXELS, "JPG")
        if marker == _EXIF and body.startswith(b"Exif\0\0") and not exif:
            exif = body
        if _stays(marker, body):
            kept.append(content[start:end])
    if not seen:
        raise broken("JPG")
    turned = orientation(exif)
    if turned != 1:
        kept.insert(1 if kept and kept[0][1:2] == b"\xe0" else 0, b"\xff\xe1" + _sized(b"Exif\0\0" + _tiff(turned)))
    return Picture(b"\xff\xd8" + b"".join(kept) + b"\xff\xd9", JPEG, exif)


def _stays(marker: int, body: bytes) -> bool:
    if 0xE0 <= marker <= 0xEF:
        return any(marker == kind and body.startswith(name) for kind, name in _KEPT_OF_JPEG)
    return marker != _COMMENT


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the end of the picture; a scan's segment holds its coded data."""
    place = 2
    while True:
        found = _MARKER.match(content, place)
        if found is None:
            raise broken("JPG")
        start, marker = found.end() - 2, content[found.end() - 1]
        if marker == _END:
            _ensure_no_other(content[found.end() :])
            return
        if len(content) < start + 4:
            raise broken("JPG")
        place = start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")
        if marker == _SCAN:
            after = _MARKER.search(content, place)
            if after is None:
                raise broken("JPG")
            place = after.start()
        yield marker, start, place


def _dimensions(frame: bytes) -> tuple[int, int]:
    height, width = struct.unpack(">HH", frame[1:5]) if len(frame) >= 5 else (0, 0)
    return width, height


def _sized(body: bytes) -> bytes:
    return struct.pack(">H", len(body) + 2) + body


def png(content: bytes) -> Picture:
    """A PNG; BadInput for one that is cut off, damaged, too large, or followed by an archive or a program."""
    kept, exif, kinds = [], b"", set()
    for kind, start, end in _chunks(content):
        kinds.add(kind)
        body = content[start + 8 : end - 4]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8].ljust(8, b"\0"))
            _ensure_size(width, height, MOST_PIXELS, "PNG")
        if kind == b"eXIf":
            exif = body
        if kind in _KEPT_OF_PNG:
            kept.append(content[start:end])
    if not {b"IHDR", b"IDAT"} <= kinds:
        raise broken("PNG")
    turned = orientation(exif)
    if turned != 1:
        kept.insert(1, _chunk(b"eXIf", _tiff(turned)))
    return Picture(_PNG_SIGNATURE + b"".join(kept), PNG, exif)


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk to the last; the sums of those that the picture needs are right."""
    place = len(_PNG_SIGNATURE)
    while True:
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        end = place + 12 + size
        if end > len(content):
            raise broken("PNG")
        if kind in _KEPT_OF_PNG and zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            raise broken("PNG")
        yield kind, place, end
        if kind == b"IEND":
            _ensure_no_other(content[end:])
            return
        place = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def converted(content: bytes, kind: FileType) -> Picture:
    """HEIC or WebP as a JPEG, which every office computer shows. BadInput for what cannot be drawn or is too large."""
    from PIL import Image  # noqa: PLC0415 - only uploads of these kinds need it

    try:
        if kind is HEIC:
            import pillow_heif  # noqa: PLC0415 - see above

            opened = pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=True)
            width, height = opened.size
            _ensure_size(width, height, MOST_CONVERTED, kind.word)
            exif, image = opened.info.get("exif") or b"", opened.to_pillow()
        else:
            _ensure_size(*_size_of_webp(content), MOST_CONVERTED, kind.word)
            image = Image.open(io.BytesIO(content), formats=("WEBP",))
            exif = image.info.get("exif") or b""
        return Picture(_as_jpeg(image, 1 if kind is HEIC else orientation(exif)), JPEG, exif)
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
        raise broken(kind.word) from error


def _size_of_webp(content: bytes) -> tuple[int, int]:
    """Width and height from the header (RFC 9649): Pillow would warn of a bomb in words of its own."""
    kind, head = content[12:16], content[:30].ljust(30, b"\0")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _as_jpeg(image: "Image", turned: int) -> bytes:
    profile = image.info.get("icc_profile")
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        from PIL import Image as Pillow  # noqa: PLC0415 - see ``converted``

        drawn = image.convert("RGBA")
        image = Pillow.new("RGB", drawn.size, "white")
        image.paste(drawn, mask=drawn.getchannel("A"))
    stream = io.BytesIO()
    more = {"exif": b"Exif\0\0" + _tiff(turned)} if turned != 1 else {}
    image.convert("RGB").save(stream, "JPEG", quality=92, icc_profile=profile, **more)
    return stream.getvalue()


def orientation(exif: bytes) -> int:
    """How the camera was held, 1 to 8; the picture is on its side without it."""
    found = tags(exif).get(_ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _tiff(turned: int) -> bytes:
    """An EXIF block that says the orientation and nothing else."""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, 3, 1, turned, 0, 0)


def _ensure_size(width: int, height: int, most: int, word: str) -> None:
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


def _ensure_no_other(rest: bytes) -> None:
    """What follows a picture is a phone's video or an editor's leavings, but no archive and no program."""
    beginning = rest[:65_536].lstrip(b"\0\r\n ")
    if beginning.startswith((b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a", b"7z\xbc\xaf", b"MZ", b"\x7fELF")) or _archive(
        rest
    ):
        raise two_in_one()


def _archive(rest: bytes) -> bool:
    """Whether a zip directory ends here: its end record with a comment that reaches just to the end."""
    place = rest.rfind(b"PK\x05\x06", -66_000)
    record = rest[place : place + 22]
    return place >= 0 and len(record) == 22 and place + 22 + int.from_bytes(record[20:], "little") == len(rest)
