"""The copy of a picture has the picture and nothing else that somebody may have put into it."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pillow_heif
import pytest
from papers import exif, package, photo
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from files import conversion
from files.conversion import MOST_OF_WEBP, drawn_anew
from files.pictures import Picture
from files.recognition import recognise
from foundation.errors import BadInput

SECRET = b"Zhang San at home"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def copy_of(content: bytes) -> Picture:
    found = recognise(io.BytesIO(content), "a")
    assert found is not None
    assert found.picture is not None
    return found.picture


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_with(*more: bytes) -> bytes:
    content = photo()
    return content[:2] + b"".join(more) + content[2:]


def png_with(*more: bytes, before: int = 33) -> bytes:
    content = photo("PNG")
    place = before if before > 0 else len(content) + before
    return content[:place] + b"".join(more) + content[place:]


def noted_png() -> bytes:
    told = PngInfo()
    told.add_text("Comment", SECRET.decode())
    return photo("PNG", pnginfo=told)


def packed_lines(more: bytes) -> bytes:
    """A PNG of one chunk of lines, with ``more`` behind their end in the same chunk."""
    content = photo("PNG")
    start = content.index(b"IDAT") - 4
    size = struct.unpack(">I", content[start : start + 4])[0]
    body = content[start + 8 : start + 8 + size]
    return content[:start] + chunk(b"IDAT", body + more) + content[start + 12 + size :]


LEFT: list[tuple[str, Callable[[], bytes]]] = [
    ("a comment", lambda: photo(comment=SECRET)),
    ("a preview in JFIF", lambda: b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\x40\x40" + SECRET) + photo()[20:]),
    ("behind Adobe's note", lambda: jpeg_with(segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET))),
    ("in Adobe's flags", lambda: jpeg_with(segment(0xEE, b"Adobe" + SECRET))),
    ("a marker that nobody reads", lambda: jpeg_with(segment(0xF7, SECRET), segment(0x02, SECRET))),
    ("what calls itself a profile", lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET * 30))),
    ("behind a profile", lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\1" + SRGB + SECRET))),
    ("a text in PNG", noted_png),
    ("a chunk of colours that is too long", lambda: png_with(chunk(b"sBIT", SECRET), chunk(b"gAMA", SECRET))),
    ("what calls itself a profile in PNG", lambda: photo("PNG", icc_profile=SECRET * 30)),
    ("behind the lines", lambda: png_with(chunk(b"IDAT", SECRET), before=-12)),
    ("behind the lines in their chunk", lambda: packed_lines(SECRET)),
    ("what calls itself a profile in WebP", lambda: photo("WEBP", icc_profile=SECRET * 30)),
]


@pytest.mark.parametrize("row", LEFT, ids=lambda row: row[0])
def test_what_is_no_picture_is_gone_and_the_picture_is_whole(row: tuple[str, Callable[[], bytes]]) -> None:
    content = row[1]()
    assert SECRET in content or b"IDAT" in content
    copy = copy_of(content).copy
    assert SECRET not in copy
    profile = Image.open(io.BytesIO(copy)).info.get("icc_profile", b"")
    assert SECRET not in profile
    if not content.startswith(b"RIFF"):
        without = photo("PNG" if content.startswith(b"\x89PNG") else "JPEG")
        assert Image.open(io.BytesIO(copy)).tobytes() == Image.open(io.BytesIO(without)).tobytes()


def sample(mode: str, kind: str, **options: object) -> Callable[[], bytes]:
    def made() -> bytes:
        into = io.BytesIO()
        Image.open(io.BytesIO(photo(size=(64, 48)))).convert(mode).save(into, kind, **options)
        return into.getvalue()

    return made


@pytest.mark.parametrize(
    "build",
    [
        sample("CMYK", "JPEG"),
        sample("L", "JPEG"),
        sample("RGB", "JPEG", progressive=True),
        sample("RGB", "JPEG", icc_profile=SRGB),
        sample("RGB", "PNG", icc_profile=SRGB),
        sample("P", "PNG"),
        sample("1", "PNG"),
        sample("RGBA", "PNG"),
        sample("LA", "PNG"),
    ],
)
def test_every_way_of_colours_stays(build: Callable[[], bytes]) -> None:
    content = build()
    was, now = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(copy_of(content).copy))
    assert (was.mode, was.tobytes()) == (now.mode, now.tobytes())
    assert was.info.get("icc_profile") == now.info.get("icc_profile")


def archive_in_a_profile(comment: int = 0) -> bytes:
    """A picture that an unpacking program opens: an archive whose comment is the rest of the picture."""
    rest = photo()[2:]
    archive = package({"a.txt": "x"})[:-2] + struct.pack("<H", comment or len(rest))
    profile = struct.pack(">I", 128 + len(archive)) + SRGB[4:128] + archive
    return b"\xff\xd8" + segment(0xE2, b"ICC_PROFILE\0\1\1" + profile) + rest


@pytest.mark.parametrize("comment", [0, 7], ids=["to the end", "shorter"])
def test_a_copy_that_opens_as_an_archive_is_refused(comment: int) -> None:
    content = archive_in_a_profile(comment)
    assert zipfile.is_zipfile(io.BytesIO(content))
    with pytest.raises(BadInput, match="藏有另一个文件"):
        recognise(io.BytesIO(content), "a.jpg")


@pytest.mark.parametrize(
    "build",
    [
        lambda: photo("PNG")[:33] + chunk(b"IDAT", b"hello") + photo("PNG")[-12:],
        lambda: photo("PNG")[:33] + chunk(b"IDAT", zlib.compress(b"\0" * 90)) + photo("PNG")[-12:],
        lambda: photo()[:20] + b"\xff\xd9",
        lambda: b"RIFF\x10\0\0\0WEBPJUNK" + photo("WEBP")[12:],
    ],
    ids=["no lines", "too few lines", "no scan", "an unknown part first"],
)
def test_a_picture_without_a_picture_is_broken(build: Callable[[], bytes]) -> None:
    with pytest.raises(BadInput, match="不完整或已损坏"):
        recognise(io.BytesIO(build()), "a")


def test_webp_may_be_as_large_as_its_decoder_has_memory_for() -> None:
    content = photo("WEBP")
    for side, told in ((5000, "不完整"), (5001, f"超过 {MOST_OF_WEBP // 1_000_000} MP")):
        with pytest.raises(BadInput, match=told):
            recognise(io.BytesIO(content[:26] + struct.pack("<HH", side, side) + content[30:40]), "a.webp")


def test_see_through_pictures_are_drawn_on_white() -> None:
    into = io.BytesIO()
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(into, "WEBP", lossless=True)
    assert Image.open(io.BytesIO(copy_of(into.getvalue()).copy)).getpixel((9, 9)) == (255, 255, 255)
    into = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGBA", (64, 48), (0, 0, 0, 0))).save(into, format="HEIF")
    assert Image.open(io.BytesIO(copy_of(into.getvalue()).copy)).getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_a_damaged_picture_what_can_be_seen_is_drawn_without_place_and_time(kind: str) -> None:
    content = photo(kind, size=(400, 300), exif=exif(turned=6), comment=SECRET)
    picture = drawn_anew(content[: len(content) * 2 // 3])
    image = Image.open(io.BytesIO(picture.copy))
    assert image.size == (400, 300)
    assert dict(image.getexif()) == ({0x0112: 6} if picture.exif else {})
    assert b"HUAWEI" not in picture.copy
    assert SECRET not in picture.copy


def test_pictures_are_drawn_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes hundreds of megabytes while it is drawn."""
    drawing, most = [], []
    draw = conversion._as_jpeg

    def slowly(*said: object) -> bytes:
        drawing.append(said)
        most.append(len(drawing))
        time.sleep(0.05)
        drawing.pop()
        return draw(*said)

    monkeypatch.setattr(conversion, "_as_jpeg", slowly)
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(copy_of, [photo("WEBP")] * 4))
    assert most == [1] * 4
