"""Claims as the templates take them: words translated, ages said, links made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext

from audit.presentation import history_rows
from files.presentation import file_row
from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.i18n import N_
from orders.models import Order
from orders.presentation import measured, party_names
from verification.answers import Answer, Outcome
from verification.billing import billed_of, stated
from verification.checks import LABELS, failing, referred
from verification.deciding import REASONS, RETURN_REASONS
from verification.invoices import Invoice
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import share
from verification.queries import OUTCOMES, Case, Earlier
from verification.reading import RedemptionRow, due_on
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

    ``prefilled`` are the figures of ``as_prefilled``: a check of one of them has compared the form with itself.
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


def as_prefilled(order: Order, invoice: Invoice, amount: int) -> set[str]:
    """Which figures of the invoice say just what the form offered: until the file is read, nobody has compared them.

    ``amount`` is what is claimed of the order's deduction.
    """
    offered = {
        "amount": share(order, order.charged_price, amount),
        "seller": order.provider.name,
        "buyer": order.enterprise.name,
    }
    return {name for name, value in offered.items() if getattr(invoice, name) == value}


def state_of(state: RedemptionState) -> dict[str, str]:
    """The state as a word with its tone."""
    return {"label": gettext(REDEMPTION.labels[state]), "tone": TONES[state]}


def reasons_of(claim: RedemptionClaim) -> list[str]:
    """Why it was returned or refused, in words."""
    words = REASONS if claim.state is RedemptionState.REJECTED else RETURN_REASONS
    return [gettext(words[reason]) for reason in claim.reasons if reason in words]


def marked_of(claim: RedemptionClaim) -> list[str]:
    """What was to be mended, in words."""
    return [gettext(LABELS[mark]) for mark in claim.reasons if mark in LABELS]


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


def stages_of(claim: RedemptionClaim, order: Order) -> list[dict[str, Any]]:
    """The step line: submitted, corrected where it was returned, verified, settled."""
    state, bureau = claim.state, order.programme.bureau.name
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


def case_view(actor: Actor, found: Case) -> dict[str, Any]:
    """Everything that ``templates/verification/case.html`` shows."""
    claim, order = found.claim, found.order
    names, prefilled = party_names(order), as_prefilled(order, stated(claim), claim.amount)
    deciding = actor.role is Role.OFFICER and claim.state is RedemptionState.SUBMITTED and found.acts
    return {
        "claim": claim,
        "billed": billed_of(claim),
        "order": order,
        "state": state_of(claim.state),
        "deadline": deadline_of(claim.state, due_on(claim, order)),
        "stages": stages_of(claim, order),
        "answers": answer_rows(found.answers, prefilled),
        "fails": len(failing(found.answers)),
        "refers": len(referred(found.answers)),
        "deciding": deciding,
        "confirmed": found.confirmed,
        "correcting": actor.organisation_id == order.provider_id and claim.state is RedemptionState.RETURNED,
        "invoice_files": [file_row(file, names=names) for file in found.invoice_files],
        "agreement_files": [file_row(file, names=names) for file in found.agreement_files],
        "evidence": [
            {
                "record": record,
                "files": [file_row(file, names=names) for file in files],
                "measures": measured(record.measures),
            }
            for record, files in found.evidence
        ],
        "prefilled": prefilled,
        "undo": _undo(actor, found),
        "undone": found.undone,
        "reasons": reasons_of(claim),
        "marked": marked_of(claim),
        "following": _following(actor, found),
        "earlier": [_earlier(each) for each in found.earlier],
        "history": history_rows(found.history, {**EVENTS, **_SECOND_PERSON}),
    }


def _undo(actor: Actor, found: Case) -> dict[str, Any] | None:
    """What may be done about taking the redemption back: ask, carry out or decline; None for who has no part in it."""
    if not REDEMPTION.allowed(found.claim.state, "undo", actor.role) or not found.acts:
        return None
    asked = found.undo_asked
    if asked is None:
        return {"asked": None}
    if asked.organisation_id != actor.organisation_id:
        return None
    return {"asked": asked, "own": asked.asked_by_id == actor.user_id}


def _following(actor: Actor, found: Case) -> dict[str, Any] | None:
    """For an officer who is done with this one: the claim that waits longest, and how many wait."""
    if actor.role is not Role.OFFICER or found.claim.state is RedemptionState.SUBMITTED or found.following is None:
        return None
    return {"url": url_for("verification.case", number=found.following.number), "count": found.waiting}


def queue_views(rows: Iterable[RedemptionRow]) -> list[dict[str, Any]]:
    """Rows of the queue, each with its state and deadline in words."""
    return [
        {"claim": row, "state": state_of(row.state), "deadline": deadline_of(row.state, row.due_on)} for row in rows
    ]


def _earlier(each: Earlier) -> dict[str, Any]:
    outcome = OUTCOMES[each.decision.event]
    refused = [code for code in each.decision.reasons if outcome is RedemptionState.REJECTED and code in REASONS]
    return {
        "number": each.number,
        "defects": gettext("、").join(gettext(LABELS[defect]) for defect in each.defects),
        "state": state_of(outcome),
        # A return says its reason in its note already.
        "note": gettext("：").join(
            [*(gettext(REASONS[code]) for code in refused), *filter(None, [each.decision.note])]
        ),
        "at": each.decision.at,
    }
