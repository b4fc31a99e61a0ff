"""Whose turn a claim for redemption is: the bureau decides it, the provider corrects it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import end_of
from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns
from orders.models import Order, OrderState
from verification.models import RedemptionClaim, RedemptionState

_R = RedemptionState

VERIFY: Final = task("redemption.verify", N_("核验"), N_("核对"))
CORRECT: Final = task("redemption.correct", N_("补正核销申请"), N_("修改"))

CLAIMS: Final[Mapping[RedemptionState, tuple[Party, Task] | None]] = {
    _R.SUBMITTED: (Party.BUREAU, VERIFY),
    _R.RETURNED: (Party.PROVIDER, CORRECT),
    _R.VERIFIED: None,
    _R.SETTLED: None,
    _R.REJECTED: None,
}


def turn_of(claim: RedemptionClaim) -> Turn | None:
    """By the state; due on the claim's own day, else with the order."""
    found = CLAIMS[claim.state]
    if found is None:
        return None
    order = claim.order
    holder = order.provider_id if found[0] is Party.PROVIDER else order.programme.bureau_id
    return Turn(*found, holder, _due_at(claim))


def _due_at(claim: RedemptionClaim) -> datetime | None:
    return end_of(claim.due_on) if claim.due_on else claim.order.due_at


def _open_claims(session: Session, order: Order) -> Iterable[RedemptionClaim]:
    if order.state not in {OrderState.CLAIMED, OrderState.RETURNED}:
        return ()
    return session.scalars(
        select(RedemptionClaim).where(
            RedemptionClaim.order_id == order.id, RedemptionClaim.state.in_([_R.SUBMITTED, _R.RETURNED])
        )
    )


turns(RedemptionClaim, turn_of, {Order: _open_claims})
