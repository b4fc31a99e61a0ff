"""Orders as the templates take them: words translated, ages said, links made."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import url_for
from flask_babel import gettext, ngettext

from enterprises.models import TitleLevel
from enterprises.titles import TITLE_LABELS
from files.models import Attachment
from files.presentation import file_row
from foundation.actors import Actor
from foundation.clock import day_of, now, today, working_days_between
from foundation.desk import task_called
from foundation.i18n import N_, retold
from foundation.identifiers import new_id
from foundation.remaining import remaining
from foundation.waiting import Party
from orders.deadlines import filed_late, stalled, warned
from orders.measures import measures
from orders.models import RATINGS, Order, OrderState, OrderStep, RecordState, ServiceRecord
from orders.progress import actions, deadline, line, side_of, turn
from orders.queries import Case
from orders.reading import OrderRow, RecordRow
from orders.standing import STOPPED, WAY_OUT
from orders.states import EVENTS, ORDER, RECORD, TONES
from vouchers.terms import Terms, terms_of

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


def case_view(actor: Actor, found: Case) -> dict[str, Any]:
    """Everything that ``templates/orders/case.html`` shows."""
    order = found.order
    present = turn(order)
    terms = terms_of(order.voucher.programme_version)
    return {
        "order": order,
        "state": state_of(order.state),
        "stages": [{**asdict(stage), "label": gettext(stage.label)} for stage in line(order)],
        "turn": present
        and {
            "task": gettext(present.task.words),
            "holder": present.holder,
            "mine": present.party is side_of(actor),
            "in_line": present.party is Party.CLOCK,
            "why": _why_returned(order),
        },
        "contacts": found.contacts,
        "deadline": _deadline(order),
        "lying": {"day": day_of(order.stalled_at), "passed": stalled(order)}
        if order.stalled_at and warned(order)
        else None,
        "can": actions(actor, order, may_contract=found.may_contract)
        - (set() if found.acts else {"decide", "end_stalled"}),
        "stopped": None if found.may_contract else (gettext(STOPPED), gettext(WAY_OUT)),
        "place_in_line": found.place_in_line,
        "title_word": gettext(TITLE_LABELS[TitleLevel(order.enterprise_title)]),
        "contested": next((one.line for one in order.records if one.state is RecordState.CONTESTED), None),
        "agreement_files": [
            _file(file, order, found.elsewhere)
            for file in found.files
            if order.agreement is not None and file.id == order.agreement.attachment_id
        ],
        "records": [
            _record(record, order, found.record_files[record.id], found.elsewhere, terms)
            for record in sorted(order.records, key=lambda one: (one.line, -one.version))
        ],
        "transfers": [
            {
                "at": transfer.posted_at,
                "what": gettext(TRANSFERS.get(transfer.kind, transfer.kind)),
                "amount": transfer.amount,
                "id": str(transfer.id),
            }
            for transfer in found.transfers
        ],
        "history": _history(order),
        "new_submission": new_id,
        "rating": RATINGS[order.confirmation.rating] if order.confirmation else None,
    }


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


def _deadline(order: Order) -> dict[str, Any] | None:
    found = deadline(order)
    if found is None:
        return None
    return {
        **(_age(order.due_at) or {}),
        "label": gettext("本步骤期限"),
        "after": gettext(found.after) if found.after else None,
        "url": url_for("vouchers.programme", number=order.programme.number, _anchor="rules"),
    }


def _file(file: Attachment, order: Order, elsewhere: Mapping[Any, int]) -> dict[str, Any]:
    note = gettext(FILE_KINDS.get(file.kind, file.kind))
    if elsewhere.get(file.blob_id):
        note += gettext("；另有 %(count)s 处用了同一份文件", count=elsewhere[file.blob_id])
    return file_row(file, names=party_names(order), note=note)


def party_names(order: Order) -> dict[UUID, str]:
    """Who may have filed something for the order."""
    return {order.enterprise_id: order.enterprise.name, order.provider_id: order.provider.name}


def _record(
    record: ServiceRecord, order: Order, files: Iterable[Attachment], elsewhere: Mapping[Any, int], terms: Terms
) -> dict[str, Any]:
    filed = record.filed_at
    return {
        "record": record,
        "label": gettext(RECORD.labels[record.state]),
        "tone": _RECORD_TONES.get(record.state, "neutral"),
        "channel": gettext(CHANNEL_WORDS.get(record.channel, record.channel)),
        "measures": measured(record.measures),
        "files": [_file(file, order, elsewhere) for file in files],
        "late": filed is not None and filed_late(record.delivered_on, day_of(filed), terms),
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


def _why_returned(order: Order) -> str | None:
    """What the bureau asked for, while it is being mended."""
    if order.state is not OrderState.RETURNED:
        return None
    note = next((step.note for step in reversed(order.steps) if step.event == "return"), None)
    return retold(note, gettext) if note else None


def _told(step: OrderStep) -> str | None:
    if not step.note:
        return None
    return str(gettext(_NOTES[step.event], note=step.note)) if step.event in _NOTES else retold(step.note, gettext)


def _history(order: Order) -> list[dict[str, Any]]:
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
