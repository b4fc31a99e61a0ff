"""What a batch holds stays redeemed: its calculation and its statements build on it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import Conflict
from foundation.i18n import N_
from settlement.models import Batch, BatchOrder
from verification.events import redemption_undone
from verification.models import RedemptionClaim


@redemption_undone.connect
def _refuse_in_a_batch(claim: RedemptionClaim, session: Session, **_more: Any) -> None:
    """Conflict while a batch holds the claim, whose order is locked; see settlement/approval.py for the other side."""
    number = session.scalar(
        select(Batch.number).join(BatchOrder, BatchOrder.batch_id == Batch.id).where(BatchOrder.claim_id == claim.id)
    )
    if number is not None:
        raise Conflict(
            N_("订单已列入结算批次 %(batch)s，不能撤销核销"),
            remedy=N_("批次还没有批准的，先撤回批次；已批准的，由财政部门红字冲减"),
            batch=number,
        )
