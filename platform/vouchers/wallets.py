"""The amounts of vouchers, read from the ledger: what is free, held, redeemed and gone back."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from ledger.models import AccountKind, LedgerAccount
from vouchers.models import Voucher, VoucherState
from vouchers.states import ENDINGS, Movement, Wallet, state_of

AMOUNTS: Final = """
    SELECT free.balance AS available, past.held, voucher.face - free.balance - past.held - past.returned AS redeemed,
           past.returned, past.ended_by
    FROM ledger_accounts AS free CROSS JOIN (
        SELECT CAST(coalesce(sum(target.balance) FILTER (WHERE move.kind = 'hold'), 0) AS bigint) AS held,
               CAST(coalesce(sum(move.amount) FILTER (WHERE move.ended), 0) AS bigint) AS returned,
               (array_agg(move.kind ORDER BY move.sequence DESC) FILTER (WHERE move.ended))[1] AS ended_by
        FROM (
            SELECT one.*, one.kind IN ('expire', 'reclaim', 'revoke')
                   AND NOT EXISTS (SELECT FROM ledger_transfers AS back WHERE back.reverses_id = one.id) AS ended
            FROM ledger_transfers AS one WHERE one.source_id = voucher.account_id
        ) AS move JOIN ledger_accounts AS target ON target.id = move.target_id
    ) AS past
    WHERE free.id = voucher.account_id
"""
"""The four amounts of the row ``voucher`` of a query around it, and how money went back last (null: none did). Accounts of
vouchers and holds store their balance (guarded by a CHECK), so only the few transfers out of this voucher are looked at."""

_WALLETS: Final = text(
    f"SELECT voucher.id, wallet.* FROM vouchers AS voucher CROSS JOIN LATERAL ({AMOUNTS}) AS wallet "  # noqa: S608 - fixed
    "WHERE voucher.id = ANY(:ids)"
)


def wallets(session: Session, vouchers: Collection[Voucher]) -> Mapping[UUID, Wallet]:
    """The amounts of these vouchers by voucher id, in one query however many there are."""
    if not vouchers:
        return {}
    rows = session.execute(_WALLETS, {"ids": [voucher.id for voucher in vouchers]})
    return {row.id: Wallet(row.available, row.held, row.redeemed, row.returned) for row in rows}


def wallet(session: Session, voucher: Voucher) -> Wallet:
    """The amounts of one voucher."""
    return wallets(session, [voucher])[voucher.id]


def hold_of(programme_id: UUID, order_id: UUID) -> Select[int | None]:
    """The query for what lies on the account of an order, in fen; true for whoever has locked the order."""
    return select(LedgerAccount.balance).where(
        LedgerAccount.kind == AccountKind.HOLD,
        LedgerAccount.programme_id == programme_id,
        LedgerAccount.owner_id == order_id,
    )


def held_for(session: Session, programme_id: UUID, order_id: UUID) -> int:
    """What lies on the account of an order, in fen."""
    return session.scalar(hold_of(programme_id, order_id)) or 0


def after(before: Wallet, movement: Movement, amount: int) -> Wallet:
    """The amounts after ``amount`` fen moved; pure. Negative parts would be a mistake of the caller: ValueError."""
    free, held, redeemed, returned = before.available, before.held, before.redeemed, before.returned
    if movement in {Movement.HOLD, Movement.UNDO_RELEASE_PART}:
        free, held = free - amount, held + amount
    elif movement in {Movement.RELEASE, Movement.RELEASE_PART}:
        free, held = free + amount, held - amount
    elif movement is Movement.REDEEM:
        held, redeemed = held - amount, redeemed + amount
    elif movement is Movement.UNDO_REDEEM:
        held, redeemed = held + amount, redeemed - amount
    elif movement is Movement.UNDO_RECLAIM:
        free, returned = free + amount, returned - amount
    else:
        free, returned = free - amount, returned + amount
    if min(free, held, redeemed, returned) < 0:
        raise ValueError(f"{movement} of {amount} does not fit {before}")
    return Wallet(free, held, redeemed, returned)


def next_state(ended_by: Movement | None, movement: Movement, result: Wallet) -> VoucherState:
    """The state after ``movement``; money may have gone back before it, as ``ended_by`` says."""
    return state_of(result, movement if movement in ENDINGS else ended_by or movement)
