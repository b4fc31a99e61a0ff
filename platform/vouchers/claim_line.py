"""Where an enterprise's claim for a voucher stands, as the templates take it."""

from typing import Any

from flask_babel import gettext

from vouchers.models import ClaimState, VoucherClaim

_OPEN = frozenset({ClaimState.QUEUED, ClaimState.WAITING})


def claim_line(claim: VoucherClaim) -> list[dict[str, Any]]:
    """The step line: claimed, in line, issued; a claim that ended without a voucher shows where."""
    waiting = claim.state in _OPEN
    issued = claim.state is ClaimState.ALLOTTED
    return [
        {"label": gettext("申领"), "state": "done", "at": claim.queued_at},
        {
            "label": gettext("排队"),
            "state": "current" if waiting else "done",
            "at": claim.queued_at if waiting else claim.decided_at,
            "holder": claim.programme.bureau.name if waiting else None,
        },
        {
            "label": gettext("发放"),
            "state": "todo" if waiting else "done" if issued else "failed",
            "at": None if waiting else claim.decided_at,
        },
    ]
