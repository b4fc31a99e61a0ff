"""What an order's claims divide among themselves: the held money, and with it the price of the service."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orders.models import Order
from verification.models import RedemptionClaim, RedemptionState
from vouchers.wallets import hold_of

OPEN = frozenset({RedemptionState.SUBMITTED, RedemptionState.RETURNED})
"""States in which a claim still asks for money."""


def unclaimed(session: Session, order: Order, *, but: UUID | None = None) -> int:
    """What the locked order holds and no open claim asks for, in fen; ``but`` leaves one claim out.

    Nothing where a claim asks for more than is there, because its earlier redemption was taken back and what that decision
    had released was used elsewhere meanwhile.
    """
    asked = select(func.coalesce(func.sum(RedemptionClaim.amount), 0)).where(
        RedemptionClaim.order_id == order.id, RedemptionClaim.state.in_(OPEN), RedemptionClaim.id.is_distinct_from(but)
    )
    held = hold_of(order.programme_id, order.id).scalar_subquery()
    return max(0, int(session.scalar(select(held - asked.scalar_subquery())) or 0))


def share(order: Order, whole: int, amount: int) -> int:
    """The part of a figure of the order that goes with ``amount`` fen of its deduction, rounded up to the fen.

    Rounded up, so that the part's own deduction rate is never above the order's.
    """
    return whole if amount == order.deduction else -(-whole * amount // order.deduction)
