"""What the clock does with claims, each in a transaction of its own; the job may run twice without harm."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.i18n import N_
from foundation.jobs import periodic
from foundation.periodic import Due, Each
from orders.ending import lapse
from orders.models import Order, OrderState

REASONS: Final = {OrderState.RETURNED: N_("未在期限内补正")}


def overdue() -> Due:
    """Orders whose correction is overdue."""
    return select(Order.id).where(Order.state.in_(list(REASONS)), Order.due_at < now())


def close(session: Session, order_id: UUID) -> bool:
    """End an order whose claim was not corrected in time and give its money back."""
    return lapse(session, order_id, REASONS)


every_ten_minutes = periodic("verification.deadlines", "*/10 * * * *", Each(overdue, close))
