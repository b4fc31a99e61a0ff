"""The line for an offering's places: first come, first served; a place that comes free passes to the next."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.locking import lock_key, lock_rows
from orders.deadlines import due_in
from orders.models import Order, OrderState
from orders.states import OCCUPYING
from orders.steps import take
from providers.models import OfferingState, OfferingVersion
from vouchers.models import Programme
from vouchers.terms import current_terms, terms_of


def lock_line(session: Session, programme_id: UUID, offering_id: UUID) -> None:
    """Serialise everything that takes or frees a place of an offering in a programme."""
    lock_key(session, "order-line", f"{programme_id}:{offering_id}")


def places(session: Session, offering_id: UUID) -> int | None:
    """How many orders of a programme an offering serves, by its newest approved version; None is without limit."""
    return session.scalar(
        select(OfferingVersion.slots)
        .where(
            OfferingVersion.offering_id == offering_id,
            OfferingVersion.state.in_([OfferingState.LISTED, OfferingState.SUPERSEDED, OfferingState.DELISTED]),
        )
        .order_by(OfferingVersion.version.desc())
        .limit(1)
    )


def taken(session: Session, programme_id: UUID, offering_id: UUID) -> int:
    """How many places are taken; a voided order's is free again where the programme passes slots on."""
    terms = current_terms(session.get_one(Programme, programme_id))
    states = OCCUPYING if terms.slot_passes_on else OCCUPYING | {OrderState.VOIDED}
    return (
        session.scalar(
            select(func.count())
            .select_from(Order)
            .where(Order.programme_id == programme_id, Order.offering_id == offering_id, Order.state.in_(states))
        )
        or 0
    )


def move_up(session: Session, programme_id: UUID, offering_id: UUID) -> list[Order]:
    """Give free places to the first in line, who start docking; returns them. The line must be locked."""
    limit = places(session, offering_id)
    if limit is None:
        free = None
    else:
        free = max(0, limit - taken(session, programme_id, offering_id))
        if free == 0:
            return []
    first = list(session.scalars(_waiting(session, programme_id, offering_id).limit(free)))
    waiting = {order.id: order for order in lock_rows(session, Order, first)}
    moved = [waiting[order_id] for order_id in first]
    for order in moved:
        terms = terms_of(order.voucher.programme_version)
        take(session, SYSTEM, order, "give_slot", due_at=due_in(OrderState.DOCKING, terms))
    return moved


def place_in_line(session: Session, order: Order) -> int | None:
    """The place of a waiting order, from 1; None when it does not wait."""
    if order.state is not OrderState.PLACED:
        return None
    return list(session.scalars(_waiting(session, order.programme_id, order.offering_id))).index(order.id) + 1


def _waiting(session: Session, programme_id: UUID, offering_id: UUID) -> Select[Any]:
    """By the second of ordering; at the same second the programme's priority titles go first (同等条件下优先)."""
    terms = current_terms(session.get_one(Programme, programme_id))
    priority: ColumnElement[int] = case(
        (Order.enterprise_title.in_([title.value for title in terms.priority_titles]), 0), else_=1
    )
    return (
        select(Order.id)
        .where(Order.programme_id == programme_id, Order.offering_id == offering_id, Order.state == OrderState.PLACED)
        .order_by(func.date_trunc("second", Order.placed_at), priority, Order.placed_at, Order.id)
    )
