"""What an order's claims divide among themselves: the held money, and with it the price of the service."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from orders.models import Order
from verification.models import RedemptionClaim, RedemptionState
from vouchers.wallets import held_for

OPEN = frozenset({RedemptionState.SUBMITTED, RedemptionState.RETURNED})
"""States in which a claim still asks for money."""


def unclaimed(session: Session, order: Order, *, but: UUID | None = None) -> int:
    """What the locked order holds and no open claim asks for, in fen; ``but`` leaves one claim out.

    A claim whose redemption was taken back may ask for more than is there: what that decision left was claimed or used
    elsewhere meanwhile. It gets what the others leave, the earlier of two such first, so that one can always be decided.
    """
    claims = session.execute(
        select(RedemptionClaim.id, RedemptionClaim.amount)
        .where(RedemptionClaim.order_id == order.id, RedemptionClaim.state.in_(OPEN))
        .order_by(RedemptionClaim.undone > 0, RedemptionClaim.submitted_at, RedemptionClaim.id)
    ).all()
    left = held_for(session, order.programme_id, order.id)
    own = 0
    for claim_id, amount in claims:
        part = min(amount, left)
        left -= part
        own += part if claim_id == but else 0
    return left + own


def share(order: Order, whole: int, amount: int) -> int:
    """The part of a figure of the order that goes with ``amount`` fen of its deduction, rounded up to the fen.

    Rounded up, so that the part's own deduction rate is never above the order's.
    """
    return whole if amount == order.deduction else -(-whole * amount // order.deduction)
