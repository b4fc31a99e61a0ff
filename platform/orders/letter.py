"""The confirmation of results (成效确认函) of an order: kept with its content and hash when the enterprise confirms.

Orders confirmed before letters were kept have none; theirs is still worked out from what is registered now, and whoever
checks it is told so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import User
from documents.canonical import canonical_hash, canonical_json
from documents.confirmation import (
    ConfirmationContent,
    DeliveredItem,
    Evidence,
    EvidenceOfPicture,
    Party,
    render_confirmation,
)
from files.access import files_of
from files.models import Attachment
from foundation.actors import Actor
from orders.access import find
from orders.models import RATINGS, ConfirmationLetter, Order, ServiceRecord
from orders.records import living

_KINDS = {"agreement": "服务协议", "process": "服务过程", "result": "服务成果"}


@dataclass(frozen=True, slots=True)
class Check:
    """What anybody who holds the paper may learn: its order, when it was confirmed, and the check value printed on it.

    ``kept`` is False for a letter from before letters were kept, whose value follows what is registered now.
    """

    number: str
    confirmed_at: datetime
    digest: str
    kept: bool


def letter(session: Session, actor: Actor, number: str, *, public_url: str) -> bytes:
    """The letter as PDF; NotFound before the enterprise has confirmed. ``public_url`` goes into its QR code."""
    order = find(session, actor, number)
    url = f"{public_url}/confirmations/{order.number}"
    return render_confirmation(replace(_content(session, order), verification_url=url))


def check(session: Session, number: str) -> Check:
    """The letter of this number as it must read; NotFound when there is none."""
    order = session.scalar(select(Order).where(Order.number == number))
    if order is None or order.confirmation is None:
        raise not_here()
    kept = order.confirmation.letter
    digest = kept.content_hash if kept else canonical_hash(_worked(session, order))
    return Check(order.number, order.confirmation.created_at, digest, kept is not None)


def freeze(session: Session, order: Order) -> ConfirmationLetter:
    """Keep what the letter of a freshly confirmed order says, with its hash."""
    content = _worked(session, order, copies=True)
    kept = ConfirmationLetter(
        confirmation=order.confirmation,
        content=json.loads(canonical_json(content)),
        content_hash=canonical_hash(content),
    )
    session.add(kept)
    session.flush()
    return kept


def _content(session: Session, order: Order) -> ConfirmationContent:
    if order.confirmation is None:
        raise not_here()
    kept = order.confirmation.letter
    return _restored(kept.content) if kept else _worked(session, order)


def _restored(content: Mapping[str, Any]) -> ConfirmationContent:
    """What was kept, in the shape that is rendered; its hash is the one that was kept beside it."""
    parties = {
        side: Party(**(content[side] | {"confirmed_at": datetime.fromisoformat(content[side]["confirmed_at"])}))
        for side in ("enterprise", "provider")
    }
    shaped = {
        **parties,
        "items": [DeliveredItem(**item) for item in content["items"]],
        "evidence": [
            EvidenceOfPicture(**file) if "copy_sha256" in file else Evidence(**file) for file in content["evidence"]
        ],
        "issued_at": datetime.fromisoformat(content["issued_at"]),
        "verification_url": "",
    }
    return ConfirmationContent(**{**content, **shaped})


def _worked(session: Session, order: Order, *, copies: bool = False) -> ConfirmationContent:
    """The letter from what is registered now; ``copies`` only for one that is kept.

    A picture of before gets its copy when somebody downloads it, and a letter must not change by that.
    """
    confirmation = order.confirmation
    if confirmation is None:
        raise not_here()
    records = living(order)
    delivered = [step for step in order.steps if step.event == "deliver"][-1]
    person = session.get(User, confirmation.user_id) if confirmation.user_id else None
    return ConfirmationContent(
        number=order.number.replace("DD", "CX", 1),
        issuer=order.programme.bureau.name,
        programme=order.programme.name,
        order=order.number,
        service=order.offering_version.name,
        enterprise=Party(
            order.enterprise.name, order.enterprise.uscc, person.name if person else "—", confirmation.created_at
        ),
        provider=Party(order.provider.name, order.provider.uscc, delivered.person, delivered.at),
        value=order.charged_price,
        deducted=order.deduction,
        items=[DeliveredItem(record.description, record.result) for record in records],
        rating=RATINGS[confirmation.rating],
        comment=confirmation.comment or "",
        evidence=[_evidence(file, copies=copies) for file in _files(session, order, records)],
        issued_at=confirmation.created_at,
        verification_url="",
    )


def _evidence(file: Attachment, *, copies: bool) -> Evidence:
    kind, blob = _KINDS.get(file.kind, file.kind), file.blob
    if copies and blob.picture is not None:
        return EvidenceOfPicture(kind, file.filename, blob.sha256, blob.picture.sha256)
    return Evidence(kind, file.filename, blob.sha256)


def _files(session: Session, order: Order, records: Sequence[ServiceRecord]) -> list[Attachment]:
    """The agreement that binds, then the evidence of the records that count."""
    agreement = order.agreement
    of_order = files_of(session, Order.__tablename__, [order.id])[order.id]
    binding = [file for file in of_order if agreement is not None and file.id == agreement.attachment_id]
    attached = files_of(session, ServiceRecord.__tablename__, [record.id for record in records])
    return binding + [file for record in records for file in attached[record.id]]
