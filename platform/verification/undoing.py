"""Taking back a wrong redemption before it is settled: one person asks, another of the same bureau carries it out."""

from typing import Final

from sqlalchemy.orm import Session

from accounts.models import SecondPersonRequest
from accounts.passwords import reconfirmed
from accounts.second_person import ask, carry_out, decline
from audit.changes import change_state
from foundation.actors import Actor
from foundation.errors import NotAllowed
from foundation.i18n import N_
from orders.deadlines import due_in
from orders.models import Order, OrderState
from orders.steps import take
from verification.deciding import ensure_free, locked_claim
from verification.events import redemption_undone
from verification.models import RedemptionClaim
from verification.states import REDEMPTION
from vouchers.duties import take_duty
from vouchers.models import Duty
from vouchers.redemption import undo_redemption
from vouchers.terms import terms_of

DEED: Final = "redemption.undo"


def ask_undo(session: Session, actor: Actor, number: str, *, reason: str) -> SecondPersonRequest:
    """Ask another person of the programme's bureau to take back the redemption of order ``number``; nothing moves yet.

    BadInput without a reason; Conflict when it is not redeemed, asked for already, or in a settlement batch.
    """
    order, claim = _redeemed(session, actor, number)
    take_duty(session, actor, order.programme_id, Duty.ELIGIBILITY)
    return ask(session, actor, claim, DEED, reason=reason, facts={"amount": order.deduction})


def undo(session: Session, actor: Actor, number: str, *, password: str) -> RedemptionClaim:
    """Carry out what somebody else asked for: the money goes back from payable to the order's hold, the claim to the desk.

    Conflict when it is not redeemed, not asked for, or in a settlement batch; NotAllowed for whoever asked, for another
    bureau, and without the password.
    """
    order, claim = _redeemed(session, actor, number)
    reconfirmed(session, actor, password)
    reason = carry_out(session, actor, claim, DEED).reason
    take_duty(session, actor, order.programme_id, Duty.ELIGIBILITY)
    undo_redemption(session, actor, voucher_id=order.voucher_id, order_id=order.id)
    claim.undone += 1
    claim.decided_at = claim.decided_by_id = None
    claim.note = None
    change_state(session, actor, claim, REDEMPTION, "undo", note=reason)
    terms = terms_of(order.voucher.programme_version)
    take(session, actor, order, "undo_verify", note=reason, due_at=due_in(OrderState.CLAIMED, terms))
    return claim


def decline_undo(session: Session, actor: Actor, number: str, *, reason: str) -> SecondPersonRequest:
    """Say no to what somebody else asked for, or take back what one asked for oneself."""
    order, claim = locked_claim(session, actor, number)
    _ensure_own_bureau(actor, order)
    return decline(session, actor, claim, DEED, reason=reason)


def _redeemed(session: Session, actor: Actor, number: str) -> tuple[Order, RedemptionClaim]:
    order, claim = locked_claim(session, actor, number)
    REDEMPTION.next(claim.state, "undo", actor.role)
    _ensure_own_bureau(actor, order)
    ensure_free(session, actor, order)
    redemption_undone.send(order, session=session)
    return order, claim


def _ensure_own_bureau(actor: Actor, order: Order) -> None:
    if actor.organisation_id != order.programme.bureau_id:
        raise NotAllowed(N_("只有项目的主管部门可以撤销核销"))
