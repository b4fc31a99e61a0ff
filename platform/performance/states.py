"""The states of a target table: filed by the provider, approved by the bureau, then a frozen version."""

from typing import Final

from foundation.actors import PROVIDER, Role
from foundation.i18n import N_
from foundation.states import StateTable
from performance.models import TargetState

_T = TargetState
_BUREAU: Final = frozenset({Role.OFFICER, Role.REVIEWER})

TARGET: Final = StateTable(
    "target_table",
    {
        _T.DRAFT: N_("填报中"),
        _T.SUBMITTED: N_("待审批"),
        _T.APPROVED: N_("已批准"),
        _T.ACTUALS_FILED: N_("已报实绩"),
        _T.ASSESSED: N_("已考核"),
        _T.SUPERSEDED: N_("已被新版本替代"),
    },
    {
        (_T.DRAFT, "submit"): (_T.SUBMITTED, PROVIDER),
        (_T.SUBMITTED, "approve"): (_T.APPROVED, _BUREAU),
        (_T.SUBMITTED, "send_back"): (_T.DRAFT, _BUREAU),
        # Whoever approves the new version ends the old one by it.
        (_T.APPROVED, "supersede"): (_T.SUPERSEDED, _BUREAU),
    },
    decisions=("approve", "send_back"),
)

TONES: Final = {
    _T.DRAFT: "act",
    _T.SUBMITTED: "wait",
    _T.APPROVED: "ok",
    _T.ACTUALS_FILED: "ok",
    _T.ASSESSED: "ok",
    _T.SUPERSEDED: "neutral",
}
"""Colour and sign of a state for templates/components/badges.html."""

EVENTS: Final = {
    "create": N_("新建目标表"),
    "save": N_("保存"),
    "submit": N_("提交审批"),
    "approve": N_("批准"),
    "send_back": N_("退回修改"),
    "supersede": N_("被新版本替代"),
}
"""What the history says of each event."""
