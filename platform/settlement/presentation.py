"""Batches and statements as the templates take them: words translated, links made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from audit.presentation import history_rows
from foundation.actors import Actor, Role
from foundation.i18n import N_
from foundation.money import parse_yuan
from ledger.models import AccountKind
from settlement.cases import fitted
from settlement.models import Batch, BatchState, Statement
from settlement.queries import BatchCase, Move, StatementCase, corrected_of, paid_of
from settlement.states import BATCH, EVENTS, TONES
from vouchers.money import KINDS, STATIONS

_STAGES: Final = (
    (N_("计算"), (BatchState.DRAFT,)),
    (N_("提交审批"), (BatchState.CALCULATED,)),
    (N_("财政批准"), (BatchState.REVIEWED,)),
    (N_("付款"), (BatchState.APPROVED, BatchState.PAYING)),
)

_DEEDS: Final = EVENTS | {"draft": N_("起草批次")}
"""The draft itself is no step of the table."""


def state_of(batch: Batch) -> dict[str, str]:
    """The state as a word with its tone."""
    return {"label": gettext(BATCH.labels[batch.state]), "tone": TONES[batch.state]}


def batch_rows(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """Rows of the list of batches."""
    return [{"batch": batch, "state": state_of(batch)} for batch in batches]


def statement_rows(session: Session, statements: Sequence[Statement]) -> list[dict[str, Any]]:
    """Rows of the list of statements; two queries, however many."""
    paid, corrected = paid_of(session, statements), corrected_of(session, statements)
    return [
        {"statement": each, "state": statement_state(each, paid=each.id in paid, corrected=each.id in corrected)}
        for each in statements
    ]


def batch_view(actor: Actor, found: BatchCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/batch.html`` shows."""
    batch = found.batch
    own_treasury = actor.organisation_id == batch.programme.treasury_id
    return {
        "batch": batch,
        "state": state_of(batch),
        "stages": _stages(batch),
        "scheme_title": gettext(fitted(batch.scheme_id, batch.parameters).title),
        "lines": _lines(found),
        "orders": sorted(found.rows.values(), key=lambda row: row.order.number),
        "payees": _payees(found),
        "left_out": [each | {"why": _why(each)} for each in batch.left_out],
        "statements": found.statements,
        "outstanding": {each.id for each in found.outstanding},
        "corrected": {each.corrects_id for each in found.statements if each.corrects_id},
        "moves": moves(found.moves),
        "people": [
            (gettext("制单人"), found.maker),
            (gettext("批准人"), found.checker),
            (gettext("付款人"), found.payer),
        ],
        "history": history_rows(found.history, _DEEDS, note=_note),
        "can": _can(actor, batch, own=own_treasury or found.acts),
    }


def _payees(found: BatchCase) -> list[dict[str, Any]]:
    """Whom the batch pays: one statement each."""
    payees: dict[UUID, dict[str, Any]] = {}
    for row in found.rows.values():
        payee = payees.setdefault(row.provider_id, {"name": row.order.provider.name, "orders": 0, "amount": 0})
        payee["orders"] += 1
        payee["amount"] += row.amount
    return sorted(payees.values(), key=lambda each: (-each["amount"], each["name"]))


def statement_view(actor: Actor, found: StatementCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/statement.html`` shows."""
    statement = found.statement
    budget_holder = actor.role is Role.BUDGET_HOLDER
    own = actor.organisation_id == statement.batch.programme.treasury_id
    return {
        "statement": statement,
        "content": statement.content,
        "state": statement_state(statement, paid=found.paid, corrected=found.corrected_by is not None),
        "corrects": found.corrects,
        "corrected_by": found.corrected_by,
        "moves": moves(found.moves),
        "correctable": budget_holder and own and statement.total > 0 and found.corrected_by is None,
        "paid": found.paid,
    }


def statement_state(statement: Statement, *, paid: bool, corrected: bool) -> dict[str, str]:
    """Where a statement stands."""
    if statement.corrects_id is not None:
        return {"label": gettext("红字"), "tone": "bad"}
    if corrected:
        return {"label": gettext("已被红字冲减"), "tone": "bad"}
    if paid or statement.total == 0:
        return {"label": gettext("已付款") if paid else gettext("无需付款"), "tone": "ok"}
    return {"label": gettext("待付款"), "tone": "wait"}


def moves(found: Iterable[Move]) -> list[dict[str, Any]]:
    """The ledger's transfers in words."""
    return [
        {
            "at": move.transfer.posted_at,
            "what": gettext(KINDS.get(move.transfer.kind, move.transfer.kind)),
            "source": gettext(STATIONS[AccountKind(move.source)]),
            "target": gettext(STATIONS[AccountKind(move.target)]),
            "amount": move.transfer.amount,
            "id": str(move.transfer.id),
        }
        for move in found
    ]


def _note(event: AuditEvent) -> str | None:
    return event.note if event.action != "batch.calculate" else str(gettext("%(count)s 个订单", count=event.note))


def _can(actor: Actor, batch: Batch, *, own: bool) -> frozenset[str]:
    events = {
        event
        for event in ("calculate", "review", "withdraw", "send_back", "approve", "pay_part")
        if BATCH.allowed(batch.state, event, actor.role)
    }
    return frozenset(events) if own else frozenset()


def _stages(batch: Batch) -> list[dict[str, Any]]:
    """The line of steps with holder."""
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
    stages: list[dict[str, Any]] = []
    for at, (label, _states) in enumerate(_STAGES):
        state = "done" if at < here else "current" if at == here else "todo"
        if ended:
            state = "done" if at == 0 else "todo"
        stages.append(
            {
                "label": gettext(label),
                "state": state,
                "at": times[at] if state == "done" else since if state == "current" else None,
                "holder": holders.get(batch.state) if state == "current" else None,
            }
        )
    if ended:
        stages.insert(1, {"label": gettext("已撤回"), "state": "failed", "at": None, "holder": None})
    return stages


def _lines(found: BatchCase) -> list[dict[str, Any]]:
    """The worked calculation, each line with the orders that it counts."""
    case = found.batch.case
    items: dict[str, Sequence[str]] = {}
    for rows in case.values():
        for row in rows if isinstance(rows, list) else []:
            items[row["id"]] = [item["id"] for inner in row.values() if isinstance(inner, list) for item in inner]
    return [
        {
            "id": line["id"],
            "name": found.names.get(line["id"], line["id"]),
            "total": parse_yuan(line["total"]),
            "steps": [
                {
                    "label": step["text"],
                    "amount": parse_yuan(step["amount"], negative=True),
                    "citation": step["citation"],
                    "url": _order_url(step["text"], items.get(line["id"], [])),
                }
                for step in line["steps"]
            ],
            "orders": [found.rows[number] for number in items.get(line["id"], []) if number in found.rows],
        }
        for line in found.batch.result.get("lines", [])
    ]


def _order_url(text: str, numbers: Sequence[str]) -> str | None:
    """A step of an item begins with the order's number."""
    number = next((number for number in numbers if text.startswith(number)), None)
    return url_for("orders.case", number=number) if number else None


def _why(each: Mapping[str, Any]) -> str:
    text = str(gettext(each["reason"]))
    return text % each["params"] if each["params"] else text
