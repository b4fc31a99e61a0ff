"""Holding, releasing and redeeming the money of a voucher for an order: two phases, each exactly once.

Phase one is ``hold`` when the order is placed: the money leaves what the enterprise can use and lies on the order's own
account. Phase two is either ``redeem`` (the service was verified: the money becomes payable to the provider) or
``release`` (the order ended without it: the money goes back to the voucher). Which of the two comes first wins; the
other is refused. An order is held once in its life; it never takes money a second time. A wrong redemption is taken back
by ``undo_redemption``: the order is in phase one again.

Every verb locks the voucher's row first and checks afterwards, so two orders that reach for the same last yuan wait for
each other, and the second sees what the first took. ``transfer_id`` is made by the caller: the same call sent again
moves nothing and succeeds, the same id with other content is refused. Below the code stand the ledger's constraints:
no balance under zero, and one hold, release and redemption an order.
"""

from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from accounts.current import not_here
from foundation.actors import ENTERPRISE, Actor
from foundation.clock import today
from foundation.errors import BadInput, Conflict, Exhausted
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.money import display_yuan
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import ensure_covers
from vouchers.claiming import allot
from vouchers.eligibility import committed
from vouchers.models import ProgrammeVersion
from vouchers.moving import Done, LockedVoucher, Station, locked, move
from vouchers.states import Movement, Wallet, ensure_movement
from vouchers.terms import terms_of


def hold(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, amount: int, transfer_id: UUID) -> Wallet:
    """Set ``amount`` fen of a voucher aside for an order.

    NotFound for another enterprise's voucher, Conflict when it has expired, cannot be used, is a whole one that another
    order uses, or when the order holds money already; Exhausted when less is left.
    """
    order = Station(AccountKind.HOLD, order_id)
    voucher = _locked(session, actor, voucher_id, order_id, order)
    if _repeated(voucher.done, Movement.HOLD, transfer_id, amount):
        return voucher.wallet
    if amount <= 0:
        raise BadInput(N_("占用金额应大于零"), field="amount")
    ensure_movement(voucher.state, Movement.HOLD, actor.role)
    _ensure_not_expired(voucher)
    before = voucher.wallet
    if before.available < amount:
        raise Exhausted(
            N_("服务券余额不足：还可使用 %(available)s，本次需要 %(amount)s"),
            field="voucher",
            remedy=N_("可以选择另一张服务券，或由贵单位自付更多"),
            available=display_yuan(before.available),
            amount=display_yuan(amount),
        )
    if (before.held or before.redeemed) and not _terms_allow_parts(session, voucher):
        raise Conflict(N_("这个项目的一张服务券只能用于一个订单"), field="voucher")
    return move(
        session,
        actor,
        voucher,
        Movement.HOLD,
        source=voucher.account_id,
        target=voucher.station_id or new_id(),
        opens=None if voucher.station_id else order,
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )


def release(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, transfer_id: UUID) -> Wallet:
    """Give back to the voucher all that an order holds; on an expired or revoked one it goes on to the programme's pool.

    Conflict when the order holds nothing, has been redeemed or was released before by another call.
    """
    voucher = _locked(session, actor, voucher_id, order_id)
    held = _held_by(voucher.done)
    if _repeated(voucher.done, Movement.RELEASE, transfer_id, held.amount):
        return voucher.wallet
    _ensure_undecided(voucher.done)
    ensure_movement(voucher.state, Movement.RELEASE, actor.role)
    result = move(
        session,
        actor,
        voucher,
        Movement.RELEASE,
        source=held.target_id,
        target=voucher.account_id,
        amount=held.amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )
    if today() > voucher.expires_on:
        result = _return_rest(session, actor, voucher, Movement.EXPIRE, cause=transfer_id)
    elif voucher.ended_by is Movement.REVOKE:
        # What the order held could not go back when the voucher was revoked; nobody uses it again.
        result = _return_rest(session, actor, voucher, Movement.REVOKE, cause=transfer_id)
    return result


def redeem(
    session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, provider_id: UUID, transfer_id: UUID
) -> Wallet:
    """Make all that an order holds payable to the provider: the service was verified.

    Works after the voucher's last day too, because the money was set aside in time. A voucher that is good for one
    order only gives no change: its rest goes back to the pool. Conflict when the order holds nothing, was released, or
    was redeemed before by another call.
    """
    provider = Station(AccountKind.PAYABLE, provider_id)
    voucher = _locked(session, actor, voucher_id, order_id, provider)
    held = _held_by(voucher.done)
    if _repeated(voucher.done, Movement.REDEEM, transfer_id, held.amount):
        return voucher.wallet
    _ensure_undecided(voucher.done)
    ensure_movement(voucher.state, Movement.REDEEM, actor.role)
    undone = _standing(voucher.done, Movement.UNDO_REDEEM)
    result = move(
        session,
        actor,
        voucher,
        Movement.REDEEM,
        source=held.target_id,
        target=voucher.station_id or account(session, provider.kind, voucher.programme_id, provider_id),
        amount=held.amount,
        transfer_id=transfer_id,
        order_id=order_id,
        reverses_id=undone.id if undone else None,
    )
    if result.available and not _terms_allow_parts(session, voucher):
        result = _return_rest(session, actor, voucher, Movement.RECLAIM, cause=transfer_id)
    return result


def undo_redemption(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID) -> Wallet:
    """Take back the redemption of an order by the linked opposite transfer: payable → hold.

    The rest of a voucher that is good for one order comes back from the pool where the pool still has it, the voucher has
    not expired and the enterprise has not claimed it again meanwhile. Conflict when the order is not redeemed or the money
    is no longer payable.
    """
    voucher = _locked(session, actor, voucher_id, order_id)
    redeemed = _standing(voucher.done, Movement.REDEEM)
    if redeemed is None:
        raise Conflict(N_("这个订单没有核销的金额"), remedy=N_("刷新页面查看最新进度"))
    if not _covers(session, redeemed.target_id, redeemed.amount):
        raise Conflict(N_("这笔金额已经结算，不能撤销核销"))
    result = _opposite(session, actor, voucher, Movement.UNDO_REDEEM, redeemed, order_id=order_id)
    rest = session.get(Transfer, uuid5(redeemed.id, Movement.RECLAIM.value))
    if (
        rest is not None
        and today() <= voucher.expires_on
        # First the pool, under whose lock claims are decided, and then the look at what was claimed.
        and _covers(session, rest.target_id, rest.amount)
        and _within_cap(session, voucher, rest.amount)
    ):
        done = Done(rest.id, rest.kind, rest.amount, rest.source_id, rest.target_id)
        result = _opposite(session, actor, voucher, Movement.UNDO_RECLAIM, done)
    return result


def return_rest(session: Session, actor: Actor, voucher_id: UUID, movement: Movement, *, transfer_id: UUID) -> int:
    """Send what is free on a locked voucher back to the pool (expire, reclaim, revoke); returns fen, 0 when none is."""
    voucher = locked(session, voucher_id)
    amount = voucher.wallet.available if voucher else 0
    if voucher and amount:
        ensure_movement(voucher.state, movement, actor.role)
        _return_rest(session, actor, voucher, movement, cause=transfer_id)
    return amount


def _locked(
    session: Session, actor: Actor, voucher_id: UUID, order_id: UUID, station: Station | None = None
) -> LockedVoucher:
    voucher = locked(session, voucher_id, order_id=order_id, station=station)
    if voucher is None or (actor.role in ENTERPRISE and voucher.enterprise_id != actor.organisation_id):
        raise not_here()
    if any(done.kind == Movement.HOLD and done.source_id != voucher.account_id for done in voucher.done):
        raise not_here()
    return voucher


def _repeated(done: list[Done], movement: Movement, transfer_id: UUID, amount: int) -> bool:
    """Whether this very call was made before; Conflict when another one did the same to the order."""
    for one in done:
        if one.kind != movement:
            continue
        if one.id == transfer_id and one.amount == amount:
            return True
        raise Conflict(
            {
                Movement.HOLD: N_("这个订单已经占用过服务券"),
                Movement.RELEASE: N_("这个订单占用的金额已经退回"),
                Movement.REDEEM: N_("这个订单的服务券已经核销"),
            }[movement],
            remedy=N_("刷新页面查看最新进度"),
        )
    return False


def _standing(done: list[Done], movement: Movement) -> Done | None:
    return next((one for one in done if one.kind == movement), None)


def _held_by(done: list[Done]) -> Done:
    held = _standing(done, Movement.HOLD)
    if held is None:
        raise Conflict(N_("这个订单没有占用服务券"))
    return held


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
        reverses_id=done.id,
    )


def _ensure_undecided(done: list[Done]) -> None:
    for decided in (Movement.RELEASE, Movement.REDEEM):
        _repeated(done, decided, UUID(int=0), 0)


def _ensure_not_expired(voucher: LockedVoucher) -> None:
    if today() > voucher.expires_on:
        raise Conflict(
            N_("服务券已于 %(day)s 过期"),
            field="voucher",
            remedy=N_("仍在申领期内的项目可以重新申领"),
            day=voucher.expires_on.isoformat(),
        )


_parts: dict[UUID, bool] = {}
"""By version: the terms of an announced version never change, and vouchers are only issued on such."""


def _terms_allow_parts(session: Session, voucher: LockedVoucher) -> bool:
    version_id = voucher.version_id
    if version_id not in _parts:
        _parts[version_id] = terms_of(session.get_one(ProgrammeVersion, version_id)).partial_use
    return _parts[version_id]


def _return_rest(session: Session, actor: Actor, voucher: LockedVoucher, movement: Movement, *, cause: UUID) -> Wallet:
    result = move(
        session,
        actor,
        voucher,
        movement,
        source=voucher.account_id,
        target=account(session, AccountKind.POOL, voucher.programme_id),
        amount=voucher.wallet.available,
        # Made from the cause's id, so that the cause sent again moves nothing here either.
        transfer_id=uuid5(cause, movement.value),
    )
    allot(session, voucher.programme_id)
    return result
