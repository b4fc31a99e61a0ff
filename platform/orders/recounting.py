"""Deadlines of orders, counted again when the calendar has changed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import day_of
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.open_deadlines import OpenDeadlines, register
from orders.deadlines import IN_WORKING_DAYS, counted_again
from orders.events import deadline_moved
from orders.models import Order
from vouchers.models import Voucher

_AT_ONCE = 500


def moving(session: Session) -> Collection[UUID]:
    """Orders whose present deadline would be later if it were counted now."""
    open_orders = (
        select(Order)
        .where(Order.due_at.is_not(None), Order.state.in_(IN_WORKING_DAYS))
        .order_by(Order.id)
        .options(joinedload(Order.voucher).joinedload(Voucher.programme_version), selectinload(Order.steps))
        .execution_options(yield_per=_AT_ONCE)
    )
    return [order.id for order in session.scalars(open_orders) if counted_again(order) != order.due_at]


def extend(session: Session, order_id: UUID) -> bool:
    """Give an order the later deadline; False where it has gone on meanwhile. What follows the order's deadline moves along."""
    order = lock_row(session, Order, order_id)
    before, due = order.due_at, counted_again(order)
    if before is None or due is None or due == before:
        return False
    order.due_at = due
    session.flush()
    record(
        session,
        SYSTEM,
        "order.extend",
        order,
        before={"due_on": day_of(before).isoformat()},
        after={"due_on": day_of(due).isoformat()},
    )
    deadline_moved.send(order, session=session)
    return True


register(OpenDeadlines("orders", N_("订单当前步骤的期限"), moving, extend))
