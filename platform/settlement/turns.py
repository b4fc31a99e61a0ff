"""Whose turn a settlement batch is: the bureau makes it, the treasury approves and pays it."""

from collections.abc import Mapping
from typing import Final

from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns
from settlement.models import Batch, BatchState

_B = BatchState

HAND_OVER: Final = task("batch.hand_over", N_("核对并提交审批"), N_("核对"))
REWORK: Final = task("batch.rework", N_("按财政退回意见修改批次"), N_("修改"))
APPROVE: Final = task("batch.approve", N_("审批结算批次"), N_("批准"))
PAY: Final = task("batch.pay", N_("付款"), N_("付款"))

BATCHES: Final[Mapping[BatchState, tuple[Party, Task] | None]] = {
    _B.DRAFT: (Party.BUREAU, HAND_OVER),
    _B.CALCULATED: (Party.BUREAU, HAND_OVER),
    _B.REVIEWED: (Party.TREASURY, APPROVE),
    _B.APPROVED: (Party.TREASURY, PAY),
    _B.PAYING: (Party.TREASURY, PAY),
    _B.PAID: None,
    _B.CLOSED: None,
    _B.WITHDRAWN: None,
}


def turn_of(batch: Batch) -> Turn | None:
    """By the state, and by what the treasury said when it sent the batch back."""
    found = BATCHES[batch.state]
    if found is None:
        return None
    party, what = found
    if party is Party.TREASURY:
        return Turn(party, what, batch.programme.treasury_id)
    return Turn(party, REWORK if batch.sent_back else what, batch.programme.bureau_id)


turns(Batch, turn_of)
