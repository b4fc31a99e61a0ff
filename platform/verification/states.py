"""The states of a claim for redemption: every step, and who may take it."""

from typing import Final

from foundation.actors import PROVIDER, TREASURY, Role
from foundation.i18n import N_
from foundation.states import StateTable
from verification.models import RedemptionState

_S = RedemptionState

REDEMPTION: Final = StateTable(
    "redemption",
    {
        _S.SUBMITTED: N_("待核验"),
        _S.RETURNED: N_("退回补正"),
        _S.VERIFIED: N_("已核销"),
        _S.SETTLED: N_("已结算"),
        _S.REJECTED: N_("不予核销"),
    },
    {
        (_S.SUBMITTED, "verify"): (_S.VERIFIED, {Role.OFFICER}),
        (_S.SUBMITTED, "return"): (_S.RETURNED, {Role.OFFICER}),
        (_S.SUBMITTED, "reject"): (_S.REJECTED, {Role.OFFICER}),
        # A wrong redemption, before it is settled: by another person than the one who asks (verification/undoing.py).
        (_S.VERIFIED, "undo"): (_S.SUBMITTED, {Role.OFFICER, Role.REVIEWER}),
        (_S.VERIFIED, "settle"): (_S.SETTLED, TREASURY | {Role.SYSTEM}),
        (_S.RETURNED, "resubmit"): (_S.SUBMITTED, PROVIDER),
        # Nothing came within the deadline: the money goes back and nobody has to press a button.
        (_S.RETURNED, "lapse"): (_S.REJECTED, {Role.SYSTEM}),
    },
    decisions=("verify", "return", "reject", "undo"),
)

TONES: Final = {_S.SUBMITTED: "wait", _S.RETURNED: "act", _S.VERIFIED: "ok", _S.SETTLED: "ok", _S.REJECTED: "bad"}
"""Colour and sign of a state for templates/components/badges.html."""

EVENTS: Final = {
    "submit": N_("申请核销"),
    "resubmit": N_("补正后再次提交"),
    "verify": N_("核销"),
    "undo": N_("撤销核销"),
    "settle": N_("结算完成"),
    "return": N_("退回补正"),
    "reject": N_("不予核销"),
    "lapse": N_("逾期未补正，申请作废"),
}
"""What the history says of each event."""
