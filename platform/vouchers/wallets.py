"""The amounts of vouchers, read from the ledger: what is free, held, redeemed and gone back."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.posting import Posting
from vouchers.models import Voucher, VoucherState
from vouchers.states import ENDINGS, Movement, Wallet, state_of

# Voucher and hold accounts store their balance (guarded by a CHECK), so no sum over old transfers is needed.
_AMOUNTS: Final = text("""
SELECT voucher.id, voucher.face, free.balance AS available,
       coalesce(sum(target.balance) FILTER (WHERE move.kind = 'hold'), 0)::bigint AS held,
       coalesce(sum(move.amount) FILTER (WHERE move.kind IN ('expire', 'reclaim', 'revoke')), 0)::bigint AS returned
FROM vouchers AS voucher
JOIN ledger_accounts AS free ON free.id = voucher.account_id
LEFT JOIN ledger_transfers AS move ON move.source_id = voucher.account_id
LEFT JOIN ledger_accounts AS target ON target.id = move.target_id
WHERE voucher.id = ANY(:ids)
GROUP BY voucher.id, free.id
""")


def wallets(session: Session, vouchers: Collection[Voucher]) -> Mapping[UUID, Wallet]:
    """The amounts of these vouchers by voucher id, in one query however many there are."""
    if not vouchers:
        return {}
    rows = session.execute(_AMOUNTS, {"ids": [voucher.id for voucher in vouchers]})
    return {
        row.id: Wallet(
            available=row.available,
            held=row.held,
            redeemed=row.face - row.available - row.held - row.returned,
            returned=row.returned,
        )
        for row in rows
    }


def wallet(session: Session, voucher: Voucher) -> Wallet:
    """The amounts of one voucher."""
    return wallets(session, [voucher])[voucher.id]


def after(before: Wallet, movement: Movement, amount: int) -> Wallet:
    """The amounts after ``amount`` fen moved; pure. Negative parts would be a mistake of the caller: ValueError."""
    free, held, redeemed, returned = before.available, before.held, before.redeemed, before.returned
    if movement is Movement.HOLD:
        free, held = free - amount, held + amount
    elif movement is Movement.RELEASE:
        free, held = free + amount, held - amount
    elif movement is Movement.REDEEM:
        held, redeemed = held - amount, redeemed + amount
    else:
        free, returned = free - amount, returned + amount
    if min(free, held, redeemed, returned) < 0:
        raise ValueError(f"{movement} of {amount} does not fit {before}")
    return Wallet(free, held, redeemed, returned)


def next_state(voucher: Voucher, movement: Movement, result: Wallet) -> VoucherState:
    """The state that follows from the amounts; how a voucher ended stays as it was first said."""
    ended = voucher.state if voucher.state in ENDINGS.values() else None
    return state_of(result, ended or ENDINGS.get(movement))


def leg(
    voucher: Voucher,
    movement: Movement,
    *,
    source: UUID,
    target: UUID,
    amount: int,
    transfer_id: UUID,
    order_id: UUID | None = None,
) -> Posting:
    """One transfer of a voucher's money; its subject is the order where there is one, else the voucher."""
    return Posting(
        id=transfer_id,
        source=source,
        target=target,
        amount=amount,
        kind=movement.value,
        programme_id=voucher.programme_id,
        subject_type="orders" if order_id else "vouchers",
        subject_id=order_id or voucher.id,
    )
