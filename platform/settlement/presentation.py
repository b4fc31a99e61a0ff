"""Batches and statements as the templates take them: words translated, links made."""

from collections.abc import Iterable
from typing import Any, Final

from flask import url_for
from flask_babel import gettext

from audit.presentation import history_rows
from audit.reading import HistoryEvent
from foundation.i18n import N_
from settlement.case_reading import BatchOfCase, LeftOut
from settlement.models import BatchState
from settlement.moves_reading import LedgerMove
from settlement.reading import BatchRow, StatementRow, StatementStanding
from settlement.standing import stages
from settlement.statement_reading import StatementOfCase
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


def batch_view(batch: BatchOfCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/batch.html`` shows."""
    return {
        "batch": batch,
        "state": state_of(batch.state, batch.total, sum(each.amount for each in batch.red_letters)),
        "stages": stages(batch),
        "scheme_title": gettext(batch.scheme_title),
        "lines": [
            {
                "id": line.uscc,
                "name": line.name,
                "total": line.total,
                "steps": [
                    {
                        "label": step.text,
                        "amount": step.amount,
                        "citation": step.citation,
                        "url": url_for("orders.case", number=step.order) if step.order else None,
                    }
                    for step in line.steps
                ],
            }
            for line in batch.lines
        ],
        "left_out": [{"left": each, "why": _why(each)} for each in batch.left_out],
        "statements": [{"statement": each, "state": _state_in_batch(each.standing)} for each in batch.statements],
        "moves": moves(batch.moves),
        "people": [
            (gettext("计算人"), batch.calculator),
            (gettext("提交人"), batch.reviewer),
            (gettext("批准人"), batch.checker),
            (gettext("付款人"), batch.payer),
        ],
        "history": history_rows(batch.history, _DEEDS, note=_note),
        "can": batch.deeds,
    }


def statement_view(statement: StatementOfCase) -> dict[str, Any]:
    """Everything that ``templates/settlement/statement.html`` shows."""
    return {
        "statement": statement,
        "content": statement.content,
        "state": statement_state(statement.standing),
        "moves": moves(statement.moves),
        "steps": [
            {"label": step.text, "amount": step.amount, "citation": step.citation} for step in statement.content.steps
        ],
    }


def statement_state(standing: StatementStanding) -> dict[str, str]:
    """Where a statement stands, as a word with its tone."""
    label, tone = _STANDINGS[standing]
    return {"label": gettext(label), "tone": tone}


def moves(found: Iterable[LedgerMove]) -> list[dict[str, Any]]:
    """The ledger's transfers in words."""
    return [
        {
            "at": move.posted_at,
            "what": gettext(KINDS.get(move.kind, move.kind)),
            "source": gettext(STATIONS[move.source]),
            "target": gettext(STATIONS[move.target]),
            "amount": move.amount,
            "id": str(move.id),
        }
        for move in found
    ]


def _state_in_batch(standing: StatementStanding) -> dict[str, str]:
    """On the page of the batch, which tells of payments elsewhere, in fewer words."""
    if standing is StatementStanding.CORRECTED_AFTER_PAYMENT:
        return statement_state(StatementStanding.CORRECTED)
    said = statement_state(standing)
    return said | {"tone": "neutral"} if standing is StatementStanding.NOTHING_DUE else said


def _note(event: HistoryEvent) -> str | None:
    return event.note if event.action != "batch.calculate" else str(gettext("%(count)s 个订单", count=event.note))


def _why(each: LeftOut) -> str:
    text = str(gettext(each.reason))
    return text % each.params if each.params else text
