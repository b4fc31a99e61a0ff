"""What the clock does with orders, each order and each line in a transaction of its own; it may run twice without harm."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.i18n import N_
from foundation.jobs import periodic
from foundation.periodic import Due, Each
from orders.ending import lapse
from orders.line import lock_line, move_up
from orders.models import Order, OrderState

REASONS: Final = {
    OrderState.PLACED: N_("到期仍未取得名额"),
    OrderState.DOCKING: N_("未在期限内完成对接和签约"),
}
"""States that end when their deadline has passed, and why; RETURNED lapses with its claim, in verification."""


def overdue() -> Due:
    """Orders whose docking, agreement or waiting is overdue."""
    return select(Order.id).where(Order.state.in_(list(REASONS)), Order.due_at < now())


def void(session: Session, order_id: UUID) -> bool:
    """Void an overdue order and give its money and its place back."""
    return lapse(session, order_id, REASONS)


def lines() -> Due:
    """Lines in which orders wait: programme and offering."""
    return select(Order.programme_id, Order.offering_id).where(Order.state == OrderState.PLACED).distinct()


def fill(session: Session, programme_id: UUID, offering_id: UUID) -> bool:
    """Move waiting orders up where places came free because an offering now serves more."""
    lock_line(session, programme_id, offering_id)
    return bool(move_up(session, programme_id, offering_id))


every_ten_minutes = periodic("orders.deadlines", "*/10 * * * *", Each(overdue, void), Each(lines, fill))
