"""What the clock ends: vouchers past their last day, whose money goes back to the pool, and claims that waited too long."""

from typing import Final
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import today
from foundation.locking import lock_rows
from ledger.models import LedgerAccount
from vouchers.claiming import lapse, programmes_to_lapse
from vouchers.models import Voucher
from vouchers.redemption import return_rest
from vouchers.states import USABLE, Movement

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
