"""Vouchers that end unused: expired by the clock, reclaimed or revoked by the bureau. The money goes back to the pool."""

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
from vouchers.claiming import lapse
from vouchers.models import Programme, ProgrammeState, Voucher, VoucherState
from vouchers.redemption import return_rest
from vouchers.states import Movement, ensure_movement
from vouchers.terms import current_terms

_USABLE = (VoucherState.ISSUED, VoucherState.HELD, VoucherState.PARTLY_REDEEMED)


def expire_due(session: Session, actor: Actor, *, limit: int = 500) -> int:
    """Send what is free on vouchers past their last day back to their pools; returns how many vouchers gave something.

    Money held for an order stays there; should the order release it later, it goes back then. Run twice, the second
    run finds nothing. Who waits in line moves up.
    """
    due = session.scalars(
        select(Voucher.id)
        .join(LedgerAccount, LedgerAccount.id == Voucher.account_id)
        .where(Voucher.state.in_(_USABLE), Voucher.expires_on < today(), LedgerAccount.balance > 0)
        .order_by(Voucher.id)
        .limit(limit)
    ).all()
    vouchers = lock_rows(session, Voucher, due)
    # Looked at again under the lock: an order may have taken the rest meanwhile.
    given = [
        return_rest(session, actor, voucher.id, Movement.EXPIRE, transfer_id=uuid5(voucher.id, Movement.EXPIRE))
        for voucher in vouchers
        if voucher.state in _USABLE
    ]
    return sum(1 for amount in given if amount)


def lapse_due(session: Session) -> int:
    """End the claims in line of programmes whose vouchers have expired; returns how many. May run any number of times."""
    ended = 0
    for programme in session.scalars(
        select(Programme).where(Programme.state.in_([ProgrammeState.OPEN, ProgrammeState.CLOSED]))
    ):
        if current_terms(programme).expires_on < today():
            ended += lapse(session, programme)
    return ended


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
