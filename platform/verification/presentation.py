"""Claims as the templates take them: words translated, ages said, links made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from audit.presentation import history_rows
from files.presentation import file_row
from foundation.clock import today
from foundation.i18n import N_
from orders.presentation import measured
from verification.answers import Answer, Outcome
from verification.case_reading import ClaimCase, EarlierDecision
from verification.checks import LABELS, failing, referred
from verification.deciding import REASONS, RETURN_REASONS
from verification.models import RedemptionState
from verification.queries import MOST_EARLIER
from verification.reading import RedemptionRow
from verification.states import EVENTS, REDEMPTION, TONES

_SECOND_PERSON: Mapping[str, str] = {
    "ask": N_("提请撤销核销"),
    "decline": N_("不同意撤销"),
    "withdraw": N_("撤回提请"),
}
"""What the history says of a request to undo the redemption."""


def said(answer: Answer) -> str:
    """What a check found, in words."""
    text = str(gettext(answer.text))
    return text % answer.params if answer.params else text


def answer_rows(answers: Sequence[Answer], prefilled: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows for the list of checks: what fails first, then what is referred, then the rest in their order.

    ``prefilled`` are the figures of ``case_reading.offered_figures``: a check of one of them has compared the form with itself.
    """
    unread = gettext("（按订单预填，未与票面核对）")
    order = [Outcome.FAIL, Outcome.REFER, Outcome.PASS]
    return [
        {
            "id": answer.id,
            "label": gettext(LABELS[answer.id]),
            "outcome": answer.outcome.value,
            "text": said(answer) + (unread if answer.id.removeprefix("invoice_") in prefilled else ""),
            "rule": gettext(answer.rule),
        }
        for answer in sorted(answers, key=lambda answer: order.index(answer.outcome))
    ]


def state_of(state: RedemptionState) -> dict[str, str]:
    """The state as a word with its tone."""
    return {"label": gettext(REDEMPTION.labels[state]), "tone": TONES[state]}


def reasons_of(state: RedemptionState, reasons: Iterable[str]) -> list[str]:
    """Why a claim in this state was returned or refused, in words."""
    words = REASONS if state is RedemptionState.REJECTED else RETURN_REASONS
    return [gettext(words[reason]) for reason in reasons if reason in words]


def marked_of(reasons: Iterable[str]) -> list[str]:
    """What was to be mended, in words."""
    return [gettext(LABELS[mark]) for mark in reasons if mark in LABELS]


def deadline_of(state: RedemptionState, day: date | None) -> dict[str, Any] | None:
    """Until when somebody must act on a claim in this state that is due on this ``day``; None where nothing is due."""
    if day is None:
        return None
    returned = state is RedemptionState.RETURNED
    return {
        "at": day,
        "late": day < today(),
        "label": gettext("补正期限") if returned else gettext("核验期限"),
        "after": gettext("逾期未补正的，申请作废，占用金额退回服务券")
        if returned
        else gettext("逾期未审核的，会显示在主管部门的待办首位"),
        "url": None,
        "age": None,
    }


def stages_of(claim: ClaimCase) -> list[dict[str, Any]]:
    """The step line: submitted, corrected where it was returned, verified, settled."""
    state, order, bureau = claim.state, claim.order, claim.order.bureau
    line: list[dict[str, Any]] = [{"label": gettext("申请核销"), "state": "done", "at": claim.submitted_at}]
    if state is RedemptionState.RETURNED:
        line.append({"label": gettext("补正"), "state": "current", "at": order.since, "holder": order.provider.name})
    elif claim.resubmitted_at:
        line.append({"label": gettext("再次提交"), "state": "done", "at": claim.resubmitted_at})
    filed_at = claim.resubmitted_at or claim.submitted_at
    waiting, refused = state is RedemptionState.SUBMITTED, state is RedemptionState.REJECTED
    settled = state is RedemptionState.SETTLED
    verified = settled or state is RedemptionState.VERIFIED
    line.append(
        {
            "label": gettext("核验"),
            "state": "current" if waiting else "done" if verified else "failed" if refused else "todo",
            "at": filed_at if waiting else claim.decided_at if verified or refused else None,
            "holder": bureau if waiting else None,
        }
    )
    if not refused:
        line.append(
            {
                "label": gettext("结算"),
                "state": "done" if settled else "current" if verified else "todo",
                "at": order.since if settled else claim.decided_at if verified else None,
                "holder": bureau if verified and not settled else None,
            }
        )
    return line


def case_view(claim: ClaimCase, answers: Sequence[Answer]) -> dict[str, Any]:
    """Everything that ``templates/verification/case.html`` shows; ``answers`` are those of the claim's checks."""
    return {
        "claim": claim,
        "order": claim.order,
        "state": state_of(claim.state),
        "deadline": deadline_of(claim.state, claim.due_on),
        "stages": stages_of(claim),
        "answers": answer_rows(answers, claim.invoices[0].as_offered),
        "fails": len(failing(answers)),
        "refers": len(referred(answers)),
        "invoice_files": [file_row(file) for file in claim.invoice_files],
        "agreement_files": [file_row(file) for file in claim.agreement_files],
        "evidence": [
            {
                "record": record,
                "files": [file_row(file) for file in record.files],
                "measures": measured({each.measure: each.value for each in record.measures}),
            }
            for record in claim.evidence
        ],
        "reasons": reasons_of(claim.state, claim.reasons),
        "marked": marked_of(claim.reasons),
        "earlier": [_earlier(each) for each in claim.earlier],
        "most_earlier": MOST_EARLIER,
        "history": history_rows(claim.history, {**EVENTS, **_SECOND_PERSON}),
    }


def queue_views(rows: Iterable[RedemptionRow]) -> list[dict[str, Any]]:
    """Rows of the queue, each with its state and deadline in words."""
    return [
        {"claim": row, "state": state_of(row.state), "deadline": deadline_of(row.state, row.due_on)} for row in rows
    ]


def _earlier(each: EarlierDecision) -> dict[str, Any]:
    refused = [code for code in each.reasons if each.outcome is RedemptionState.REJECTED and code in REASONS]
    return {
        "number": each.number,
        "defects": gettext("、").join(gettext(LABELS[defect]) for defect in each.defects),
        "state": state_of(each.outcome),
        # A return says its reason in its note already.
        "note": gettext("：").join([*(gettext(REASONS[code]) for code in refused), *filter(None, [each.note])]),
        "at": each.at,
    }
