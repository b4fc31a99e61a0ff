"""The confirmation letter stays what both sides confirmed, and anybody can check its paper."""

import io
import json
import re
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from order_cases import Scene
from papers import exif, photo
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from files.copies import ensure_copy
from files.models import Attachment, Blob
from files.store import current_store
from foundation.errors import NotFound
from orders.confirmation import confirm
from orders.letter import check, letter
from orders.models import Order, OrderState

URL = "https://huiqi.example"


@pytest.fixture
def order(scene: Scene) -> Order:
    return scene.order_in(OrderState.CONFIRMED)


def change_everything(session: Session, scene: Scene, order: Order) -> None:
    """Both sides and the bureau are renamed, and what a record says is put right in the database."""
    for organisation in (order.enterprise, order.provider, scene.bureau):
        organisation.name += "（更名后）"
    scene.programme.name = "另一名称"
    order.records[0].result = "改过的成果"
    session.flush()
    session.expire_all()


def test_what_is_renamed_or_amended_later_does_not_change_the_letter(
    session: Session, scene: Scene, order: Order
) -> None:
    before = check(session, order.number)
    paper = letter(session, scene.clerk, order.number, public_url=URL)
    change_everything(session, scene, order)
    after = check(session, order.number)
    assert (after.digest, after.kept) == (before.digest, True)
    assert letter(session, scene.clerk, order.number, public_url=URL) == paper


def test_the_kept_content_is_what_the_hash_is_of_and_the_trail_has_it(
    session: Session, scene: Scene, order: Order
) -> None:
    kept = order.confirmation.letter  # type: ignore[union-attr]
    session.expire(kept)
    assert canonical_hash_of(kept.content) == kept.content_hash  # type: ignore[union-attr]
    assert kept.content["enterprise"]["organisation"] == order.enterprise.name  # type: ignore[union-attr]
    added = session.scalars(select(AuditEvent.after).where(AuditEvent.action == "confirmation.add")).one()
    assert added is not None
    assert added["hash"] == kept.content_hash  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE confirmation_letters SET content_hash = 'x'",
        "DELETE FROM confirmation_letters",
        "TRUNCATE confirmation_letters",
    ],
)
def test_the_database_keeps_a_letter_as_it_was(session: Session, order: Order, change: str) -> None:
    assert order.confirmation is not None
    with pytest.raises(IntegrityError, match="kept as it was confirmed"), session.begin_nested():
        session.execute(text(change))


def test_the_check_page_shows_the_kept_value(session: Session, scene: Scene, order: Order, client: FlaskClient) -> None:
    digest = check(session, order.number).digest
    change_everything(session, scene, order)
    page = client.get(f"/confirmations/{order.number}").get_data(as_text=True)
    assert f"<code>{digest}</code>" in page
    assert "应与下面完全一致" in page


def test_a_letter_of_before_is_worked_out_and_says_so(
    session: Session, scene: Scene, order: Order, client: FlaskClient
) -> None:
    session.execute(text("ALTER TABLE confirmation_letters DISABLE TRIGGER USER"))
    session.execute(text("DELETE FROM confirmation_letters"))
    session.expire_all()
    found = check(session, order.number)
    before = found.digest
    assert not found.kept
    change_everything(session, scene, order)
    page = client.get(f"/confirmations/{order.number}").get_data(as_text=True)
    assert before not in page
    assert re.search(r"<code>[0-9a-f]{64}</code>", page)
    assert "按现在登记的内容计算" in page
    assert letter(session, scene.clerk, order.number, public_url=URL).startswith(b"%PDF-")


def with_a_photo_of_before(session: Session, order: Order) -> Blob:
    """The order's agreement is a photo that came before copies were made."""
    file = session.scalars(select(Attachment).where(Attachment.id == order.agreement.attachment_id)).one()  # type: ignore[union-attr]
    content = photo(exif=exif())
    file.blob.media_type, file.blob.sha256 = "image/jpeg", sha256(content).hexdigest()
    current_store().put(file.blob.sha256, io.BytesIO(content))
    session.flush()
    return file.blob


def test_a_download_changes_no_letter(session: Session, scene: Scene) -> None:
    """A picture's copy is made at the first download; a letter of before names what was sent, and goes on doing so."""
    order = scene.order_in(OrderState.CONFIRMED)
    session.execute(text("ALTER TABLE confirmation_letters DISABLE TRIGGER USER"))
    session.execute(text("DELETE FROM confirmation_letters"))
    session.expire_all()
    blob = with_a_photo_of_before(session, order)
    before, paper = check(session, order.number), letter(session, scene.clerk, order.number, public_url=URL)
    ensure_copy(session, blob)
    assert blob.picture is not None
    assert check(session, order.number) == before
    assert letter(session, scene.clerk, order.number, public_url=URL) == paper


@pytest.mark.parametrize("copied", [True, False])
def test_a_kept_letter_names_the_photo_that_was_sent_and_the_copy_that_was_there(
    session: Session, scene: Scene, copied: bool
) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    blob = with_a_photo_of_before(session, order)
    if copied:
        ensure_copy(session, blob)
    confirm(session, scene.buyer(order.voucher), order.number, rating=5)
    kept = order.confirmation.letter  # type: ignore[union-attr]
    before, paper = check(session, order.number), letter(session, scene.clerk, order.number, public_url=URL)
    ensure_copy(session, blob)
    named = kept.content["evidence"][0]  # type: ignore[union-attr]
    assert named["sha256"] == blob.sha256
    assert named.get("copy_sha256") == (blob.picture.sha256 if copied else None)  # type: ignore[union-attr]
    assert canonical_hash_of(kept.content) == before.digest  # type: ignore[union-attr]
    assert check(session, order.number) == before
    assert letter(session, scene.clerk, order.number, public_url=URL) == paper
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    named = [file for file in kept.content["evidence"] if "copy_sha256" in file]  # type: ignore[union-attr]
    assert words.count("下载件") == len(named) > 0


def test_there_is_no_letter_before_the_confirmation(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    with pytest.raises(NotFound):
        check(session, order.number)
    with pytest.raises(NotFound):
        letter(session, scene.clerk, order.number, public_url=URL)


def canonical_hash_of(content: object) -> str:
    """As anybody recomputes it from the kept JSON."""
    kept = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(kept.encode()).hexdigest()
