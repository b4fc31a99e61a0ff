"""Vouchers that end unused: expired by the clock, reclaimed or revoked by the bureau. The money goes back to the pool."""

from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.trail import record
from foundation.actors import Actor
from foundation.clock import today
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.locking import lock_rows
from ledger.models import LedgerAccount
from vouchers.claiming import lapse, programmes_to_lapse
from vouchers.models import Voucher
from vouchers.redemption import return_rest
from vouchers.states import USABLE, Movement, ensure_movement

BATCH: Final = 100
"""Vouchers that expire in one transaction: whoever claims meanwhile waits for their pools."""


def expire_due(session: Session, actor: Actor, *, limit: int = BATCH) -> int:
    """Send what is free on vouchers past their last day back to their pools; returns how many vouchers gave something.

    Money held for an order stays there; should the order release it later, it goes back then. Run twice, the second
    run finds nothing. Who waits in line moves up. All vouchers are locked before the first pool, and the pools in the
    order of their programmes, as everywhere; so at most ``limit`` in one transaction.
    """
    due = session.scalars(
        select(Voucher.id)
        .join(LedgerAccount, LedgerAccount.id == Voucher.account_id)
        .where(Voucher.state.in_(USABLE), Voucher.expires_on < today(), LedgerAccount.balance > 0)
        .order_by(Voucher.programme_id, Voucher.id)
        .limit(limit)
    ).all()
    vouchers = lock_rows(session, Voucher, due)
    # Looked at again under the lock: an order may have taken the rest meanwhile.
    given = [
        return_rest(session, actor, voucher.id, Movement.EXPIRE, transfer_id=uuid5(voucher.id, Movement.EXPIRE))
        for voucher in sorted(vouchers, key=lambda each: (each.programme_id, each.id))
        if voucher.state in USABLE
    ]
    return sum(1 for amount in given if amount)


def lapse_due(session: Session) -> int:
    """End the claims in line whose vouchers would have expired; returns how many. May run any number of times."""
    return sum(lapse(session, programme_id) for programme_id in programmes_to_lapse(session))


def reclaim(session: Session, actor: Actor, *, voucher_id: UUID, reason: str, transfer_id: UUID) -> int:
    """The programme's bureau takes back what is free on a voucher; returns fen. Conflict when nothing is free."""
    return _take_back(session, actor, voucher_id, movement=Movement.RECLAIM, reason=reason, transfer_id=transfer_id)


def revoke(session: Session, actor: Actor, *, voucher_id: UUID, reason: str, transfer_id: UUID) -> int:
    """The programme's bureau revokes a voucher that should not have been issued; returns fen that went back."""
    return _take_back(session, actor, voucher_id, movement=Movement.REVOKE, reason=reason, transfer_id=transfer_id)


def _take_back(
    session: Session, actor: Actor, voucher_id: UUID, *, movement: Movement, reason: str, transfer_id: UUID
) -> int:
    rows = lock_rows(session, Voucher, [voucher_id])
    if not rows or rows[0].programme.bureau_id != actor.organisation_id:
        raise not_here()
    (voucher,) = rows
    ensure_movement(voucher.state, movement, actor.role)
    amount = return_rest(session, actor, voucher.id, movement, transfer_id=transfer_id)
    if not amount:
        raise Conflict(N_("服务券上没有可收回的余额"), remedy=N_("已占用的金额要等订单结束"))
    record(session, actor, f"voucher.{movement.value}_reason", voucher, after={"amount": amount}, note=reason)
    return amount
