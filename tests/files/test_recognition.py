"""What a file is, whatever its name says."""

import errno
import io
import socket
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import factories as make
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import OrganisationKind
from config import Settings
from files.access import download, elsewhere
from files.intake import EVIDENCE, INVOICE, SIGNED, Upload, Wanted, take, take_all
from files.models import Attachment, Blob
from files.recognition import (
    CSV,
    DOCX,
    JPEG,
    OFD,
    PDF,
    PNG,
    TEXT,
    XLSX,
    XML,
    FileType,
    clean_filename,
    foreign,
    recognise,
)
from files.store import FolderStore, S3Store, StoreAway, open_store, using
from foundation.actors import Role
from foundation.errors import BadInput, Faults, NotFound

PDF_BYTES = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG_BYTES = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG_BYTES = b"\xff\xd8\xff\xe0" + b"\x00" * 20 + b"\xff\xd9"


def package(*members: str, encrypted: bool = False) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    content = bytearray(stream.getvalue())
    if encrypted:
        content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\x00" * (310 * 1024 * 1024))
    return stream.getvalue()


def packed_pdf(objects: bytes) -> bytes:
    packed = zlib.compress(objects)
    stream = b"2 0 obj<</Type/ObjStm/Filter/FlateDecode/N 1>>stream\n" + packed + b"\nendstream endobj\n"
    return PDF_BYTES.replace(b"trailer", stream * 2 + b"trailer")


def told(content: bytes, name: str = "x") -> FileType | None:
    return recognise(io.BytesIO(content), len(content), name)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF_BYTES, "a.pdf", PDF),
        (packed_pdf(b"1 0 <</Title(JavaScript)>>"), "a.pdf", PDF),
        (PDF_BYTES.replace(b"<<>>", b"<</JavaScripting 1>>"), "a.pdf", PDF),
        (PNG_BYTES, "a.pdf", PNG),
        (JPEG_BYTES, "a", JPEG),
        (package("OFD.xml"), "a.ofd", OFD),
        (package("[Content_Types].xml", "word/document.xml"), "a.docx", DOCX),
        (package("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", XLSX),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "a.xml", XML),
        ("名称,金额\n甲,1\n".encode("gb18030"), "a.csv", CSV),
        ("说明".encode(), "a.txt", TEXT),
        (package("run.exe"), "a.zip", None),
        (b"MZ\x90\x00\x03\x00", "a.pdf", None),
        (b"<!DOCTYPE html><script>1</script>", "a.txt", None),
        (b"<svg onload='x'/>", "a.txt", None),
        (b"GIF89a\x01\x00\x00\x00", "a.gif", None),
    ],
)
def test_the_content_decides(content: bytes, name: str, kind: FileType | None) -> None:
    assert told(content, name) is kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"GIF89a\x01\x00\x00\x00", "GIF"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "WEBP"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "DOC/XLS/PPT"),
        (package("run.exe"), "ZIP"),
        (b"MZ\x90\x00\x03\x00", "EXE"),
        (b"<!DOCTYPE html><script>1</script>", "HTML"),
        (b"\x00\x01\x02\x03", ""),
        (b"", ""),
    ],
)
def test_a_foreign_type_is_called_by_its_name(content: bytes, name: str) -> None:
    """For the message only: what the house takes is decided by ``recognise``."""
    assert foreign(content) == name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PDF_BYTES[:30], "不完整"),
        (PNG_BYTES + package("run.exe"), "不完整"),
        (JPEG_BYTES[:-2], "不完整"),
        (JPEG_BYTES + package("run.exe"), "不完整"),
        (PDF_BYTES + package("run.exe"), "另一个文件"),
        (PDF_BYTES.replace(b"/Root", b"/Encrypt 9 0 R /Root"), "密码"),
        (package("word/document.xml", encrypted=True), "密码"),
        (package("word/document.xml")[:-10], "损坏"),
        (package("word/document.xml", "word/vbaProject.bin"), "宏"),
        # Large ones are made when their test runs, not by every process that collects the suite.
        (bomb, "过大"),
        (package("xl/workbook.xml") + b"<html>", "另一个文件"),
        (PDF_BYTES.replace(b"<<>>", b"<</S/JavaScript/JS(app.alert(1))>>"), "会运行的程序"),
        (PDF_BYTES.replace(b"<<>>", b"<</S/J#61va#53cript/JS(1)>>"), "会运行的程序"),
        (PDF_BYTES.replace(b"<<>>", b"<</S /Launch/F(cmd.exe)>>"), "会运行的程序"),
        (packed_pdf(b"1 0 <</S/JavaScript/JS(app.alert(1))>>"), "会运行的程序"),
        (lambda: packed_pdf(b"1 0 <<>>" * 9_000_000), "会运行的程序"),
    ],
)
def test_broken_locked_and_double_files_are_refused(content: bytes | Callable[[], bytes], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        told(content if isinstance(content, bytes) else content())


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\用户\\协议.pdf", "协议.pdf"),
        ("协议\u202efdp.exe", "协议fdp.exe"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("..", "file"),
        ("", "file"),
        (" . ", "file"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("长" * 300 + ".pdf", "长" * 78 + ".pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
        ("长" * 300, "长" * 80),
        (".htaccess", "htaccess"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_filename(name) == clean
    assert len(clean_filename(name)) <= 120


@pytest.fixture
def store(tmp_path: Path):
    with using(FolderStore(tmp_path / "files")) as store:
        yield store


@pytest.fixture
def clerk(session: Session):
    return make.actor(session, make.provider(session), Role.PROVIDER_MEMBER)


@pytest.fixture
def subject(session: Session):
    return make.organisation(session, OrganisationKind.PROVIDER)


def test_the_same_bytes_are_kept_once_and_noticed_elsewhere(session, store, clerk, subject) -> None:
    other = make.organisation(session, OrganisationKind.PROVIDER)

    def send(to, name="a.pdf"):
        return take(session, clerk, Upload(io.BytesIO(PDF_BYTES), name), subject=to, kind="proof", field="file")

    first = send(subject)
    assert send(subject, "b.pdf") is first
    assert elsewhere(session, [first], [subject.id]) == {}
    send(other)
    assert elsewhere(session, [first], [subject.id]) == {first.blob_id: 1}
    assert session.scalar(select(func.count()).select_from(Blob)) == 1
    with store.open(first.blob.sha256) as kept:
        assert kept.read() == PDF_BYTES
    files = [path for path in store.root.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o077 == 0
    assert store.root.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "name", "allowed", "said"),
    [
        (b"", "a.pdf", SIGNED, "空文件"),
        (PDF_BYTES, "a.png", SIGNED, "文件名写的是 PNG，内容却是 PDF"),
        (package("word/document.xml"), "a.docx", SIGNED, "“DOCX”类型"),
        (package("run.exe"), "a.zip", EVIDENCE, "不能上传"),
        (b"<?xml version='1.0'?><a/>", "a.xml", EVIDENCE, "“XML”类型"),
        (PDF_BYTES + b"%%EOF" * 200, "a.pdf", INVOICE, "超过"),
    ],
)
def test_refusals_name_the_field_and_leave_nothing(  # noqa: PLR0917 - four fixtures, four facts
    session, store, clerk, subject, content, name, allowed, said
) -> None:
    upload = Upload(io.BytesIO(content), name)
    with pytest.raises(BadInput, match=said) as refusal:
        take(session, clerk, upload, subject=subject, kind="proof", field="proof", allowed=allowed, limit=1000)
    assert refusal.value.field == "proof"
    assert refusal.value.text().startswith(f"“{name}”")
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    assert not store.root.exists()


def test_all_bad_files_are_named_at_once(session, store, clerk, subject) -> None:
    """Whoever chose five photos learns about each bad one, not about the first of them."""
    chosen = [("好.pdf", PDF_BYTES), ("坏.png", PDF_BYTES), ("空.pdf", b"")]
    wanted = [Wanted(Upload(io.BytesIO(content), name), "process", "process_files") for name, content in chosen]
    with pytest.raises(Faults) as refusal:
        take_all(session, clerk, wanted, subject=subject)
    assert [fault.field for fault in refusal.value.faults] == ["process_files"] * 2
    assert [fault.text()[:5] for fault in refusal.value.faults] == ["“坏.pn", "“空.pd"]
    with pytest.raises(BadInput, match=r"坏\.png"):
        take_all(session, clerk, [Wanted(Upload(io.BytesIO(PDF_BYTES), "坏.png"), "a", "b")], subject=subject)


def test_a_file_of_a_thing_that_no_room_speaks_for_is_seen_by_nobody(session, store, clerk, subject) -> None:
    file = take(session, clerk, Upload(io.BytesIO(PDF_BYTES), "a.pdf"), subject=subject, kind="proof", field="file")
    with pytest.raises(NotFound):
        download(session, clerk, file.id)


@pytest.mark.parametrize("digest", ["../../etc/passwd", "A" * 64, "0" * 63])
def test_the_folder_opens_digests_only(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        FolderStore(tmp_path).open(digest)


def test_a_failed_write_leaves_no_part(tmp_path: Path) -> None:
    class Torn(io.BytesIO):
        def read(self, *_size: int | None) -> bytes:
            raise OSError("the line broke")

    with pytest.raises(OSError, match="line broke"):
        FolderStore(tmp_path).put("0" * 64, Torn())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_full_disk_is_told_by_the_field_and_nothing_is_said_to_be_kept(
    session, store, clerk, subject, monkeypatch
) -> None:
    def full(_part) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("files.store.os.fsync", full)
    with pytest.raises(StoreAway) as refusal:
        take(session, clerk, Upload(io.BytesIO(PDF_BYTES), "a.pdf"), subject=subject, kind="proof", field="proof")
    assert (refusal.value.status, refusal.value.field) == (503, "proof")
    assert session.scalar(select(func.count()).select_from(Blob)) == 0
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_bytes_that_are_gone_are_no_mistake_of_the_program(session, store, clerk, subject, monkeypatch) -> None:
    upload = Upload(io.BytesIO(PDF_BYTES), "a.pdf")
    kept = take(session, clerk, upload, subject=subject, kind="proof", field="proof")
    monkeypatch.setattr("files.access.may_see", lambda *_: True)
    next(path for path in store.root.rglob("*") if path.is_file()).unlink()
    with pytest.raises(StoreAway):
        download(session, clerk, kept.id)


def test_s3_that_is_away_is_told_within_seconds(session, clerk, subject, tmp_path: Path) -> None:
    with socket.socket() as deaf:
        # Takes connections, and never answers.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        for address in (f"http://127.0.0.1:{deaf.getsockname()[1]}", "http://127.0.0.1:1"):
            settings = Settings(
                environment="test",
                data_folder=tmp_path,
                s3_bucket="evidence",
                s3_endpoint=address,
                s3_access_key="a",
                s3_secret_key="b",
            )
            began = time.monotonic()
            with using(open_store(settings, read_seconds=1)), pytest.raises(StoreAway):
                take(session, clerk, Upload(io.BytesIO(PDF_BYTES), "a.pdf"), subject=subject, kind="x", field="proof")
            assert time.monotonic() - began < 15


def test_s3_puts_once_with_its_checksum_and_reads_back() -> None:
    import boto3  # noqa: PLC0415
    from botocore.response import StreamingBody  # noqa: PLC0415
    from botocore.stub import ANY, Stubber  # noqa: PLC0415

    client = boto3.client("s3", region_name="cn-north-1", aws_access_key_id="test", aws_secret_access_key="test")
    sha256, place = "ab" * 32, {"Bucket": "evidence", "Key": "ab/" + "ab" * 32}
    with Stubber(client) as stub:
        stub.add_client_error("head_object", "404", http_status_code=404, expected_params=place)
        stub.add_response("put_object", {}, {**place, "Body": ANY, "ChecksumSHA256": ANY})
        stub.add_response("head_object", {}, place)
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"abc"), 3)}, place)
        stub.add_client_error("get_object", "NoSuchKey", expected_params=place)
        store = S3Store("evidence", client)
        store.put(sha256, io.BytesIO(b"abc"))
        store.put(sha256, io.BytesIO(b"abc"))
        assert store.open(sha256).read() == b"abc"
        with pytest.raises(FileNotFoundError):
            store.open(sha256)
        stub.assert_no_pending_responses()
