"""Taking back a wrong redemption before it is settled: one person asks, another of the same office carries it out."""

from typing import Final

from sqlalchemy.orm import Session

from accounts.models import SecondPersonRequest
from accounts.passwords import reconfirmed
from accounts.second_person import ask, carry_out, decline
from audit.changes import change_state
from foundation.actors import Actor
from orders.models import Order
from verification.deciding import ensure_free, locked_claim
from verification.events import redemption_undone
from verification.models import RedemptionClaim
from verification.standing import follow
from verification.states import REDEMPTION
from vouchers.duties import judges
from vouchers.taking_back import undo_redemption

DEED: Final = "redemption.undo"


def ask_undo(session: Session, actor: Actor, number: str, *, reason: str) -> SecondPersonRequest:
    """Ask a colleague to take back the redemption of order ``number``; nothing moves yet. See ``judges`` for who may.

    BadInput without a reason; Conflict when it is not redeemed, asked for already, or in a settlement batch.
    """
    actor, _, claim = _redeemed(session, actor, number)
    return ask(session, actor, claim, DEED, reason=reason, facts={"amount": claim.redeemed})


def undo(session: Session, actor: Actor, number: str, *, password: str) -> RedemptionClaim:
    """Carry out what somebody else asked for: the money goes back from payable to the order's hold, the claim to the desk.

    Conflict when it is not redeemed, not asked for, or in a settlement batch; NotAllowed for whoever asked, for another
    office, and without the password.
    """
    actor, order, claim = _redeemed(session, actor, number)
    reconfirmed(session, actor, password)
    reason = carry_out(session, actor, claim, DEED).reason
    undo_redemption(session, actor, voucher_id=order.voucher_id, order_id=order.id, claim_id=claim.id)
    claim.undone += 1
    claim.redeemed = None
    claim.decided_at = claim.decided_by_id = None
    claim.note = None
    change_state(session, actor, claim, REDEMPTION, "undo", note=reason)
    follow(session, actor, order, "undo_verify", note=reason)
    return claim


def decline_undo(session: Session, actor: Actor, number: str, *, reason: str) -> SecondPersonRequest:
    """Say no to what somebody else asked for, or take back what one asked for oneself."""
    order, claim = locked_claim(session, actor, number)
    return decline(session, judges(session, actor, order.programme), claim, DEED, reason=reason)


def _redeemed(session: Session, actor: Actor, number: str) -> tuple[Actor, Order, RedemptionClaim]:
    """The actor as the deed records it, and what was redeemed, locked."""
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "undo", actor.role)
    ensure_free(session, actor, order)
    acting = judges(session, actor, order.programme)
    redemption_undone.send(claim, session=session)
    return acting, order, claim
