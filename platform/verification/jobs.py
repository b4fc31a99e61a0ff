"""What the clock does with claims; the job may run twice without harm."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.jobs import periodic
from orders.ending import end
from orders.models import Order, OrderState

# The subscriber that closes the claim of an order that ends.
from verification import deciding as _deciding  # noqa: F401


@periodic("verification.deadlines", "*/10 * * * *")
def every_ten_minutes(session: Session) -> None:
    """Let claims lapse that were not corrected in time."""
    lapse_overdue(session)


def lapse_overdue(session: Session) -> int:
    """End orders whose correction is overdue and give their money back; returns how many.

    Each in a savepoint of its own: one that a person is just moving is left for the next run.
    """
    overdue = select(Order.id).where(Order.state == OrderState.RETURNED, Order.due_at < now()).order_by(Order.id)
    return sum(_lapse(session, order_id) for order_id in session.scalars(overdue).all())


def _lapse(session: Session, order_id: UUID) -> bool:
    try:
        with session.begin_nested():
            order = session.get_one(Order, order_id, populate_existing=True)
            if order.state is not OrderState.RETURNED or order.due_at is None or order.due_at >= now():
                return False
            end(session, SYSTEM, order_id, "lapse", reason=N_("未在期限内补正"))
    except Conflict:
        return False
    return True
