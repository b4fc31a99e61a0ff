"""Where a batch stands: its line of steps, and what red-letter statements took back of it."""

from typing import Any, Final

from flask_babel import gettext

from foundation.i18n import N_
from settlement.models import BatchState
from settlement.queries import BatchCase

_STAGES: Final = (
    (N_("计算"), (BatchState.DRAFT,)),
    (N_("提交审批"), (BatchState.CALCULATED,)),
    (N_("财政批准"), (BatchState.REVIEWED,)),
    (N_("付款"), (BatchState.APPROVED, BatchState.PAYING)),
)


def red_letters(found: BatchCase) -> list[dict[str, Any]]:
    """The red-letter statements of a batch: what each took back (fen, above zero), of which, when, and whether it was paid."""
    originals = {each.id: each for each in found.statements}
    return [
        {
            "number": red.number,
            "original": originals[red.corrects_id].number,
            "amount": -red.total,
            "at": red.issued_at,
            "paid": red.corrects_id in found.paid,
        }
        for red in found.statements
        if red.corrects_id
    ]


def stages(found: BatchCase) -> list[dict[str, Any]]:
    """The line of steps with holder; what was taken back in red is a step of its own, and never looks paid."""
    batch = found.batch
    holders = {
        BatchState.DRAFT: batch.programme.bureau.name,
        BatchState.CALCULATED: batch.programme.bureau.name,
        BatchState.REVIEWED: batch.programme.treasury.name,
        BatchState.APPROVED: batch.programme.treasury.name,
        BatchState.PAYING: batch.programme.treasury.name,
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
        line[-1] |= _closed(found)
    line += [
        {"label": gettext("已追缴"), "state": "failed", "at": each["at"], "holder": None}
        for each in red_letters(found)
        if each["paid"]
    ]
    return line


def _closed(found: BatchCase) -> dict[str, Any]:
    """The last step of a batch that left nothing to pay."""
    cancelled = [each for each in red_letters(found) if not each["paid"]]
    if not cancelled:
        return {"label": gettext("无需付款"), "at": found.batch.approved_at}
    if found.paid:
        return {"label": gettext("付款（其余已冲减）"), "at": cancelled[-1]["at"]}
    return {"label": gettext("已冲减，未付款"), "state": "failed", "at": cancelled[-1]["at"]}
