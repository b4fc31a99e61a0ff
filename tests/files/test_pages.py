"""Files over the pages: what a browser sends, however old it is, and what another one gets."""

import hashlib
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from order_cases import Scene, person
from papers import PDF, exif, motion, photo
from PIL import Image
from provider_cases import People
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from accounts.models import Membership
from audit.models import AuditEvent
from files.models import Attachment, Blob
from files.store import current_store
from foundation.actors import Role
from foundation.clock import today
from foundation.identifiers import new_id
from notices.models import Objection
from orders.models import Order, OrderState

pytestmark = [pytest.mark.clock, pytest.mark.usefixtures("store")]

SignIn = Callable[[Membership], FlaskClient]


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


@pytest.fixture
def provider(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))


@pytest.fixture
def officer(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.bureau.id, Role.OFFICER))


def send_agreement(browser: FlaskClient, order: Order, disposition: bytes, content: bytes = PDF) -> TestResponse:
    """An agreement as a client sends it that writes the file's name by ``disposition``."""
    fields = {"submission_id": str(new_id()), "agreement_number": "HT-1", "signed_on": today().isoformat()}
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode())
        for name, value in fields.items()
    )
    body += (
        b'--b\r\nContent-Disposition: form-data; name="file"; ' + disposition + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    return browser.post(f"/orders/{order.number}/agreement", data=body, content_type="multipart/form-data; boundary=b")


@pytest.mark.parametrize(
    "disposition",
    [
        'filename="月报.pdf"'.encode(),
        'filename="月报.pdf"'.encode("gb18030"),
        b"filename*=UTF-8''%E6%9C%88%E6%8A%A5.pdf",
        b"filename*=GBK''%D4%C2%B1%A8.pdf",
        b"filename=\"x.pdf\"; filename*=gb18030'zh'%D4%C2%B1%A8.pdf",
        'filename="月报.pdf"'.encode("gb18030").decode("latin-1").encode(),
    ],
    ids=["UTF-8", "GB 18030", "RFC 5987", "RFC 5987 in GBK", "both ways", "spoilt on the way"],
)
def test_a_file_name_in_any_encoding_loses_nothing(
    session: Session, scene: Scene, provider: FlaskClient, disposition: bytes
) -> None:
    answer = send_agreement(provider, scene.order_in(OrderState.DOCKING), disposition)
    assert answer.status_code == 303
    assert session.scalars(select(Attachment.filename)).one() == "月报.pdf"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'filename="C:\\dir\\new.pdf"', "new.pdf"),
        (r'filename="C:\新\合同.pdf"'.encode("gbk"), "合同.pdf"),
        (b"filename=\"filename*=gbk''%BA%CF.pdf\"", "filename_=gbk''合.pdf"),
        (b"filename=\"a; filename*=gbk''b%BA%CF.pdf\"", "a; filename_=gbk''b合.pdf"),
    ],
    ids=["path", "Chinese path", "quoted", "quoted behind a semicolon"],
)
def test_a_name_in_quotes_is_only_a_name(
    session: Session, scene: Scene, provider: FlaskClient, disposition: bytes, name: str
) -> None:
    answer = send_agreement(provider, scene.order_in(OrderState.DOCKING), disposition)
    assert answer.status_code == 303
    assert session.scalars(select(Attachment.filename)).one() == name


def test_a_name_whose_second_byte_is_a_backslash_is_whole(
    session: Session, scene: Scene, provider: FlaskClient
) -> None:
    """In GBK the second byte of 誠 is that of a backslash, which would lead to another folder."""
    name = "誠信.pdf"
    assert b"\\" in name.encode("gbk")
    send_agreement(provider, scene.order_in(OrderState.DOCKING), b'filename="%s"' % name.encode("gbk"))
    assert session.scalars(select(Attachment.filename)).one() == name


def test_a_refusal_beside_a_name_in_an_old_encoding_keeps_what_was_typed(scene: Scene, provider: FlaskClient) -> None:
    answer = send_agreement(
        provider, scene.order_in(OrderState.DOCKING), 'filename="月报.exe"'.encode("gbk"), b"MZ\x90\0"
    )
    assert answer.status_code == 422
    assert "“月报.exe”：这里不收 EXE 文件；程序不能作为材料" in answer.text
    assert 'value="HT-1"' in answer.text


def test_a_photo_reaches_others_without_place_and_time(
    session: Session, scene: Scene, provider: FlaskClient, officer: FlaskClient
) -> None:
    order = scene.order_in(OrderState.DOCKING)
    original = motion(photo(exif=exif()))
    assert send_agreement(provider, order, b'filename="mmexport1.png"', original).status_code == 303
    file = session.scalars(select(Attachment)).one()
    for browser in (provider, officer):
        with browser.get(f"/files/{file.id}") as answer:
            got = answer.get_data()
            assert answer.headers["Content-Disposition"] == "attachment; filename=mmexport1.jpg"
            assert answer.mimetype == "image/jpeg"
        assert not Image.open(io.BytesIO(got)).getexif()
        assert b"HUAWEI" not in got
        assert b"ftypmp42" not in got
        assert len(got) == file.blob.shown_size < len(original)
    logged = session.scalars(select(AuditEvent.after).where(AuditEvent.action == "attachment.add")).one()
    assert (logged["sha256"], logged["copy_sha256"]) == (file.blob.sha256, file.blob.shown_sha256)


@pytest.mark.parametrize(("shown", "status"), [(1.0, 200), (0.6, 200), (0.01, 409)])
def test_a_damaged_photo_of_before_never_tells_where_it_was_taken(
    session: Session, scene: Scene, officer: FlaskClient, shown: float, status: int
) -> None:
    """Pictures came in unread once: what can be seen of one is drawn, and what cannot be drawn is not handed out."""
    scene.order_in(OrderState.CONTRACTED)
    file = session.scalars(select(Attachment)).one()
    whole = photo(size=(400, 300), exif=exif())
    content = whole[: int(len(whole) * shown)] + b"HUAWEI"
    sha256 = hashlib.sha256(content).hexdigest()
    current_store().put(sha256, io.BytesIO(content))
    file.filename, file.blob.media_type, file.blob.sha256 = "a.jpg", "image/jpeg", sha256
    session.commit()
    with officer.get(f"/files/{file.id}") as answer:
        assert answer.status_code == status
        assert b"HUAWEI" not in answer.get_data()
        if status == 409:
            assert "这张图片已损坏，无法去掉其中的拍摄时间和地点，不能下载" in answer.text
        else:
            assert Image.open(io.BytesIO(answer.get_data())).size == (400, 300)


@pytest.mark.parametrize(
    ("stored", "media_type", "downloaded"),
    [
        ("invoice.hta", "application/pdf", "invoice.hta.pdf"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("page.html", "application/xml", "page.html.xml"),
        ("a.svg", "application/xml", "a.svg.xml"),
        ("a.png", "application/pdf", "a.pdf"),
        ("pdf", "application/pdf", "file.pdf"),
    ],
)
def test_what_was_stored_under_another_name_is_downloaded_as_what_it_is(  # noqa: PLR0917 - three fixtures, three facts
    session: Session, scene: Scene, officer: FlaskClient, stored: str, media_type: str, downloaded: str
) -> None:
    scene.order_in(OrderState.CONTRACTED)
    file = session.scalars(select(Attachment)).one()
    file.filename, file.blob.media_type = stored, media_type
    session.commit()
    with officer.get(f"/files/{file.id}") as answer:
        assert answer.headers["Content-Disposition"] == f"attachment; filename={downloaded}"
        assert answer.mimetype == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_the_limits_stand_beside_the_field_before_anything_is_chosen(scene: Scene, provider: FlaskClient) -> None:
    page = provider.get(f"/orders/{scene.order_in(OrderState.IN_SERVICE).number}/records/new").text
    told = (
        "可上传 PDF、JPG、PNG、HEIC、WEBP、OFD、DOCX、XLSX；每个文件不超过 20 MB，一次最多 20 个，"
        "一次提交的文件合计不超过 80 MB"
    )
    assert page.count(told) == 2
    assert page.count('accept=".pdf,.jpg,.jpeg,.jpe,.jfif,.png,.heic,.heif,.webp,.ofd,.docx,.xlsx"') == 2


@pytest.mark.parametrize(("size", "status"), [(300_000, 303), (19 * 1024 * 1024, 303), (21 * 1024 * 1024, 413)])
def test_a_visitors_evidence_may_be_as_large_as_the_page_says(
    session: Session, client: FlaskClient, size: int, status: int
) -> None:
    notice = People(session).on_notice()[1]
    session.commit()
    assert "一个文件，不超过 20 MB" in client.get(f"/notices/{notice.number}").text
    fields = {
        "submission_id": str(new_id()),
        "name": "李四",
        "contact": "13800000000",
        "text": "名单不实",
        "evidence": FileStorage(io.BytesIO(PDF + b"\0" * size), "证据.pdf"),
    }
    boundary, body = encode_multipart(fields)
    kind = f'multipart/form-data; boundary="{boundary}"'
    assert client.post(f"/notices/{notice.number}", data=body, content_type=kind).status_code == status
    assert len(session.scalars(select(Objection)).all()) == (status == 303)
    assert len(session.scalars(select(Blob.size).where(Blob.size > size)).all()) == (status == 303)
