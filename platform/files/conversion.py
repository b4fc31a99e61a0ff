"""Pictures that are drawn here to be written anew: HEIC and WebP, and what came before broken pictures were refused."""

import io
import threading
from typing import TYPE_CHECKING, Final

from files.kinds import HEIC, JPEG, FileType
from files.pictures import Picture, colours, ensure_no_archive, ensure_size, only_orientation, orientation
from files.refusals import broken

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_DRAWN: Final = 64_000_000
"""Pixels of HEIC, some eight bytes of memory each while it is drawn; the largest that phones write have 50 million."""
MOST_OF_WEBP: Final = 25_000_000
"""Pixels of WebP, whose decoder keeps several pictures of four bytes a pixel; WebP comes from web pages, where it is small."""

# Drawing takes hundreds of megabytes: of people who send at the same moment one waits a second for the other.
_ONE_AT_A_TIME: Final = threading.Lock()
_WRONG: Final = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, MemoryError)


def converted(content: bytes, kind: FileType) -> Picture:
    """HEIC or WebP as a JPEG, which every office computer shows. BadInput for what cannot be drawn or is too large."""
    try:
        with _ONE_AT_A_TIME:
            return _of_heic(content) if kind is HEIC else _of_webp(content)
    except _WRONG as error:
        raise broken(kind.word) from error


def drawn_anew(content: bytes) -> Picture:
    """A JPEG of whatever can still be seen of a damaged picture; BadInput where nothing can, or where it is too large."""
    from PIL import Image, ImageFile  # noqa: PLC0415 - only pictures that are drawn need it

    try:
        with _ONE_AT_A_TIME:
            before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
            try:
                image: Image.Image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
                ensure_size(*image.size, MOST_OF_WEBP if image.format == "WEBP" else MOST_DRAWN, "JPG")
                exif = image.info.get("exif") or b""
                return Picture(_as_jpeg(image, orientation(exif)), JPEG, exif)
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = before
    except (*_WRONG, Image.DecompressionBombError) as error:
        raise broken("JPG") from error


def _of_heic(content: bytes) -> Picture:
    import pillow_heif  # noqa: PLC0415 - see above

    opened = pillow_heif.open_heif(io.BytesIO(content), convert_hdr_to_8bit=True)
    width, height = opened.size
    ensure_size(width, height, MOST_DRAWN, HEIC.word)
    exif, image = opened.info.get("exif") or b"", opened.to_pillow()
    del opened
    return Picture(_as_jpeg(image, 1), JPEG, exif)


def _of_webp(content: bytes) -> Picture:
    from PIL import Image  # noqa: PLC0415 - see above

    ensure_size(*_size_of_webp(content), MOST_OF_WEBP, "WEBP")
    image = Image.open(io.BytesIO(content), formats=("WEBP",))
    ensure_size(*image.size, MOST_OF_WEBP, "WEBP")
    exif = image.info.get("exif") or b""
    return Picture(_as_jpeg(image, orientation(exif)), JPEG, exif)


def _size_of_webp(content: bytes) -> tuple[int, int]:
    """Width and height from the header (RFC 9649), none from any other: Pillow would warn of a bomb in words of its own."""
    kind, head = content[12:16], content[:30].ljust(30, b"\0")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return 0, 0


def _as_jpeg(image: "Image", turned: int) -> bytes:
    profile = colours(image.info.get("icc_profile"))
    more = {"icc_profile": profile} if profile else {}
    if turned != 1:
        more["exif"] = b"Exif\0\0" + only_orientation(turned)
    if image.mode in {"LA", "PA", "P"}:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        image = _on_white(image)
    elif image.mode != "RGB":
        image = image.convert("RGB")
    # What the file said besides is not written: the comment would be.
    image.info = {}
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92, **more)
    del image
    copy = stream.getvalue()
    ensure_no_archive(copy)
    return copy


def _on_white(image: "Image") -> "Image":
    from PIL import Image as Pillow  # noqa: PLC0415 - see above

    white = Pillow.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white
