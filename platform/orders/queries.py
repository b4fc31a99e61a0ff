"""Reading orders: lists with exact totals, and everything of one order for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, or_, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload

from accounts.delegation import may_act_for
from accounts.models import Organisation, Region, User
from accounts.queries import contacts
from files.access import elsewhere, files_of
from files.models import Attachment
from foundation.actors import ENTERPRISE, PROVIDER, STAFF, Actor
from foundation.pages import Page, page_of
from ledger.models import AccountKind, LedgerAccount, Transfer
from orders.access import find
from orders.line import place_in_line
from orders.models import Order, OrderState, RecordState, ServiceRecord
from orders.standing import may_contract
from providers.models import Offering, OfferingVersion
from vouchers.models import Programme


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in fen over everything that the filter finds, not only the page shown."""

    charged_price: int
    deduction: int
    own_share: int


class Same(NamedTuple):
    """Another order of the same offering."""

    id: UUID
    number: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """Everything of one order."""

    order: Order
    files: Sequence[Attachment]
    record_files: Mapping[UUID, Sequence[Attachment]]
    transfers: Sequence[Transfer]
    place_in_line: int | None
    # Whether the provider's certificate lets it make the agreement.
    may_contract: bool
    # Blob → how many other things carry the same file; filled for the authorities alone.
    elsewhere: Mapping[UUID, int]
    # Organisation → whom to ask there.
    contacts: Mapping[UUID, User]
    acts: bool


def page(
    session: Session, actor: Actor, *, state: OrderState | None = None, words: str = "", number: int = 1
) -> tuple[Page[Order], Totals]:
    """The orders that the person may see, newest first, filtered by state and by number, organisation or service."""
    query = select(Order).where(seen(actor))
    if state is not None:
        query = query.where(Order.state == state)
    if words:
        named = select(Organisation.id).where(Organisation.name.contains(words, autoescape=True))
        services = select(OfferingVersion.id).where(OfferingVersion.name.contains(words, autoescape=True))
        query = query.where(
            or_(
                Order.number.contains(words.upper(), autoescape=True),
                Order.enterprise_id.in_(named),
                Order.provider_id.in_(named),
                Order.offering_version_id.in_(services),
            )
        )
    # Over the table alone: an index has all that is summed, where no words are looked for.
    sums = query.with_only_columns(
        func.coalesce(func.sum(Order.charged_price), 0),
        func.coalesce(func.sum(Order.deduction), 0),
        func.coalesce(func.sum(Order.own_share), 0),
    )
    charged, deduction, own = session.execute(sums).one()
    listed = query.options(
        joinedload(Order.enterprise),
        joinedload(Order.provider),
        joinedload(Order.offering_version),
        joinedload(Order.programme),
    ).order_by(Order.placed_at.desc(), Order.id.desc())
    return page_of(session, listed, number), Totals(int(charged), int(deduction), int(own))


def seen(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a person sees an order."""
    if actor.role in ENTERPRISE:
        return Order.enterprise_id == actor.organisation_id
    if actor.role in PROVIDER:
        return Order.provider_id == actor.organisation_id
    if actor.role in STAFF:
        regions = select(Region.id).where(Region.path.startswith(actor.region_path, autoescape=True))
        return Order.programme_id.in_(select(Programme.id).where(Programme.region_id.in_(regions)))
    return false()


def case(session: Session, actor: Actor, number: str) -> Case:
    """Everything of one order; NotFound for whoever may not see it."""
    order = find(session, actor, number)
    own = select(LedgerAccount.id).where(
        LedgerAccount.kind == AccountKind.HOLD,
        LedgerAccount.programme_id == order.programme_id,
        LedgerAccount.owner_id == order.id,
    )
    # One lookup by index for each; with OR between them the database would read every transfer.
    moved = union(
        select(Transfer.id).where(Transfer.source_id.in_(own)), select(Transfer.id).where(Transfer.target_id.in_(own))
    )
    records = [record.id for record in order.records]
    files = files_of(session, Order.__tablename__, [order.id])[order.id]
    record_files = files_of(session, ServiceRecord.__tablename__, records)
    every = [*files, *(file for attached in record_files.values() for file in attached)]
    return Case(
        order=order,
        files=files,
        record_files=record_files,
        transfers=session.scalars(select(Transfer).where(Transfer.id.in_(moved)).order_by(Transfer.sequence)).all(),
        place_in_line=place_in_line(session, order),
        may_contract=may_contract(session, order),
        elsewhere=elsewhere(session, every, {order.id, *records}) if actor.role in STAFF else {},
        contacts=contacts(session, [order.enterprise_id, order.provider_id]),
        acts=may_act_for(session, actor, order.programme.bureau_id, order.programme_id),
    )


def records_page(
    session: Session, actor: Actor, *, state: RecordState | None = None, number: int = 1
) -> Page[ServiceRecord]:
    """The register (台账): living service records that the person may see, newest delivery first."""
    query = (
        select(ServiceRecord)
        .join(ServiceRecord.order)
        .where(seen(actor), ServiceRecord.state != RecordState.AMENDED)
        .options(
            contains_eager(ServiceRecord.order).options(
                joinedload(Order.enterprise), joinedload(Order.provider), joinedload(Order.offering_version)
            )
        )
        .order_by(ServiceRecord.delivered_on.desc(), ServiceRecord.id.desc())
    )
    if state is not None:
        query = query.where(ServiceRecord.state == state)
    return page_of(session, query, number)


def same_under_way(
    session: Session, actor: Actor, offering_number: str, states: Sequence[OrderState]
) -> Sequence[Same]:
    """The enterprise's orders of the same offering in these states, newest first: it should know before a second one."""
    query = (
        select(Order.id, Order.number, Order.placed_at)
        .join(Offering, Offering.id == Order.offering_id)
        .where(
            Offering.number == offering_number, Order.enterprise_id == actor.organisation_id, Order.state.in_(states)
        )
    )
    return [Same(*row) for row in session.execute(query.order_by(Order.placed_at.desc(), Order.id.desc()))]


def count(session: Session, actor: Actor, states: Sequence[OrderState]) -> int:
    """How many orders of the person are in these states."""
    query = select(func.count()).select_from(Order).join(Order.programme).join(Programme.region)
    return session.scalar(query.where(seen(actor), Order.state.in_(states))) or 0
