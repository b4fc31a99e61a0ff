"""The states of a settlement batch: maker, checker and payer are three people."""

from typing import Final

from foundation.actors import Role
from foundation.i18n import N_
from foundation.states import StateTable
from settlement.models import BatchState

_B = BatchState
_MAKERS: Final = frozenset({Role.OFFICER, Role.REVIEWER})

BATCH: Final = StateTable(
    "batch",
    {
        _B.DRAFT: N_("起草中"),
        _B.CALCULATED: N_("已计算"),
        _B.REVIEWED: N_("待财政审批"),
        _B.APPROVED: N_("已批准，待付款"),
        _B.PAYING: N_("付款中"),
        _B.PAID: N_("已付款"),
        _B.CLOSED: N_("已了结"),
        _B.WITHDRAWN: N_("已撤回"),
    },
    {
        (_B.DRAFT, "calculate"): (_B.CALCULATED, _MAKERS),
        (_B.CALCULATED, "calculate"): (_B.CALCULATED, _MAKERS),
        (_B.CALCULATED, "review"): (_B.REVIEWED, _MAKERS),
        (_B.CALCULATED, "withdraw"): (_B.WITHDRAWN, _MAKERS),
        (_B.REVIEWED, "withdraw"): (_B.WITHDRAWN, _MAKERS),
        (_B.REVIEWED, "send_back"): (_B.CALCULATED, {Role.BUDGET_HOLDER}),
        (_B.REVIEWED, "approve"): (_B.APPROVED, {Role.BUDGET_HOLDER}),
        (_B.APPROVED, "pay_part"): (_B.PAYING, {Role.PAYER}),
        (_B.PAYING, "pay_part"): (_B.PAYING, {Role.PAYER}),
        (_B.APPROVED, "pay_rest"): (_B.PAID, {Role.PAYER}),
        (_B.PAYING, "pay_rest"): (_B.PAID, {Role.PAYER}),
        # Nothing is left to pay: everything was cut to nothing, or taken back by red-letter statements.
        (_B.APPROVED, "close"): (_B.CLOSED, {Role.BUDGET_HOLDER}),
        (_B.PAYING, "close"): (_B.CLOSED, {Role.BUDGET_HOLDER}),
    },
    decisions=("review", "withdraw", "send_back", "approve"),
)

TONES: Final = {
    _B.DRAFT: "neutral",
    _B.CALCULATED: "act",
    _B.REVIEWED: "wait",
    _B.APPROVED: "wait",
    _B.PAYING: "wait",
    _B.PAID: "ok",
    _B.CLOSED: "ok",
    _B.WITHDRAWN: "neutral",
}
"""Colour and sign of a state for templates/components/badges.html."""

EVENTS: Final = {
    "calculate": N_("计算"),
    "review": N_("已提交财政审批"),
    "withdraw": N_("撤回"),
    "send_back": N_("财政退回"),
    "approve": N_("批准，出具结算单"),
    "pay_part": N_("付款（部分）"),
    "pay_rest": N_("付款完毕"),
    "close": N_("没有待付金额，了结"),
}
"""What the history says of each event."""
