"""Where an order stands: where the least advanced of its claims stands. Derived and written here, and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.changes import change_state
from audit.decisions import keep
from foundation.actors import Actor
from foundation.clock import day_of
from foundation.identifiers import new_id
from orders.deadlines import due_in, until
from orders.ending import end, instead_of_ending
from orders.models import Order, OrderState
from orders.states import CLAIMING, ORDER
from orders.steps import take, write
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import unclaimed, unclaimed_of
from verification.states import REDEMPTION
from vouchers.redemption import release_part
from vouchers.terms import terms_of

_S = RedemptionState

_STANDS: Final[Mapping[RedemptionState, OrderState]] = {
    _S.RETURNED: OrderState.RETURNED,
    _S.SUBMITTED: OrderState.CLAIMED,
    _S.VERIFIED: OrderState.VERIFIED,
    _S.SETTLED: OrderState.SETTLED,
}
"""Where an order stands that has one claim in this state; one that was refused counts no more."""


def order_state(claims: Iterable[RedemptionState], *, rest: bool) -> OrderState | None:
    """The state of an order with claims in these states; ``rest``: money is held that no claim asks for.

    Such money waits for a claim yet to come, which comes before all that is decided and after what lies on a desk. None
    when every claim was refused: the order ends.
    """
    places = [_STANDS[state] for state in claims if state in _STANDS]
    if not places:
        return None
    return min([*places, OrderState.CONFIRMED] if rest else places, key=CLAIMING.index)


def claims_of(session: Session, order: Order) -> list[RedemptionClaim]:
    """The order's claims, the first one first."""
    query = select(RedemptionClaim).where(RedemptionClaim.order_id == order.id)
    return list(session.scalars(query.order_by(RedemptionClaim.submitted_at, RedemptionClaim.id)))


def follow(
    session: Session,
    actor: Actor,
    order: Order,
    event: str,
    *,
    note: str | None = None,
    claims: Sequence[RedemptionClaim] | None = None,
    held: int | None = None,
) -> None:
    """Let the locked order follow its claims, after one of them has moved by the order's ``event``.

    ``claims`` are all of them, the first one first, and ``held`` is what the order holds, where the caller knows.

    Where the order stays, the progress still gets its line. The step has a name of its own where the event usually leads
    elsewhere: a part was redeemed, or one claim of several fell away.
    """
    claims = claims_of(session, order) if claims is None else claims
    rest = unclaimed(session, order) if held is None else unclaimed_of(held, claims)
    to = order_state([claim.state for claim in claims], rest=rest > 0)
    if to is None:
        raise ValueError("the last claim ends its order")
    due_at = _due(order, claims, to)
    if to is order.state:
        write(session, actor, order, event, note=note)
        order.due_at = due_at
        session.flush()
        return
    names = (event, f"{event}_part", f"rest_{to.value}")
    leading = (name for name in names if (step := ORDER.transitions.get((order.state, name))) and step.to is to)
    take(session, actor, order, next(leading, event), note=note, due_at=due_at)


def fall_away(
    session: Session, actor: Actor, order: Order, claim: RedemptionClaim, event: str, *, told: str, note: str | None
) -> None:
    """A claim is refused or has lapsed: what it asked for goes back to the voucher. The last one takes its order along."""
    change_state(session, actor, claim, REDEMPTION, event, note=note, reasons=claim.reasons, checks=claim.checks)
    if any(each.state in _STANDS for each in claims_of(session, order)):
        asked = min(claim.amount, unclaimed(session, order))
        if asked:
            _release(session, actor, order, claim, asked)
        follow(session, actor, order, event, note=told)
    else:
        end(session, actor, order.id, event, reason=told)


def release_rest(session: Session, actor: Actor, order: Order, claim: RedemptionClaim) -> None:
    """What the locked order holds and no open claim asks for goes back to the voucher, as the claim's decision says."""
    rest = unclaimed(session, order)
    if rest:
        _release(session, actor, order, claim, rest)


def settle(session: Session, actor: Actor, order: Order, claim: RedemptionClaim, *, note: str) -> None:
    """A claim of the locked order is paid, or there is nothing to pay for it."""
    change_state(session, actor, claim, REDEMPTION, "settle", note=note)
    follow(session, actor, order, "settle", note=note)


@instead_of_ending
def _give_up_rest(session: Session, actor: Actor, order: Order, reason: str) -> bool:
    """Of an order that lies still although a part is redeemed only the rest goes back; what is redeemed stays."""
    redeemed = [claim for claim in claims_of(session, order) if claim.redeemed is not None]
    if redeemed:
        release_rest(session, actor, order, max(redeemed, key=lambda claim: (claim.decided_at, claim.id)))
        follow(session, actor, order, "end_stalled", note=reason)
        keep(session, actor, "order.end_stalled", order, note=reason)
    return bool(redeemed)


def _release(session: Session, actor: Actor, order: Order, claim: RedemptionClaim, amount: int) -> None:
    release_part(
        session,
        actor,
        voucher_id=order.voucher_id,
        order_id=order.id,
        claim_id=claim.id,
        amount=amount,
        # Each is a movement of its own; that a decision is made once is held by the claim's state.
        transfer_id=new_id(),
    )


def _due(order: Order, claims: Iterable[RedemptionClaim], to: OrderState) -> datetime | None:
    """The deadline of the state that the claims give: of the claim that is due first."""
    terms = terms_of(order.voucher.programme_version)
    if to is OrderState.RETURNED:
        days = [claim.due_on for claim in claims if claim.state is _S.RETURNED and claim.due_on is not None]
        return until(min(days))
    if to is not OrderState.CLAIMED or order.state is not OrderState.CLAIMED:
        return order.due_at if to is order.state else due_in(to, terms)
    # The order stays on the bureau's desk with what is left there; no deadline gets shorter by that.
    filed = [claim.resubmitted_at or claim.submitted_at for claim in claims if claim.state is _S.SUBMITTED]
    due = due_in(to, terms, begun=day_of(min(filed)))
    return max((each for each in (due, order.due_at) if each is not None), default=None)
