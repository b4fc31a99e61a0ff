"""Deadlines of orders, counted again when the calendar has changed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import day_of
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.open_deadlines import OpenDeadlines, register
from orders.deadlines import IN_WORKING_DAYS, counted_again, stalls_again
from orders.events import deadline_moved
from orders.models import Order
from orders.states import STALLING
from vouchers.models import Voucher

_AT_ONCE = 500


def moving(session: Session) -> Collection[UUID]:
    """Orders whose present deadline, or the day after which they count as left lying, would be later if counted now."""
    open_orders = (
        select(Order)
        .where(Order.state.in_(IN_WORKING_DAYS.union(STALLING)))
        .order_by(Order.id)
        .options(joinedload(Order.voucher).joinedload(Voucher.programme_version), selectinload(Order.steps))
        .execution_options(yield_per=_AT_ONCE)
    )
    return [order.id for order in session.scalars(open_orders) if _again(order) != (order.due_at, order.stalled_at)]


def extend(session: Session, order_id: UUID) -> bool:
    """Give an order the later deadline; False where it has gone on meanwhile. What follows the order's deadline moves along."""
    order = lock_row(session, Order, order_id)
    before = {"due_on": order.due_at, "stalled_on": order.stalled_at}
    order.due_at, order.stalled_at = _again(order)
    after = {"due_on": order.due_at, "stalled_on": order.stalled_at}
    moved = [key for key in before if before[key] != after[key]]
    if not moved:
        return False
    session.flush()
    record(session, SYSTEM, "order.extend", order, before=_days(before, moved), after=_days(after, moved))
    if "due_on" in moved:
        deadline_moved.send(order, session=session)
    return True


def _again(order: Order) -> tuple[datetime | None, datetime | None]:
    """The present step's deadline and the day after which it counts as left lying, by the present calendar."""
    due_at = counted_again(order)
    return due_at, stalls_again(order, due_at)


def _days(moments: Mapping[str, datetime | None], keys: Collection[str]) -> dict[str, str]:
    return {key: day_of(moment).isoformat() for key in keys if (moment := moments[key]) is not None}


register(OpenDeadlines("orders", N_("订单当前步骤的期限"), moving, extend))
