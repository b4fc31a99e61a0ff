"""Where a batch stands: its line of steps."""

from typing import Any, Final

from flask_babel import gettext

from foundation.i18n import N_
from settlement.case_reading import BatchOfCase
from settlement.models import BatchState
from settlement.reading import StatementStanding

_STAGES: Final = (
    (N_("计算"), (BatchState.DRAFT,)),
    (N_("提交审批"), (BatchState.CALCULATED,)),
    (N_("财政批准"), (BatchState.REVIEWED,)),
    (N_("付款"), (BatchState.APPROVED, BatchState.PAYING)),
)
_PAID: Final = (StatementStanding.PAID, StatementStanding.CORRECTED_AFTER_PAYMENT)


def stages(batch: BatchOfCase) -> list[dict[str, Any]]:
    """The line of steps with holder; what was taken back in red is a step of its own, and never looks paid."""
    holders = {
        BatchState.DRAFT: batch.bureau,
        BatchState.CALCULATED: batch.bureau,
        BatchState.REVIEWED: batch.treasury,
        BatchState.APPROVED: batch.treasury,
        BatchState.PAYING: batch.treasury,
    }
    times = [batch.created_at, batch.reviewed_at, batch.approved_at, batch.paid_at]
    since = batch.approved_at or batch.reviewed_at or batch.created_at
    here = next((at for at, (_, states) in enumerate(_STAGES) if batch.state in states), len(_STAGES))
    ended = batch.state is BatchState.WITHDRAWN
    line: list[dict[str, Any]] = []
    for at, (label, _states) in enumerate(_STAGES):
        state = "done" if at < here else "current" if at == here else "todo"
        if ended:
            state = "done" if at == 0 else "todo"
        line.append(
            {
                "label": gettext(label),
                "state": state,
                "at": times[at] if state == "done" else since if state == "current" else None,
                "holder": holders.get(batch.state) if state == "current" else None,
            }
        )
    if ended:
        line.insert(1, {"label": gettext("已撤回"), "state": "failed", "at": None, "holder": None})
    if batch.state is BatchState.CLOSED:
        line[-1] |= _closed(batch)
    line += [
        {"label": gettext("已追缴"), "state": "failed", "at": each.at, "holder": None}
        for each in batch.red_letters
        if each.paid
    ]
    return line


def _closed(batch: BatchOfCase) -> dict[str, Any]:
    """The last step of a batch that left nothing to pay."""
    cancelled = [each for each in batch.red_letters if not each.paid]
    if not cancelled:
        return {"label": gettext("无需付款"), "at": batch.approved_at}
    if any(each.standing in _PAID for each in batch.statements):
        return {"label": gettext("付款（其余已冲减）"), "at": cancelled[-1].at}
    return {"label": gettext("已冲减，未付款"), "state": "failed", "at": cancelled[-1].at}
