"""Certifications and offerings as the templates take them: words translated, links made."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flask_babel import gettext

from audit.reading import HistoryEvent
from files.presentation import file_row
from files.reading import AttachedFile
from foundation.clock import today
from foundation.i18n import N_, retold
from policies.answers import Answer, Status
from policies.facts import vocabulary
from policies.rulesets import Criterion
from policies.wording import describe, show_observed
from providers.case_reading import CertificationCase
from providers.models import Certification, CertificationState, OfferingState
from providers.offering_reading import OfferingCase
from providers.rules import rules_behind
from providers.states import CERTIFICATION, EVENTS, OFFERING
from providers.terms import LEVELS

C = CertificationState
TONES: Final = {
    C.DRAFT: "act",
    C.SUBMITTED: "wait",
    C.IN_REVIEW: "wait",
    C.MORE_INFORMATION: "act",
    C.PUBLIC_NOTICE: "wait",
    C.CERTIFIED: "ok",
    C.RENEWAL_DUE: "act",
    C.EXPIRED: "neutral",
    C.REJECTED: "bad",
    C.SUSPENDED: "bad",
    C.REVOKED: "bad",
}
OFFERING_TONES: Final = {
    OfferingState.DRAFT: "act",
    OfferingState.IN_REVIEW: "wait",
    OfferingState.CHANGES_REQUESTED: "act",
    OfferingState.LISTED: "ok",
    OfferingState.SUPERSEDED: "neutral",
    OfferingState.DELISTED: "neutral",
}
_LINE: Final = (
    (N_("填写"), (C.DRAFT,), "submit", N_("服务机构")),
    (N_("受理"), (C.SUBMITTED,), "take", N_("主管部门初审")),
    (N_("审核"), (C.IN_REVIEW, C.MORE_INFORMATION), "open_notice", N_("主管部门")),
    (N_("公示"), (C.PUBLIC_NOTICE,), "certify", N_("公示期与主管部门复审")),
    (N_("认定"), (C.CERTIFIED, C.RENEWAL_DUE, C.SUSPENDED), "certify", ""),
)


def criteria_rows(answer: Answer) -> list[dict[str, Any]]:
    """The judgement for ``components/criteria.html``; each shortfall leads to the field that mends it."""
    return [
        {
            "text": gettext(finding.criterion.text),
            "citation": finding.criterion.citation,
            "status": finding.status.value,
            "required": finding.required_text(gettext),
            "observed": finding.observed_text(gettext),
            "mend": gettext(finding.criterion.mend),
            "url": f"#{next(iter(finding.observed))}" if finding.observed else None,
        }
        for finding in answer.criteria
    ]


def counts(answer: Answer) -> str:
    """How the criteria stand, in one sentence."""
    seen = [finding.status for finding in answer.criteria]
    said = gettext(
        "%(met)s 项符合，%(unmet)s 项不符合，%(unknown)s 项缺少信息，%(manual)s 项需人工判断",
        met=seen.count(Status.MET),
        unmet=seen.count(Status.UNMET),
        unknown=seen.count(Status.UNKNOWN),
        manual=seen.count(Status.MANUAL_REVIEW),
    )
    return str(said)


def stored_rows(certification: Certification) -> list[dict[str, Any]]:
    """The judgement that was filed with the application, as it was on that day; values with their units and labels."""
    criteria = {one.id: one for one in rules_behind(certification).criteria}
    return [
        {
            **row,
            **_required(row, criteria.get(row["id"])),
            "observed": _observed(row, criteria.get(row["id"])),
            "url": None,
        }
        for row in (certification.answer or {}).get("criteria", [])
    ]


def certification_view(case: CertificationCase) -> dict[str, Any]:
    """What ``templates/providers/certification.html`` shows, beside the judgement and the forms."""
    return {
        "certification": case,
        "label": CERTIFICATION.labels[case.state],
        "tone": TONES[case.state],
        "level": LEVELS[case.level],
        "steps": _steps(case),
        "history": history_rows(case.history),
        "files": file_rows(case.files),
        "asked": [gettext(vocabulary()[key].label) for key in case.requested],
        "late": case.due_on is not None and case.due_on < today(),
    }


def _steps(certification: CertificationCase) -> list[dict[str, Any]]:
    """The step line: what is done and when, and who has it since when."""
    events = certification.history
    done_at = {event.action.removeprefix("certification."): event.at for event in events}
    now_at = next((place for place, step in enumerate(_LINE) if certification.state in step[1]), None)
    failed = certification.state in {C.REJECTED, C.REVOKED, C.EXPIRED}
    since = events[-1].at if events else certification.created_at
    line = []
    for place, (label, _states, event, holder) in enumerate(_LINE):
        state = "todo"
        if now_at is not None:
            state = "done" if place < now_at or certification.valid_from else "current" if place == now_at else "todo"
        elif failed and event in done_at:
            state = "done"
        current = state == "current"
        line.append(
            {
                "label": gettext(label),
                "state": state,
                "at": since if current else done_at.get(event) if state == "done" else None,
                "holder": gettext(_holder(certification, holder)) if current else None,
            }
        )
    if failed and certification.state is C.REJECTED:
        next(step for step in line if step["state"] == "todo")["state"] = "failed"
    return line


def offering_steps(offering: OfferingCase) -> list[dict[str, Any]]:
    """The step line of the current version: who has it since when; one that is listed or left the catalogue has none."""
    state, since = offering.state, offering.since
    if state not in {OfferingState.DRAFT, OfferingState.CHANGES_REQUESTED, OfferingState.IN_REVIEW}:
        return []
    reviewing = state is OfferingState.IN_REVIEW
    return [
        {
            "label": gettext("修改") if state is OfferingState.CHANGES_REQUESTED else gettext("填写"),
            "state": "done" if reviewing else "current",
            "at": since,
            "holder": None if reviewing else offering.service.provider.name,
        },
        {
            "label": gettext("审核产品、内容和价格"),
            "state": "current" if reviewing else "todo",
            "at": since if reviewing else None,
            "holder": gettext("主管部门") if reviewing else None,
        },
        {"label": gettext("上架"), "state": "todo"},
    ]


def history_rows(events: Sequence[HistoryEvent]) -> list[dict[str, Any]]:
    """What was done, oldest first, for ``case.history``, newest first."""
    labels = {state.value: label for state, label in [*CERTIFICATION.labels.items(), *OFFERING.labels.items()]}
    rows = []
    for event in reversed(events):
        before, after = event.state_before, event.state_after
        moved = before != after
        rows.append(
            {
                "at": event.at,
                "who": event.person,
                "organisation": event.organisation,
                "what": gettext(EVENTS.get(event.action, event.action)),
                "note": retold(event.note, gettext) if event.note else None,
                "before": gettext(labels[before]) if moved and before in labels else None,
                "after": gettext(labels[after]) if moved and after in labels else None,
            }
        )
    return rows


def file_rows(files: Iterable[AttachedFile]) -> list[dict[str, Any]]:
    """Attachments for ``case.files``."""
    return [file_row(file) for file in files]


def _holder(certification: CertificationCase, usual: str) -> str:
    if certification.state is C.MORE_INFORMATION:
        return N_("服务机构补充材料")
    if certification.state is C.IN_REVIEW:
        return N_("主管部门复审") if certification.recommendation else N_("主管部门初审")
    return usual


def _required(row: dict[str, Any], criterion: Criterion | None) -> dict[str, str]:
    """What was required that day, in the reader's language as long as the rule still says the same."""
    if criterion is None or (criterion.text, describe(criterion)) != (row["text"], row["required"]):
        return {}
    return {"text": gettext(criterion.text), "required": describe(criterion, gettext)}


def _observed(row: dict[str, Any], criterion: Criterion | None) -> str:
    """What was seen, in words; of a criterion that a later version dropped the bare value."""
    keys = criterion.facts if criterion is not None else ()
    seen = row["observed"]
    if not keys:
        return "—" if seen is None else str(seen)
    values = seen if len(keys) > 1 and isinstance(seen, dict) else {keys[0]: seen}
    return show_observed({key: vocabulary()[key].parse(values.get(key)) for key in keys}, gettext)
