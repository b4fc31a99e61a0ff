"""The confirmation of results (成效确认函) of an order, made from its records whenever it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import User
from documents.canonical import canonical_hash
from documents.confirmation import ConfirmationContent, DeliveredItem, Evidence, Party, render_confirmation
from files.access import files_of
from files.models import Attachment
from foundation.actors import Actor
from orders.access import find
from orders.confirmation import RATINGS
from orders.models import Order, ServiceRecord
from orders.records import living

_KINDS = {"agreement": "服务协议", "process": "服务过程", "result": "服务成果"}


@dataclass(frozen=True, slots=True)
class Check:
    """What anybody who holds the paper may learn: its order, when it was confirmed, and the check value printed on it."""

    number: str
    confirmed_at: datetime
    digest: str


def letter(session: Session, actor: Actor, number: str, *, public_url: str) -> bytes:
    """The letter as PDF; NotFound before the enterprise has confirmed. ``public_url`` goes into its QR code."""
    return render_confirmation(_content(session, find(session, actor, number), public_url))


def check(session: Session, number: str, *, public_url: str) -> Check:
    """The letter of this number as it must read; NotFound when there is none."""
    order = session.scalar(select(Order).where(Order.number == number))
    if order is None:
        raise not_here()
    content = _content(session, order, public_url)
    return Check(order.number, content.enterprise.confirmed_at, canonical_hash(content))


def _content(session: Session, order: Order, public_url: str) -> ConfirmationContent:
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
        evidence=[
            Evidence(_KINDS.get(file.kind, file.kind), file.filename, file.blob.sha256)
            for file in _files(session, order, records)
        ],
        issued_at=confirmation.created_at,
        verification_url=f"{public_url}/confirmations/{order.number}",
    )


def _files(session: Session, order: Order, records: Sequence[ServiceRecord]) -> list[Attachment]:
    """The agreement that binds, then the evidence of the records that count."""
    agreement = order.agreement
    of_order = files_of(session, Order.__tablename__, [order.id])[order.id]
    binding = [file for file in of_order if agreement is not None and file.id == agreement.attachment_id]
    attached = files_of(session, ServiceRecord.__tablename__, [record.id for record in records])
    return binding + [file for record in records for file in attached[record.id]]
