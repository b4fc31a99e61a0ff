"""A movement of a voucher's money in two statements: one reads, under the lock, all that is checked; one writes all of it.

The statements are fixed text, sent as they stand, because this is the hot way of the house: orders are placed and
verified here. What may happen is decided in ``redemption.py``; here stands only how it is read and written.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from audit.trail import WRITE_EVENT, facts_of_event
from foundation.actors import Actor
from foundation.locking import lock_and_read
from foundation.statements import read, run, tell
from ledger.models import AccountKind
from ledger.posting import WRITE_ONE, Posting, facts_of_one, named, refusals, refuse_changed_retries
from vouchers.models import Voucher, VoucherState
from vouchers.states import ENDINGS, Movement, Wallet
from vouchers.wallets import AMOUNTS, after, next_state

# One row for each movement of the order and of the claim so far that was not taken back, one without a movement when there
# is none. Redemptions from before claims had amounts of their own stand under the order, which had one claim then.
_READ: Final = f"""
SELECT voucher.programme_id, voucher.programme_version_id, voucher.enterprise_id, voucher.account_id, voucher.state,
       voucher.expires_on, wallet.available, wallet.held, wallet.redeemed, wallet.returned,
       wallet.ended_by, station.id AS station_id, hold.id AS hold_id, hold.balance AS hold_balance,
       move.id AS move_id, move.kind, move.amount, move.source_id, move.target_id
FROM vouchers AS voucher
CROSS JOIN LATERAL ({AMOUNTS}) AS wallet
LEFT JOIN ledger_accounts AS station ON station.kind = %(station_kind)s
      AND station.programme_id = voucher.programme_id AND station.owner_id = %(station_owner)s
LEFT JOIN ledger_accounts AS hold ON hold.kind = 'hold'
      AND hold.programme_id = voucher.programme_id AND hold.owner_id = %(order_id)s
LEFT JOIN ledger_transfers AS move ON (move.subject_type, move.subject_id)
          IN (('orders', %(order_id)s), ('redemption_claims', %(claim_id)s))
      AND NOT EXISTS (SELECT FROM ledger_transfers AS back WHERE back.reverses_id = move.id)
WHERE voucher.id = %(voucher_id)s
"""  # noqa: S608 - fixed

# State and event follow from the transfer: when it already exists and is not written again, they are not either.
_WRITE: Final = f"""
WITH {WRITE_ONE}, turned AS (
    UPDATE vouchers SET state = CAST(%(voucher_state)s AS text) FROM written
    WHERE vouchers.id = %(voucher_id)s AND vouchers.state <> CAST(%(voucher_state)s AS text)
), noted AS (
    {WRITE_EVENT} FROM written
)
SELECT id FROM written
"""  # noqa: S608 - fixed


class Done(NamedTuple):
    """A movement that an order or a claim of it has made before and that stands."""

    id: UUID
    kind: str
    amount: int
    source_id: UUID
    target_id: UUID


@dataclass(slots=True)
class LockedVoucher:
    """A voucher as this transaction found it under the lock, and as its own movements leave it."""

    voucher_id: UUID
    programme_id: UUID
    version_id: UUID
    enterprise_id: UUID
    account_id: UUID
    state: VoucherState
    ended_by: Movement | None
    expires_on: date
    wallet: Wallet
    done: list[Done]
    """What the order and the claim have done so far."""
    hold_id: UUID | None
    """The order's account, when it is open, and what still lies on it."""
    hold: int
    station_id: UUID | None
    """The account that was asked for, when it is open."""


@dataclass(frozen=True, slots=True)
class Station:
    """An account of the voucher's programme by what it is for."""

    kind: AccountKind
    owner: UUID


def locked(
    session: Session,
    voucher_id: UUID,
    *,
    order_id: UUID | None = None,
    claim_id: UUID | None = None,
    station: Station | None = None,
    held: bool = False,
) -> LockedVoucher | None:
    """Lock a voucher and read all about it, what the order and its claim have done, and the ``station`` it turns to.

    None when there is no such voucher. ``held``: this transaction has locked it before.
    """
    facts = {
        "voucher_id": voucher_id,
        "order_id": order_id,
        "claim_id": claim_id,
        "station_kind": station.kind.value if station else None,
        "station_owner": station.owner if station else None,
    }
    rows = read(session, _READ, facts) if held else lock_and_read(session, Voucher, voucher_id, _READ, facts)
    if not rows:
        return None
    first = rows[0]
    tell(session, Voucher, voucher_id, state=VoucherState(first.state))
    return LockedVoucher(
        voucher_id=voucher_id,
        programme_id=first.programme_id,
        version_id=first.programme_version_id,
        enterprise_id=first.enterprise_id,
        account_id=first.account_id,
        state=VoucherState(first.state),
        ended_by=Movement(first.ended_by) if first.ended_by else None,
        expires_on=first.expires_on,
        wallet=Wallet(first.available, first.held, first.redeemed, first.returned),
        done=[Done(row.move_id, row.kind, row.amount, row.source_id, row.target_id) for row in rows if row.move_id],
        hold_id=first.hold_id,
        hold=first.hold_balance or 0,
        station_id=first.station_id,
    )


def move(
    session: Session,
    actor: Actor,
    voucher: LockedVoucher,
    movement: Movement,
    *,
    source: UUID,
    target: UUID,
    amount: int,
    transfer_id: UUID,
    order_id: UUID | None = None,
    claim_id: UUID | None = None,
    opens: Station | None = None,
    reverses_id: UUID | None = None,
) -> Wallet:
    """Write the transfer, the balances, the voucher's state and the audit event, and return what is on the voucher then.

    The transfer's subject is the claim where there is one, else the order, else the voucher. ``opens`` says which account
    ``target`` is when it is a new one. A transfer that is there already moves nothing; Conflict when it says something else.
    """
    subject = ("vouchers", voucher.voucher_id) if order_id is None else ("orders", order_id)
    if claim_id is not None:
        subject = ("redemption_claims", claim_id)
    posting = Posting(
        id=transfer_id,
        source=source,
        target=target,
        amount=amount,
        kind=movement.value,
        programme_id=voucher.programme_id,
        subject_type=subject[0],
        subject_id=subject[1],
        reverses_id=reverses_id,
    )
    before, result = voucher.wallet, after(voucher.wallet, movement, amount)
    state = next_state(voucher.ended_by, movement, result)
    event = facts_of_event(
        actor,
        f"voucher.{movement.value}",
        Voucher,
        voucher.voucher_id,
        before={"state": voucher.state.value, "available": before.available, "held": before.held},
        after={"state": state.value, "available": result.available, "held": result.held} | named([posting]),
    )
    facts = facts_of_one(actor, posting, opens=(opens.kind, opens.owner) if opens else None)
    with refusals():
        written = run(
            session, _WRITE, facts | event | {"voucher_id": voucher.voucher_id, "voucher_state": state.value}
        ).all()
    if not written:
        refuse_changed_retries(session, [posting])
        return before
    voucher.hold += result.held - before.held
    voucher.wallet, voucher.state = result, state
    if movement in ENDINGS:
        voucher.ended_by = movement
    tell(session, Voucher, voucher.voucher_id, state=state)
    return result
