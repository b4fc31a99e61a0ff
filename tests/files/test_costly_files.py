"""Files made to keep a worker busy are told in time; what an honest file needs is far below."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from papers import WORD, office, photo

from files.kinds import JPEG
from files.names import clean_filename
from files.recognition import recognise
from foundation.errors import BadInput
from web.received import _PIECE, _read_by_werkzeug

COMPLEX = "过于复杂"


@contextmanager
def soon(seconds: float = 3) -> Iterator[None]:
    """No more than this of processor time: other programs on the machine make no difference."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def refused(content: bytes) -> str:
    with pytest.raises(BadInput) as refusal:
        recognise(io.BytesIO(content), "a")
    return str(refusal.value.text())


def jpeg_with(more: bytes) -> bytes:
    content = photo()
    return content[:2] + more + content[2:]


def png_with(more: bytes) -> bytes:
    content = photo("PNG")
    return content[:33] + more + content[33:]


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_a_scan_full_of_fill_bytes_is_read_once() -> None:
    content = photo()
    with soon():
        found = recognise(io.BytesIO(content[:-2] + b"\xff" * 1_000_000 + b"\0" + content[-2:]), "a.jpg")
    assert found is not None
    assert found.kind is JPEG


def test_fill_bytes_before_no_marker_are_read_once() -> None:
    with soon():
        assert "JPG 文件不完整" in refused(photo()[:20] + b"\xff" * 1_000_000 + b"\0")


@pytest.mark.parametrize(
    "build",
    [
        lambda: jpeg_with(b"\xff\xf0\x00\x02" * 1_000_000),
        lambda: png_with(chunk(b"teXt") * 500_000),
    ],
    ids=["JPEG", "PNG"],
)
def test_segments_without_end_are_told(build: Callable[[], bytes]) -> None:
    content = build()
    with soon():
        assert COMPLEX in refused(content)


@pytest.mark.parametrize("name", ["\u0300\u0316" * 400_000 + ".pdf", "=?idna?q?" + "a" * 400_000 + "?="])
def test_a_name_without_end_is_cleaned_in_time(name: str) -> None:
    with soon():
        assert len(clean_filename(name)) <= 120


def test_the_end_of_a_long_name_stays() -> None:
    assert clean_filename("长" * 100_000 + ".pdf").endswith("长.pdf")


def lists(count: int, elements: int) -> bytes:
    text = "<a>" + "<b/>" * elements + "</a>"
    return office(**{f"{number}/a.rels": text for number in range(count)})


def nested(depth: int) -> bytes:
    content = office()
    for _ in range(depth):
        content = office(**{"word/embeddings/a.docx": content})
    return content


@pytest.mark.parametrize(
    "build",
    [
        lambda: lists(1, 1_000_000),
        lambda: lists(60, 1_000),
        lambda: lists(100, 25_000),
        lambda: nested(4),
        lambda: office(**{"word/a.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 70_000_000}),
        lambda: b"<a>" + b"<b/>" * 4_000_000 + b"</a>",
    ],
    ids=["one list", "many lists", "large lists", "documents in documents", "an object", "XML"],
)
def test_documents_of_parts_without_end_are_told(build: Callable[[], bytes]) -> None:
    content = build()
    with soon():
        assert COMPLEX in refused(content)


def test_text_without_end_is_told() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<a><b PartName="/a.xml" ContentType="{WORD}"/></a>')
        archive.writestr("a.xml", "<a>" + "<b/>" * 4_000_000 + "</a>")
    with soon(4):
        assert COMPLEX in refused(made.getvalue())


def test_a_long_report_with_many_pictures_is_none_of_these() -> None:
    relations = "<a>" + '<b Target="media/1.png"/>' * 2_000 + "</a>"
    media = {f"word/media/{number}.png": photo("PNG") for number in range(2_000)}
    assert recognise(io.BytesIO(office(**{"word/_rels/document.xml.rels": relations}, **media)), "a") is not None


@pytest.mark.parametrize(
    "part",
    ['"\\"', ";\r\n", "; filename*=gbk'a", '; filename="C:\\', "\n "],
    ids=["quotes", "lines", "names", "paths", "folds"],
)
def test_headers_without_end_are_read_once(part: str) -> None:
    text = "; filename=" + part * (1_000_000 // len(part)) + "\\"
    with soon():
        assert len(_PIECE.sub(_read_by_werkzeug, text)) >= len("; filename=")
