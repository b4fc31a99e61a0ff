"""Files as people send them, made when they are needed: papers, photos and Office documents, honest and otherwise."""

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image

_PAGES = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
)


def pdf(*more: bytes, catalogue: bytes = _PAGES[0], mark: str = "", trailer: bytes = b"") -> bytes:
    """A PDF of one empty page; ``more`` are further objects from number 4 on, ``mark`` makes it a file of its own."""
    content = b"%PDF-1.7\n" + (b"%" + mark.encode() + b"\n" if mark else b"")
    places = []
    for number, body in enumerate((catalogue, *_PAGES[1:], *more), 1):
        places.append(len(content))
        content += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        content
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        + table
        + b"trailer<</Root 1 0 R/Size %d" % (len(places) + 1)
        + trailer
        + b">>\nstartxref\n%d\n%%%%EOF\n" % len(content)
    )


def stream(body: bytes, dictionary: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%s/Length %d>>stream\n" % (dictionary, len(body)) + body + b"\nendstream "


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A small picture in which no two neighbours are alike."""
    image = Image.frombytes("RGB", size, bytes(place * 7 % 256 for place in range(size[0] * size[1] * 3)))
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def exif(
    *, at: str | None = "2026:11:20 10:11:12", zone: str | None = None, place: bool = True, turned: int = 1
) -> Image.Exif:
    """What a phone writes: when, where (24.4798 N, 118.0894 E, in Xiamen), and how it was held."""
    made = Image.Exif()
    made[0x010F] = "HUAWEI"
    made[0x0112] = turned
    details = made.get_ifd(0x8769)
    if at:
        details[0x9003] = at
    if zone:
        details[0x9011] = zone
    if place:
        made.get_ifd(0x8825).update({1: "N", 2: (24.0, 28.0, 47.28), 3: "E", 4: (118.0, 5.0, 21.84)})
    return made


def package(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip package of the given parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


_MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
WORD = _MAIN.format("wordprocessingml.document")
EXCEL = _MAIN.format("spreadsheetml.sheet")


def office(main: str = WORD, part: str = "word/document.xml", **more: bytes | str) -> bytes:
    """An Office package whose main part is of content type ``main``; further parts by name, ``__`` standing for a slash."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{part}" ContentType="{main}"/></Types>'
    )
    return package(
        {"[Content_Types].xml": types, part: "<w/>"} | {name.replace("__", "/"): text for name, text in more.items()}
    )


def motion(still: bytes) -> bytes:
    """A phone's motion photo: the still picture, and a video behind it."""
    return still + b"MotionPhoto_Data" + struct.pack(">I", 24) + b"ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 40


PDF = pdf()
