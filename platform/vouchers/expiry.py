"""What the clock ends: vouchers past their last day, whose money goes back to the pool, and claims that waited too long."""

from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.clock import today
from foundation.locking import lock_row
from foundation.periodic import Due
from ledger.models import LedgerAccount
from vouchers.claiming import lapse
from vouchers.models import Voucher
from vouchers.redemption import return_rest
from vouchers.states import USABLE, Movement


def expiring() -> Due:
    """Vouchers past their last day with something free on them: programme and voucher."""
    return (
        select(Voucher.programme_id, Voucher.id)
        .join(LedgerAccount, LedgerAccount.id == Voucher.account_id)
        .where(Voucher.state.in_(USABLE), Voucher.expires_on < today(), LedgerAccount.balance > 0)
    )


def expire(session: Session, _programme_id: UUID, voucher_id: UUID) -> bool:
    """Send what is free on a voucher past its last day back to its pool; says whether it gave something.

    Money held for an order stays there; should the order release it later, it goes back then. Who waits in line moves up.
    """
    voucher = lock_row(session, Voucher, voucher_id)
    # Looked at again under the lock: an order may have taken the rest meanwhile.
    if voucher.state not in USABLE or voucher.expires_on >= today():
        return False
    transfer_id = uuid5(voucher.id, Movement.EXPIRE)
    return return_rest(session, SYSTEM, voucher.id, Movement.EXPIRE, transfer_id=transfer_id) > 0


def lapse_line(session: Session, programme_id: UUID) -> bool:
    """End the claims in line of a programme whose vouchers would have expired, each by its own version; were there any?"""
    return lapse(session, programme_id) > 0
