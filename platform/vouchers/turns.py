"""Whose turn an enterprise's claim is: while it is in line, nobody's but the line's."""

from collections.abc import Mapping
from typing import Final

from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns
from vouchers.models import ClaimState, VoucherClaim

IN_LINE: Final = task("voucher_claim.in_line", N_("等待发放服务券"))

CLAIMS: Final[Mapping[ClaimState, tuple[Party, Task] | None]] = {
    ClaimState.QUEUED: (Party.CLOCK, IN_LINE),
    ClaimState.WAITING: (Party.CLOCK, IN_LINE),
    ClaimState.ALLOTTED: None,
    ClaimState.NOT_ELIGIBLE: None,
    ClaimState.LAPSED: None,
}


def turn_of(claim: VoucherClaim) -> Turn | None:
    """By the state alone: the money decides, in the order of the line."""
    found = CLAIMS[claim.state]
    return found and Turn(*found)


turns(VoucherClaim, turn_of)
