"""Every kind of transfer: from which station to which, what it is about, and what it may take back."""

from dataclasses import dataclass
from typing import Final

from ledger.models import AccountKind

_A = AccountKind

OWNERS: Final = {
    _A.TREASURY: None,
    _A.POOL: None,
    _A.VOUCHER: "voucher",
    _A.HOLD: "order",
    _A.PAYABLE: "provider",
    _A.APPROVED: "batch",
    _A.PAID: "provider",
    _A.RECOVERED: None,
    _A.SHORTFALL: "provider",
    _A.RETURNED: None,
}
"""Whose the account of a station is: which party of the transfer's subject; None is the programme alone."""

CLAIMS: Final = ("redemption_claims", "orders")
"""A redemption is about its claim; before orders could have several claims, it was about the order."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: ``source`` → ``target``, about one of ``subjects``.

    ``takes_back`` is the kind of the transfer that it reverses; it must name one, unless ``always`` is False. ``opposite`` says
    that it goes exactly the way back; otherwise only its source is where the other one went. ``whole`` is False where it may be
    of another amount. ``owners`` is False where the subject does not say whose the accounts are.
    """

    source: AccountKind
    target: AccountKind
    subjects: tuple[str, ...]
    takes_back: str | None = None
    always: bool = True
    opposite: bool = True
    whole: bool = True
    owners: bool = True


_PROGRAMME: Final = ("programmes",)
_VOUCHER: Final = ("vouchers",)
_STATEMENT: Final = ("statements",)

KINDS: Final = {
    "appropriate": Kind(_A.TREASURY, _A.POOL, _PROGRAMME),
    # A part of an appropriation goes back by a transfer of its own, the whole by its linked opposite.
    "take_back": Kind(_A.POOL, _A.TREASURY, ("ledger_transfers",), takes_back="appropriate", always=False),
    "return": Kind(_A.POOL, _A.RETURNED, _PROGRAMME),
    "issue": Kind(_A.POOL, _A.VOUCHER, _VOUCHER),
    "hold": Kind(_A.VOUCHER, _A.HOLD, ("orders",)),
    "release": Kind(_A.HOLD, _A.VOUCHER, ("orders",)),
    # What was redeemed and taken back is decided anew, and may be granted in another amount.
    "redeem": Kind(_A.HOLD, _A.PAYABLE, CLAIMS, takes_back="undo_redeem", always=False, whole=False),
    "release_part": Kind(_A.HOLD, _A.VOUCHER, CLAIMS),
    "undo_redeem": Kind(_A.PAYABLE, _A.HOLD, CLAIMS, takes_back="redeem"),
    "undo_release_part": Kind(_A.VOUCHER, _A.HOLD, CLAIMS, takes_back="release_part"),
    "undo_reclaim": Kind(_A.POOL, _A.VOUCHER, _VOUCHER, takes_back="reclaim"),
    "expire": Kind(_A.VOUCHER, _A.POOL, _VOUCHER),
    "reclaim": Kind(_A.VOUCHER, _A.POOL, _VOUCHER),
    "revoke": Kind(_A.VOUCHER, _A.POOL, _VOUCHER),
    "approve": Kind(_A.PAYABLE, _A.APPROVED, _STATEMENT),
    "part": Kind(_A.PAYABLE, _A.POOL, _STATEMENT),
    "cut": Kind(_A.PAYABLE, _A.POOL, _STATEMENT),
    "award": Kind(_A.POOL, _A.APPROVED, _STATEMENT),
    "top_up": Kind(_A.POOL, _A.APPROVED, _STATEMENT),
    "pay": Kind(_A.APPROVED, _A.PAID, _STATEMENT),
    # What was paid does not go back to where it was paid from.
    "recover": Kind(_A.PAID, _A.RECOVERED, _STATEMENT, takes_back="pay", opposite=False),
    "reuse": Kind(_A.RECOVERED, _A.POOL, _STATEMENT),
    "reverse_approve": Kind(_A.APPROVED, _A.PAYABLE, _STATEMENT, takes_back="approve"),
    "reverse_part": Kind(_A.POOL, _A.PAYABLE, _STATEMENT, takes_back="part"),
    "reverse_cut": Kind(_A.POOL, _A.PAYABLE, _STATEMENT, takes_back="cut"),
    "reverse_award": Kind(_A.APPROVED, _A.POOL, _STATEMENT, takes_back="award"),
    "reverse_top_up": Kind(_A.APPROVED, _A.POOL, _STATEMENT, takes_back="top_up"),
    "shortfall": Kind(_A.SHORTFALL, _A.POOL, _STATEMENT),
    # Any money that reaches the pool covers what is open, whoever's it is.
    "cover": Kind(_A.POOL, _A.SHORTFALL, _PROGRAMME, owners=False),
}
