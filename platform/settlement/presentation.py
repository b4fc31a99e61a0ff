"""Batches and statements as the templates take them: words translated, links made."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import url_for
from flask_babel import gettext

from accounts.current import not_here
from audit.presentation import history_rows
from audit.reading import HistoryEvent, history_events
from foundation.actors import TREASURY, Actor, Role
from foundation.i18n import N_
from foundation.money import parse_yuan
from ledger.models import AccountKind
from settlement.models import Batch, BatchOrder, BatchState
from settlement.queries import BatchCase, Move, StatementCase
from settlement.reading import BatchRow, StatementRow, StatementStanding, standing_of
from settlement.rules import scheme_of
from settlement.schemes import get_scheme
from settlement.schemes.authority import title_of
from settlement.standing import red_letters, stages
from settlement.states import BATCH, EVENTS, TONES
from vouchers.money import KINDS, STATIONS

_DEEDS: Final = EVENTS | {"draft": N_("起草批次"), "award": N_("决定绩效奖励"), "part": N_("决定补助额度")}
"""The draft itself is no step of the table."""
_STANDINGS: Final = {
    StatementStanding.RED: (N_("红字"), "bad"),
    StatementStanding.DUE: (N_("待付款"), "wait"),
    StatementStanding.PAID: (N_("已付款"), "ok"),
    StatementStanding.NOTHING_DUE: (N_("无需付款"), "ok"),
    StatementStanding.CORRECTED: (N_("已被红字冲减"), "bad"),
    StatementStanding.CORRECTED_AFTER_PAYMENT: (N_("已付款，已被红字冲减"), "bad"),
}


def state_of(state: BatchState, total: int, taken_back: int) -> dict[str, str]:
    """The state as a word with its tone; ``taken_back``: fen of the ``total`` that red-letter statements took back."""
    if taken_back and state is BatchState.CLOSED:
        return {"label": gettext("已冲减，未付款"), "tone": "bad"}
    if taken_back and state is BatchState.PAID:
        whole = taken_back >= total
        return {"label": gettext("已付款，已追缴") if whole else gettext("已付款，部分追缴"), "tone": "bad"}
    return {"label": gettext(BATCH.labels[state]), "tone": TONES[state]}


def batch_views(rows: Iterable[BatchRow]) -> list[dict[str, Any]]:
    """Rows of the list of batches, each with its state in words."""
    return [{"batch": row, "state": state_of(row.state, row.total, row.taken_back)} for row in rows]


def statement_views(rows: Iterable[StatementRow]) -> list[dict[str, Any]]:
    """Rows of the list of statements, each with its standing in words."""
    return [{"statement": row, "state": statement_state(row.standing)} for row in rows]


def batch_view(actor: Actor, found: BatchCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/batch.html`` shows."""
    batch = found.batch
    own_treasury = actor.organisation_id == batch.programme.treasury_id
    reds = red_letters(found)
    # A batch is always calculated again by the scheme of today.
    asking = get_scheme(batch.scheme_id)
    return {
        "batch": batch,
        "state": state_of(batch.state, batch.total, sum(each["amount"] for each in reds)),
        "stages": stages(found),
        "reds": reds,
        "awarding": asking.most_award is not None,
        "parting": asking.asks.parts,
        "scheme_title": gettext(title_of(scheme_of(batch), batch.case)),
        "lines": _lines(found),
        "orders": sorted(found.rows.values(), key=lambda row: row.claim.number),
        "payees": _payees(found),
        "left_out": [each | {"why": _why(each)} for each in batch.left_out],
        "statements": found.statements,
        "outstanding": {each.id for each in found.outstanding},
        "corrected": {each.corrects_id for each in found.statements if each.corrects_id},
        "moves": moves(found.moves),
        "people": [
            (gettext("计算人"), found.calculator),
            (gettext("提交人"), found.reviewer),
            (gettext("批准人"), found.checker),
            (gettext("付款人"), found.payer),
        ],
        "history": history_rows(history_events(found.history), _DEEDS, note=_note),
        "can": _can(actor, batch, own=own_treasury or found.acts),
    }


def _payees(found: BatchCase) -> list[dict[str, Any]]:
    """Whom the batch pays: one statement each."""
    payees: dict[UUID, dict[str, Any]] = {}
    for row in found.rows.values():
        provider = row.order.provider
        award = found.awards.get(row.provider_id)
        payee = payees.setdefault(
            row.provider_id,
            {
                "name": provider.name,
                "uscc": provider.uscc,
                "orders": set(),
                "subsidy": 0,
                "award": award.amount if award else 0,
                "reason": award.reason if award else None,
            },
        )
        payee["orders"].add(row.order_id)
        payee["subsidy"] += row.amount
    for payee in payees.values():
        payee["orders"] = len(payee["orders"])
        payee["amount"] = payee["subsidy"] + payee["award"]
    return sorted(payees.values(), key=lambda each: (-each["amount"], each["name"]))


def award_view(found: BatchCase, uscc: str) -> dict[str, Any]:
    """What ``templates/settlement/award.html`` shows; NotFound for a provider that the batch does not pay, and
    for a scheme without awards.
    """
    most = get_scheme(found.batch.scheme_id).most_award
    for payee in _payees(found):
        if payee["uscc"] == uscc and most is not None:
            decided = found.batch.parameters["inputs"].get("awards", {}).get(uscc, {"share": 0, "reason": ""})
            return {"payee": payee, "most": most, "decided": decided | {"share": Decimal(str(decided["share"]))}}
    raise not_here()


def part_view(found: BatchCase, number: str) -> dict[str, Any]:
    """What ``templates/settlement/part.html`` shows; NotFound for an order that the batch does not hold."""
    row = found.rows.get(number)
    if row is None:
        raise not_here()
    decided = found.batch.parameters["inputs"].get("parts", {}).get(number)
    shown = {"amount": parse_yuan(decided["amount"]), "reason": decided["reason"]} if decided else {}
    return {"row": row, "decided": shown}


def statement_view(actor: Actor, found: StatementCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/statement.html`` shows."""
    statement = found.statement
    own = actor.role in TREASURY and actor.organisation_id == statement.batch.programme.treasury_id
    open_to_red = own and statement.total > 0 and found.corrected_by is None
    asked, mine = found.asked, found.asked is not None and found.asked.asked_by_id == actor.user_id
    return {
        "statement": statement,
        "file": found.file,
        "content": statement.content,
        "state": statement_state(standing_of(statement, paid=found.paid, corrected=found.corrected_by is not None)),
        "corrects": found.corrects,
        "corrected_by": found.corrected_by,
        "moves": moves(found.moves),
        "paid": found.paid,
        "asked": asked if own else None,
        "may_ask": open_to_red and asked is None,
        "may_carry_out": open_to_red and asked is not None and not mine and actor.role is Role.BUDGET_HOLDER,
        "may_decline": open_to_red and asked is not None,
        "mine": mine,
    }


def statement_state(standing: StatementStanding) -> dict[str, str]:
    """Where a statement stands, as a word with its tone."""
    label, tone = _STANDINGS[standing]
    return {"label": gettext(label), "tone": tone}


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


def _note(event: HistoryEvent) -> str | None:
    return event.note if event.action != "batch.calculate" else str(gettext("%(count)s 个订单", count=event.note))


def _can(actor: Actor, batch: Batch, *, own: bool) -> frozenset[str]:
    events = {
        event
        for event in ("calculate", "review", "withdraw", "send_back", "approve", "pay_part")
        if BATCH.allowed(batch.state, event, actor.role)
    }
    return frozenset(events) if own else frozenset()


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
                    "url": _order_url(step["text"], items.get(line["id"], []), found.rows),
                }
                for step in line["steps"]
            ],
            "orders": [found.rows[number] for number in items.get(line["id"], []) if number in found.rows],
        }
        for line in found.batch.result.get("lines", [])
    ]


def _order_url(text: str, numbers: Sequence[str], rows: Mapping[str, BatchOrder]) -> str | None:
    """A step of an item begins with the claim's number; the longest is meant, as a further claim begins like the first."""
    number = max((number for number in numbers if text.startswith(number)), key=len, default=None)
    if number is None:
        return None
    return url_for("orders.case", number=rows[number].order.number if number in rows else number)


def _why(each: Mapping[str, Any]) -> str:
    text = str(gettext(each["reason"]))
    return text % each["params"] if each["params"] else text
