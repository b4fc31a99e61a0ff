"""State tables of programmes, claims and vouchers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, Role
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from foundation.states import StateTable
from vouchers.models import ClaimState, ProgrammeState, VoucherState

_P = ProgrammeState
_C = ClaimState
_V = VoucherState

PROGRAMME: Final = StateTable(
    "programme",
    {
        _P.DRAFT: N_("起草中"),
        _P.CHECKED: N_("已审核"),
        _P.ANNOUNCED: N_("已公布"),
        _P.OPEN: N_("开放申领"),
        _P.CLOSED: N_("申领已结束"),
        _P.SETTLED: N_("已结算"),
    },
    {
        (_P.DRAFT, "check"): (_P.CHECKED, {Role.REVIEWER}),
        (_P.CHECKED, "send_back"): (_P.DRAFT, {Role.REVIEWER}),
        (_P.CHECKED, "announce"): (_P.ANNOUNCED, {Role.OFFICER, Role.REVIEWER}),
        (_P.ANNOUNCED, "open"): (_P.OPEN, {Role.OFFICER, Role.REVIEWER, Role.SYSTEM}),
        (_P.OPEN, "close"): (_P.CLOSED, {Role.OFFICER, Role.REVIEWER, Role.SYSTEM}),
        (_P.CLOSED, "settle"): (_P.SETTLED, {Role.REVIEWER, Role.SYSTEM}),
    },
    decisions=("check", "send_back", "announce", "close"),
)

CLAIM: Final = StateTable(
    "voucher_claim",
    {
        _C.QUEUED: N_("排队中"),
        _C.ALLOTTED: N_("已发券"),
        _C.WAITING: N_("候补中"),
        _C.NOT_ELIGIBLE: N_("不符合条件"),
        _C.LAPSED: N_("已失效"),
    },
    {
        (_C.QUEUED, "allot"): (_C.ALLOTTED, {Role.SYSTEM}),
        (_C.QUEUED, "wait"): (_C.WAITING, {Role.SYSTEM}),
        (_C.QUEUED, "refuse"): (_C.NOT_ELIGIBLE, {Role.SYSTEM}),
        (_C.QUEUED, "lapse"): (_C.LAPSED, {Role.SYSTEM}),
        (_C.WAITING, "allot"): (_C.ALLOTTED, {Role.SYSTEM}),
        (_C.WAITING, "refuse"): (_C.NOT_ELIGIBLE, {Role.SYSTEM}),
        (_C.WAITING, "lapse"): (_C.LAPSED, {Role.SYSTEM}),
    },
)

VOUCHER_LABELS: Final[Mapping[VoucherState, str]] = {
    _V.ISSUED: N_("可使用"),
    _V.HELD: N_("使用中"),
    _V.PARTLY_REDEEMED: N_("部分核销"),
    _V.REDEEMED: N_("已核销"),
    _V.EXPIRED: N_("已过期"),
    _V.RECLAIMED: N_("已收回"),
    _V.REVOKED: N_("已撤销"),
    _V.USED_EXPIRED: N_("已使用，余额已到期"),
    _V.USED_RECLAIMED: N_("已使用，余额已收回"),
    _V.USED_REVOKED: N_("已使用，余额已撤销"),
}


class Movement(StrEnum):
    """What can happen to the money of a voucher; also the kind of its ledger transfer."""

    HOLD = "hold"
    RELEASE = "release"
    RELEASE_PART = "release_part"
    REDEEM = "redeem"
    EXPIRE = "expire"
    RECLAIM = "reclaim"
    REVOKE = "revoke"
    UNDO_REDEEM = "undo_redeem"
    UNDO_RELEASE_PART = "undo_release_part"
    UNDO_RECLAIM = "undo_reclaim"


ENDINGS: Final[Mapping[Movement, tuple[VoucherState, VoucherState]]] = {
    Movement.EXPIRE: (_V.EXPIRED, _V.USED_EXPIRED),
    Movement.RECLAIM: (_V.RECLAIMED, _V.USED_RECLAIMED),
    Movement.REVOKE: (_V.REVOKED, _V.USED_REVOKED),
}
"""How what was left went back to the pool -> the state of a voucher of which nothing was used, and of one that was."""

USABLE: Final = frozenset({_V.ISSUED, _V.HELD, _V.PARTLY_REDEEMED})
"""States in which money may be left on a voucher."""

IN_LINE: Final = frozenset({_C.QUEUED, _C.WAITING})
"""States of a claim that still waits for money."""

MOVEMENTS: Final[Mapping[Movement, tuple[frozenset[VoucherState], frozenset[Role]]]] = {
    Movement.HOLD: (USABLE, ENTERPRISE | {Role.SYSTEM}),
    # Either side may end an order before delivery, and so may the bureau and the deadline job.
    Movement.RELEASE: (frozenset({_V.HELD}), ENTERPRISE | PROVIDER | BUREAU | {Role.SYSTEM}),
    # What a decision on a claim does not pay, while the order goes on.
    Movement.RELEASE_PART: (frozenset({_V.HELD}), BUREAU | {Role.SYSTEM}),
    Movement.REDEEM: (frozenset({_V.HELD}), BUREAU | {Role.SYSTEM}),
    # While an order holds a part, the free rest can go back already.
    Movement.EXPIRE: (USABLE, frozenset({Role.SYSTEM})),
    Movement.RECLAIM: (USABLE, frozenset({Role.OFFICER, Role.REVIEWER, Role.SYSTEM})),
    Movement.REVOKE: (USABLE, frozenset({Role.REVIEWER})),
    # Whatever became of the rest since then; a voucher that is only issued was never redeemed.
    Movement.UNDO_REDEEM: (frozenset(_V) - {_V.ISSUED}, frozenset({Role.OFFICER, Role.REVIEWER})),
    # Both follow at once, when the order holds its money again.
    Movement.UNDO_RELEASE_PART: (frozenset({_V.HELD}), frozenset({Role.OFFICER, Role.REVIEWER})),
    Movement.UNDO_RECLAIM: (frozenset({_V.HELD}), frozenset({Role.OFFICER, Role.REVIEWER})),
}
"""Movement -> the states in which it may happen, and who may cause it. Where it leads follows from the amounts."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """The money of a voucher in fen; the four parts always sum to ``face``."""

    available: int
    held: int
    redeemed: int
    returned: int

    @property
    def face(self) -> int:
        """What was issued."""
        return self.available + self.held + self.redeemed + self.returned


def ensure_movement(state: VoucherState, movement: Movement, role: Role) -> None:
    """Conflict when ``movement`` does not fit ``state``, NotAllowed when ``role`` may not cause it."""
    states, roles = MOVEMENTS[movement]
    if state not in states:
        raise Conflict(
            N_("服务券当前状态为“%(state)s”，这一步已不能进行"),
            remedy=N_("刷新页面查看最新进度和可以进行的操作"),
            state=VOUCHER_LABELS[state],
        )
    if role not in roles:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))


def state_of(wallet: Wallet, ending: Movement) -> VoucherState:
    """The state that the amounts give; ``ending`` is how money went back to the pool last, where some did.

    Held money comes first, then what can still be used, then how the voucher ended.
    """
    if wallet.held:
        return _V.HELD
    if wallet.available:
        return _V.PARTLY_REDEEMED if wallet.redeemed else _V.ISSUED
    if wallet.returned:
        unused, used = ENDINGS[ending]
        return used if wallet.redeemed else unused
    return _V.REDEEMED
