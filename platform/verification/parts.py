"""What an order's claims divide among themselves: the held money, and with it the price of the service."""

from collections.abc import Iterable
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
    claims = session.scalars(select(RedemptionClaim).where(RedemptionClaim.order_id == order.id)).all()
    return unclaimed_of(held_for(session, order.programme_id, order.id), claims, but=but)


def unclaimed_of(held: int, claims: Iterable[RedemptionClaim], *, but: UUID | None = None) -> int:
    """The same from what the order holds and all of its claims. Pure."""
    still_open = (claim for claim in claims if claim.state in OPEN)
    left, own = held, 0
    for claim in sorted(still_open, key=lambda each: (each.undone > 0, each.submitted_at, each.id)):
        part = min(claim.amount, left)
        left -= part
        own += part if claim.id == but else 0
    return left + own


def share(order: Order, whole: int, amount: int) -> int:
    """The part of a figure of the order that goes with ``amount`` fen of its deduction, rounded up to the fen.

    Rounded up, so that the part's own deduction rate is never above the order's.
    """
    return whole if amount == order.deduction else -(-whole * amount // order.deduction)
