"""What the clock does with orders; each job may run twice without harm."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.jobs import periodic
from orders.ending import end
from orders.line import lock_line, move_up
from orders.models import Order, OrderState

LAPSING = (OrderState.PLACED, OrderState.DOCKING)
"""States that end when their deadline has passed; RETURNED lapses with its claim, in verification."""


@periodic("orders.deadlines", "*/10 * * * *")
def every_ten_minutes(session: Session) -> None:
    """Void what is overdue, and fill places that came free because an offering now serves more."""
    lapse_overdue(session)
    fill_lines(session)


def lapse_overdue(session: Session) -> int:
    """Void orders whose docking, agreement or waiting is overdue; returns how many.

    Each in a savepoint of its own: one that a person is just moving is left for the next run.
    """
    overdue = select(Order.id).where(Order.state.in_(LAPSING), Order.due_at < now()).order_by(Order.due_at, Order.id)
    return sum(_lapse(session, order_id) for order_id in session.scalars(overdue).all())


def fill_lines(session: Session) -> int:
    """Move waiting orders up wherever a place is free; returns how many."""
    lines = select(Order.programme_id, Order.offering_id).where(Order.state == OrderState.PLACED).distinct()
    moved = 0
    for programme_id, offering_id in session.execute(lines.order_by(Order.programme_id, Order.offering_id)).all():
        lock_line(session, programme_id, offering_id)
        moved += len(move_up(session, programme_id, offering_id))
    return moved


def _lapse(session: Session, order_id: UUID) -> bool:
    try:
        with session.begin_nested():
            order = session.get_one(Order, order_id, populate_existing=True)
            if order.state not in LAPSING or order.due_at is None or order.due_at >= now():
                return False
            waiting = order.state is OrderState.PLACED
            reason = N_("到期仍未取得名额") if waiting else N_("未在期限内完成对接和签约")
            end(session, SYSTEM, order_id, "lapse", reason=reason)
    except Conflict:
        return False
    return True
