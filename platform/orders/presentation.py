"""Orders as the templates take them: words translated, ages said, links made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from flask import url_for
from flask_babel import gettext, ngettext

from enterprises.titles import TITLE_LABELS
from files.presentation import file_row
from files.reading import AttachedFile
from foundation.clock import day_of, now, today, working_days_between
from foundation.desk import task_called
from foundation.i18n import N_, retold
from foundation.identifiers import new_id
from foundation.remaining import remaining
from foundation.waiting import Party
from orders.case_reading import OrderCase, RecordOfCase, StepTaken
from orders.deadlines import AFTERWARDS
from orders.measures import measures
from orders.models import RATINGS, OrderState, RecordState
from orders.progress import STAGES
from orders.reading import OrderRow, RecordRow
from orders.standing import STOPPED, WAY_OUT
from orders.states import EVENTS, ORDER, RECORD, TONES

FILE_KINDS: Final = {
    "agreement": N_("服务协议"),
    "process": N_("过程材料"),
    "result": N_("成果材料"),
    "invoice": N_("发票"),
}
TRANSFERS: Final = {
    "hold": N_("占用服务券"),
    "release": N_("退回服务券"),
    "redeem": N_("核销，转为应付服务机构"),
    "release_part": N_("不予支付的部分退回服务券"),
    "undo_redeem": N_("撤销核销，金额重新占用"),
    "undo_release_part": N_("撤销核销，退回的部分重新占用"),
}
_NOTES: Final = {
    "upload_agreement": N_("协议编号：%(note)s"),
    "sign": N_("协议编号：%(note)s"),
    "claim": N_("发票号码：%(note)s"),
    "settle": N_("结算批次：%(note)s"),
}
"""What the note of a step is, where it is a bare number."""
CHANNEL_WORDS: Final = {"online": N_("线上"), "offline": N_("线下"), "both": N_("线上线下结合")}
_RECORD_TONES: Final = {RecordState.CONFIRMED: "ok", RecordState.CONTESTED: "act", RecordState.FILED: "wait"}


def case_view(case: OrderCase) -> dict[str, Any]:
    """Everything that ``templates/orders/case.html`` shows."""
    return {
        "order": case,
        "state": state_of(case.state),
        "stages": [{**each.model_dump(), "label": _stage_word(each.key)} for each in case.stages],
        "turn": case.turn
        and {
            "task": gettext(task_called(case.turn.task).words),
            "holder": case.turn.holder,
            "mine": case.turn.party is case.side,
            "in_line": case.turn.party is Party.CLOCK,
            "why": _why_returned(case),
        },
        "deadline": _deadline(case),
        "can": case.deeds,
        "stopped": None if case.may_contract else (gettext(STOPPED), gettext(WAY_OUT)),
        "title_word": gettext(TITLE_LABELS[case.title]),
        "contested": next((one.line for one in case.records if one.state is RecordState.CONTESTED), None),
        "agreement_files": [_file(file) for file in case.agreement.files] if case.agreement else [],
        "records": [_record(record) for record in case.records],
        "transfers": [
            {
                "at": transfer.posted_at,
                "what": gettext(TRANSFERS.get(transfer.kind, transfer.kind)),
                "amount": transfer.amount,
                "id": str(transfer.id),
            }
            for transfer in case.transfers
        ],
        "history": _history(case),
        "new_submission": new_id,
        "rating": RATINGS[case.confirmation.rating] if case.confirmation else None,
    }


def _stage_word(key: str) -> str:
    return str(gettext(STAGES[key] if key in STAGES else ORDER.labels[OrderState(key)]))


def list_views(rows: Iterable[OrderRow]) -> list[dict[str, Any]]:
    """Rows of the list: the order, its state, whose turn it is and until when."""
    return [
        {"order": row, "state": state_of(row.state), "turn": turn_of(row), "deadline": _age(row.due_at)} for row in rows
    ]


def turn_of(row: OrderRow) -> str | None:
    """Whose turn it is and what is to be done, in words."""
    return None if row.turn is None else f"{row.turn.holder}{gettext('：')}{gettext(task_called(row.turn.task).words)}"


def register_views(rows: Iterable[RecordRow]) -> list[dict[str, Any]]:
    """Rows of the register of service records, each with its state and figures in words."""
    return [
        {
            "record": row,
            "state": gettext(RECORD.labels[row.state]),
            "tone": _RECORD_TONES.get(row.state, "neutral"),
            "measures": measured({each.measure: each.value for each in row.measures}),
        }
        for row in rows
    ]


def state_choices() -> list[tuple[str, str]]:
    """States for the filter, in the order of the normal way."""
    return [(state.value, gettext(ORDER.labels[state])) for state in OrderState]


def state_of(state: OrderState) -> dict[str, str]:
    """The state as a word with its tone."""
    return {"label": gettext(ORDER.labels[state]), "tone": TONES.get(state, "wait")}


def _age(due_at: datetime | None) -> dict[str, Any] | None:
    """How long until a deadline, or since; None where nothing is due."""
    if due_at is None:
        return None
    day, late = day_of(due_at), due_at < now()
    past = working_days_between(day, today())
    words = ngettext("已超期 %(num)s 个工作日", "已超期 %(num)s 个工作日", past) if late else remaining(day)
    return {"at": day, "late": late, "age": words}


def _deadline(case: OrderCase) -> dict[str, Any] | None:
    age = _age(case.due_at)
    if age is None:
        return None
    after = AFTERWARDS.get(case.state)
    return {
        **age,
        "label": gettext("本步骤期限"),
        "after": gettext(after) if after else None,
        "url": url_for("vouchers.programme", number=case.programme.number, _anchor="rules"),
    }


def _file(file: AttachedFile) -> dict[str, Any]:
    note = gettext(FILE_KINDS.get(file.kind, file.kind))
    if file.elsewhere:
        note += gettext("；另有 %(count)s 处用了同一份文件", count=file.elsewhere)
    return file_row(file, note=note)


def _record(record: RecordOfCase) -> dict[str, Any]:
    return {
        "record": record,
        "label": gettext(RECORD.labels[record.state]),
        "tone": _RECORD_TONES.get(record.state, "neutral"),
        "channel": gettext(CHANNEL_WORDS.get(record.channel, record.channel)),
        "measures": measured({each.measure: each.value for each in record.measures}),
        "files": [_file(file) for file in record.files],
        "late": record.late,
        "answerable": record.state is RecordState.FILED,
        "amendable": record.state in {RecordState.FILED, RecordState.CONTESTED},
    }


def measured(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The measures of a record with their units, in words."""
    known = measures()
    return [
        (gettext(known[key].label), f"{value} {gettext(known[key].unit)}")
        for key, value in values.items()
        if key in known
    ]


def _why_returned(order: OrderCase) -> str | None:
    """What the bureau asked for, while it is being mended."""
    if order.state is not OrderState.RETURNED:
        return None
    note = next((step.note for step in reversed(order.steps) if step.event == "return"), None)
    return retold(note, gettext) if note else None


def _told(step: StepTaken) -> str | None:
    if not step.note:
        return None
    return str(gettext(_NOTES[step.event], note=step.note)) if step.event in _NOTES else retold(step.note, gettext)


def _history(order: OrderCase) -> list[dict[str, Any]]:
    return [
        {
            "at": step.at,
            "who": step.person,
            "organisation": step.organisation,
            "what": gettext(EVENTS.get(step.event, step.event)),
            "note": _told(step),
            "before": None,
            "after": None,
        }
        for step in reversed(order.steps)
    ]
