"""The line for an offering's places: first come, first served; a place that comes free passes to the next.

Orders of one line may stand under different versions of the programme's terms: each is judged by that of its voucher.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from foundation.actors import SYSTEM
from foundation.clock import today
from foundation.locking import lock_keys, lock_rows, shared
from orders.deadlines import due_in
from orders.models import Order, OrderState
from orders.states import OCCUPYING
from orders.steps import take
from providers.access import certified_on
from providers.models import Offering, OfferingState, OfferingVersion
from vouchers.models import ProgrammeVersion, Voucher
from vouchers.terms import terms_of

# Names of their own within the larger queries that these become part of.
_approved = aliased(OfferingVersion)
_other = aliased(Order)


def lock_line(session: Session, programme_id: UUID, offering_id: UUID) -> None:
    """Serialise everything that takes or frees a place of an offering in a programme.

    Where places are not limited and nobody waits, there is nothing that one order could take from another, and no lock is
    taken. The offering's row is locked against change meanwhile, so no limit can come before this transaction ends.
    """
    session.execute(shared(select(Offering.id).where(Offering.id == offering_id)))
    if session.execute(select(limit_of(offering_id), somebody_waits(programme_id, offering_id))).one() != (None, False):
        lock_places(session, programme_id, offering_id)


def lock_places(session: Session, programme_id: UUID, offering_id: UUID) -> None:
    """The lock itself, for whoever has seen that places are limited or somebody waits for one."""
    lock_keys(session, [key_of_line(programme_id, offering_id)])


def key_of_line(programme_id: UUID, offering_id: UUID) -> tuple[str, str]:
    """What ``lock_places`` locks, for whoever locks more in the same trip."""
    return "order-line", f"{programme_id}:{offering_id}"


def limit_of(offering_id: SQLColumnExpression[UUID] | UUID) -> ScalarSelect[int | None]:
    """How many orders of a programme an offering serves, by its newest approved version; NULL is without limit."""
    return (
        select(_approved.slots)
        .where(
            _approved.offering_id == offering_id,
            _approved.state.in_([OfferingState.LISTED, OfferingState.SUPERSEDED, OfferingState.DELISTED]),
        )
        .order_by(_approved.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def somebody_waits(
    programme_id: SQLColumnExpression[UUID] | UUID, offering_id: SQLColumnExpression[UUID] | UUID
) -> ColumnElement[bool]:
    """Whether an order waits for a place of the offering in the programme."""
    return exists().where(
        _other.programme_id == programme_id, _other.offering_id == offering_id, _other.state == OrderState.PLACED
    )


def places(session: Session, offering_id: UUID) -> int | None:
    """How many orders of a programme an offering serves; None is without limit."""
    return session.scalar(select(limit_of(offering_id)))


def taken(session: Session, programme_id: UUID, offering_id: UUID) -> int:
    """How many places are taken; a voided order's is free again where the order's own terms pass slots on."""
    kept = func.coalesce(ProgrammeVersion.terms["slot_passes_on"].as_boolean(), True).is_(False)
    query = (
        select(func.count())
        .select_from(Order)
        .join(Order.voucher)
        .join(Voucher.programme_version)
        .where(
            *_in_line(programme_id, offering_id),
            or_(Order.state.in_(OCCUPYING), and_(Order.state == OrderState.VOIDED, kept)),
        )
    )
    return session.scalar(query) or 0


def move_up(session: Session, programme_id: UUID, offering_id: UUID) -> list[Order]:
    """Give free places to the first in line, who start docking; returns them. The line must be locked."""
    limit = places(session, offering_id)
    if limit is None:
        free = None
    else:
        free = max(0, limit - taken(session, programme_id, offering_id))
        if free == 0:
            return []
    query = (
        select(Order.id)
        .join(Order.voucher)
        .join(Voucher.programme_version)
        .where(
            *_in_line(programme_id, offering_id),
            Order.state == OrderState.PLACED,
            # While a certificate is suspended nobody's time for docking begins; the job moves the line up afterwards.
            Order.provider_id.in_(certified_on(today())),
        )
    )
    first = list(session.scalars(query.order_by(*_precedence()).limit(free)))
    waiting = {order.id: order for order in lock_rows(session, Order, first)}
    # Read anew under its lock: where places are not limited, another transaction may have given it one meanwhile.
    moved = [waiting[order_id] for order_id in first if waiting[order_id].state is OrderState.PLACED]
    for order in moved:
        terms = terms_of(order.voucher.programme_version)
        take(session, SYSTEM, order, "give_slot", due_at=due_in(OrderState.DOCKING, terms))
    return moved


def place_in_line(session: Session, order: Order) -> int | None:
    """The place of a waiting order, from 1; None when it does not wait, or has just been given a place."""
    if order.state is not OrderState.PLACED:
        return None
    waiting = (
        select(Order.id, func.row_number().over(order_by=_precedence()).label("place"))
        .join(Order.voucher)
        .join(Voucher.programme_version)
        .where(*_in_line(order.programme_id, order.offering_id), Order.state == OrderState.PLACED)
        .subquery()
    )
    return session.scalar(select(waiting.c.place).where(waiting.c.id == order.id))


def _in_line(programme_id: UUID, offering_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Order.programme_id == programme_id, Order.offering_id == offering_id


def _precedence() -> tuple[Any, ...]:
    """By the second of ordering; at the same second whoever has priority by its own terms goes first (同等条件下优先)."""
    priority = case((ProgrammeVersion.terms["priority_titles"].has_key(Order.enterprise_title), 0), else_=1)
    return func.date_trunc("second", Order.placed_at), priority, Order.placed_at, Order.id
