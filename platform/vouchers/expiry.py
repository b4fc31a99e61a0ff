"""Vouchers that end unused: expired by the clock, reclaimed or revoked by the bureau. The money goes back to the pool."""

from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import today
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.locking import lock_row, lock_rows
from foundation.periodic import Due
from ledger.models import LedgerAccount
from vouchers.claiming import lapse
from vouchers.duties import judges
from vouchers.models import Programme, ProgrammeState, Voucher, VoucherClaim
from vouchers.redemption import return_rest
from vouchers.states import IN_LINE, USABLE, Movement, ensure_movement
from vouchers.terms import current_terms


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


def ending() -> Due:
    """Programmes in whose line somebody still waits."""
    states = [ProgrammeState.OPEN, ProgrammeState.CLOSED]
    waiting = select(VoucherClaim.id).where(VoucherClaim.programme_id == Programme.id, VoucherClaim.state.in_(IN_LINE))
    return select(Programme.id).where(Programme.state.in_(states), waiting.exists())


def lapse_line(session: Session, programme_id: UUID) -> bool:
    """End the claims in line of a programme whose vouchers have expired; says whether there were any."""
    programme = session.get_one(Programme, programme_id)
    return current_terms(programme).expires_on < today() and lapse(session, programme) > 0


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
    if not rows:
        raise not_here()
    (voucher,) = rows
    actor = judges(session, actor, voucher.programme)
    ensure_movement(voucher.state, movement, actor.role)
    amount = return_rest(session, actor, voucher.id, movement, transfer_id=transfer_id)
    if not amount:
        raise Conflict(N_("服务券上没有可收回的余额"), remedy=N_("已占用的金额要等订单结束"))
    record(session, actor, f"voucher.{movement.value}_reason", voucher, after={"amount": amount}, note=reason)
    return amount
