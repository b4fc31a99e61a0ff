"""Taking back a wrong redemption by linked opposite transfers: the order's money is in phase one again."""

from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import today
from foundation.errors import Conflict, Exhausted
from foundation.i18n import N_
from ledger.models import Transfer
from ledger.posting import ensure_covers
from vouchers.eligibility import committed
from vouchers.models import ProgrammeVersion
from vouchers.moving import Done, LockedVoucher, move
from vouchers.redemption import locked_for, standing
from vouchers.states import Movement, Wallet, ensure_movement
from vouchers.terms import terms_of


def undo_redemption(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, claim_id: UUID) -> Wallet:
    """Take back the redemption of a claim by the linked opposite transfer, payable → hold.

    What the decision had released comes back where the voucher still has it. The rest of a voucher that is good for one
    order comes back from the pool where the pool still has it, the voucher has not expired and the enterprise has not
    claimed it again meanwhile. Conflict when the claim is not redeemed or the money is no longer payable.
    """
    voucher = locked_for(session, actor, voucher_id, order_id, claim_id=claim_id)
    redeemed = standing(voucher.done, Movement.REDEEM)
    if redeemed is None:
        raise Conflict(N_("这个订单没有核销的金额"), remedy=N_("刷新页面查看最新进度"))
    if not _covers(session, redeemed.target_id, redeemed.amount):
        raise Conflict(N_("这笔金额已经结算，不能撤销核销"))
    released = [one for one in voucher.done if one.kind == Movement.RELEASE_PART]
    _opposite(session, actor, voucher, Movement.UNDO_REDEEM, redeemed, order_id=order_id, claim_id=claim_id)
    for cause in (*released, redeemed):
        _rest_back(session, actor, voucher, cause)
    for part in released:
        if part.amount <= voucher.wallet.available:
            _opposite(session, actor, voucher, Movement.UNDO_RELEASE_PART, part, order_id=order_id, claim_id=claim_id)
    return voucher.wallet


def _rest_back(session: Session, actor: Actor, voucher: LockedVoucher, cause: Done) -> None:
    """What followed ``cause`` into the pool comes back, where that is still possible."""
    rest = session.get(Transfer, uuid5(cause.id, Movement.RECLAIM.value))
    if (
        rest is not None
        and today() <= voucher.expires_on
        # First the pool, under whose lock claims are decided, and then the look at what was claimed.
        and _covers(session, rest.target_id, rest.amount)
        and _within_cap(session, voucher, rest.amount)
    ):
        done = Done(rest.id, rest.kind, rest.amount, rest.source_id, rest.target_id)
        _opposite(session, actor, voucher, Movement.UNDO_RECLAIM, done)


def _covers(session: Session, account_id: UUID, amount: int) -> bool:
    try:
        ensure_covers(session, account_id, amount)
    except Exhausted:
        return False
    return True


def _within_cap(session: Session, voucher: LockedVoucher, amount: int) -> bool:
    """Whether the enterprise, with ``amount`` fen more on its vouchers, keeps to the cap of the voucher's own version."""
    kept = committed(session, voucher.programme_id, [voucher.enterprise_id])[voucher.enterprise_id]
    terms = terms_of(session.get_one(ProgrammeVersion, voucher.version_id))
    return kept + amount <= terms.cap_per_enterprise


def _opposite(
    session: Session,
    actor: Actor,
    voucher: LockedVoucher,
    movement: Movement,
    done: Done,
    *,
    order_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> Wallet:
    ensure_movement(voucher.state, movement, actor.role)
    return move(
        session,
        actor,
        voucher,
        movement,
        source=done.target_id,
        target=done.source_id,
        amount=done.amount,
        transfer_id=uuid5(done.id, movement.value),
        order_id=order_id,
        claim_id=claim_id,
        reverses_id=done.id,
    )
