"""Names of files, and where their bytes lie."""

import errno
import io
import socket
import time
from pathlib import Path

import factories as make
import pytest
from papers import PDF as PAPER
from sqlalchemy import func, select

from accounts.models import OrganisationKind
from config import Settings
from files.access import download, elsewhere
from files.intake import Upload, Wanted, take, take_all
from files.kinds import JPEG, PDF, FileType
from files.models import Blob
from files.names import clean_filename, honest_name
from files.store import FolderStore, S3Store, StoreAway, open_store, using
from foundation.errors import BadInput, Faults, NotFound


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


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("月报.pdf".encode().decode("latin-1"), "月报.pdf"),
        ("月报（终）.pdf".encode("gbk").decode("latin-1"), "月报（终）.pdf"),
        ("%E6%9C%88%E6%8A%A5.pdf", "月报.pdf"),
        ("%D4%C2%B1%A8.pdf", "月报.pdf"),
        ("=?gb2312?B?1MKxqA==?=.pdf", "月报.pdf"),
        ("=?utf-8?Q?=E6=9C=88=E6=8A=A5.pdf?=", "月报.pdf"),
        ("月\ufffd\ufffd.pdf", "月.pdf"),
        ("\ufffd\ufffd.pdf", "pdf"),
        ("Müller façade.pdf", "Müller façade.pdf"),
        ("£50.pdf", "£50.pdf"),
        ("100%.pdf", "100%.pdf"),
        ("=?none?B?1MKxqA==?=.pdf", "=_none_B_1MKxqA==_=.pdf"),
        ("月报ü.pdf", "月报ü.pdf"),
    ],
)
def test_a_name_that_an_old_encoding_spoilt_is_put_right(name: str, clean: str) -> None:
    assert clean_filename(name) == clean


@pytest.mark.parametrize(
    ("name", "kind", "kept_as"),
    [
        ("a.jpeg", JPEG, "a.jpeg"),
        ("a.JPG", JPEG, "a.JPG"),
        ("a.png", JPEG, "a.jpg"),
        ("月报.hta", PDF, "月报.hta.pdf"),
        ("方案v1.2", PDF, "方案v1.2.pdf"),
        ("pdf", PDF, "file.pdf"),
        ("file", PDF, "file.pdf"),
        ("长" * 80, PDF, "长" * 78 + ".pdf"),
    ],
)
def test_a_file_is_kept_under_the_extension_of_what_it_is(name: str, kind: FileType, kept_as: str) -> None:
    assert honest_name(name, kind) == kept_as


def test_the_same_bytes_are_kept_once_and_noticed_elsewhere(session, store, clerk, subject) -> None:
    other = make.organisation(session, OrganisationKind.PROVIDER)

    def send(to, name="a.pdf"):
        return take(session, clerk, Upload(io.BytesIO(PAPER), name), subject=to, kind="proof", field="file")

    first = send(subject)
    assert send(subject, "b.pdf") is first
    assert elsewhere(session, [first], [subject.id]) == {}
    send(other)
    assert elsewhere(session, [first], [subject.id]) == {first.blob_id: 1}
    assert session.scalar(select(func.count()).select_from(Blob)) == 1
    with store.open(first.blob.sha256) as kept:
        assert kept.read() == PAPER
    files = [path for path in store.root.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o077 == 0
    assert store.root.stat().st_mode & 0o077 == 0


def test_all_bad_files_are_named_at_once(session, store, clerk, subject) -> None:
    """Whoever chose five photos learns about each bad one, not about the first of them."""
    chosen = [("好.pdf", PAPER), ("坏.png", PAPER[:50]), ("空.pdf", b"")]
    wanted = [Wanted(Upload(io.BytesIO(content), name), "process", "process_files") for name, content in chosen]
    with pytest.raises(Faults) as refusal:
        take_all(session, clerk, wanted, subject=subject)
    assert [fault.field for fault in refusal.value.faults] == ["process_files"] * 2
    assert [fault.text()[:5] for fault in refusal.value.faults] == ["“坏.pn", "“空.pd"]
    with pytest.raises(BadInput, match=r"坏\.png"):
        take_all(session, clerk, [Wanted(Upload(io.BytesIO(PAPER[:50]), "坏.png"), "a", "b")], subject=subject)


def test_a_file_of_a_thing_that_no_room_speaks_for_is_seen_by_nobody(session, store, clerk, subject) -> None:
    file = take(session, clerk, Upload(io.BytesIO(PAPER), "a.pdf"), subject=subject, kind="proof", field="file")
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
        take(session, clerk, Upload(io.BytesIO(PAPER), "a.pdf"), subject=subject, kind="proof", field="proof")
    assert (refusal.value.status, refusal.value.field) == (503, "proof")
    assert session.scalar(select(func.count()).select_from(Blob)) == 0
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_bytes_that_are_gone_are_no_mistake_of_the_program(session, store, clerk, subject, monkeypatch) -> None:
    upload = Upload(io.BytesIO(PAPER), "a.pdf")
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
                take(session, clerk, Upload(io.BytesIO(PAPER), "a.pdf"), subject=subject, kind="x", field="proof")
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
