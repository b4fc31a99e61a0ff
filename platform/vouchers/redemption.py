"""Holding, releasing and redeeming the money of a voucher for an order: two phases, each exactly once.

Phase one is ``hold`` when the order is placed: the money leaves what the enterprise can use and lies on the order's own
account. Phase two is either ``redeem`` (the service was verified: the money becomes payable to the provider) or
``release`` (the order ended without it: the money goes back to the voucher). Which of the two comes first wins; the
other is refused. An order is held once in its life; it never takes money a second time.

Every verb locks the voucher's row first and checks afterwards, so two orders that reach for the same last yuan wait for
each other, and the second sees what the first took. ``transfer_id`` is made by the caller: the same call sent again
moves nothing and succeeds, the same id with other content is refused. Below the code stand the ledger's constraints:
no balance under zero, and one hold, release and redemption an order.
"""

from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.trail import record
from foundation.actors import ENTERPRISE, Actor
from foundation.clock import today
from foundation.errors import BadInput, Conflict, Exhausted
from foundation.i18n import N_
from foundation.locking import lock_rows
from foundation.money import display_yuan
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, post
from vouchers.claiming import allot
from vouchers.models import ProgrammeVersion, Voucher
from vouchers.states import Movement, Wallet, ensure_movement
from vouchers.terms import terms_of
from vouchers.wallets import after, leg, next_state, wallet


def hold(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, amount: int, transfer_id: UUID) -> Wallet:
    """Set ``amount`` fen of a voucher aside for an order.

    NotFound for another enterprise's voucher, Conflict when it has expired, cannot be used, is a whole one that another
    order uses, or when the order holds money already; Exhausted when less is left.
    """
    voucher, movements = _locked(session, actor, voucher_id, order_id)
    if _repeated(movements, Movement.HOLD, transfer_id, amount):
        return wallet(session, voucher)
    if amount <= 0:
        raise BadInput(N_("占用金额应大于零"), field="amount")
    ensure_movement(voucher.state, Movement.HOLD, actor.role)
    _ensure_not_expired(voucher)
    before = wallet(session, voucher)
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
    target = account(session, AccountKind.HOLD, voucher.programme_id, order_id)
    posting = leg(
        voucher,
        Movement.HOLD,
        source=voucher.account_id,
        target=target,
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )
    return _move(session, actor, voucher, before, posting)


def release(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, transfer_id: UUID) -> Wallet:
    """Give back to the voucher all that an order holds; on an expired voucher it goes on to the programme's pool.

    Conflict when the order holds nothing, has been redeemed or was released before by another call.
    """
    voucher, movements = _locked(session, actor, voucher_id, order_id)
    held = _held_by(movements)
    if _repeated(movements, Movement.RELEASE, transfer_id, held.amount):
        return wallet(session, voucher)
    _ensure_undecided(movements)
    ensure_movement(voucher.state, Movement.RELEASE, actor.role)
    before = wallet(session, voucher)
    back = leg(
        voucher,
        Movement.RELEASE,
        source=held.target_id,
        target=voucher.account_id,
        amount=held.amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )
    result = _move(session, actor, voucher, before, back)
    if today() > voucher.expires_on:
        result = _return_rest(session, actor, voucher, result, movement=Movement.EXPIRE, cause=transfer_id)
    return result


def redeem(
    session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, provider_id: UUID, transfer_id: UUID
) -> Wallet:
    """Make all that an order holds payable to the provider: the service was verified.

    Works after the voucher's last day too, because the money was set aside in time. A voucher that is good for one
    order only gives no change: its rest goes back to the pool. Conflict when the order holds nothing, was released, or
    was redeemed before by another call.
    """
    voucher, movements = _locked(session, actor, voucher_id, order_id)
    held = _held_by(movements)
    if _repeated(movements, Movement.REDEEM, transfer_id, held.amount):
        return wallet(session, voucher)
    _ensure_undecided(movements)
    ensure_movement(voucher.state, Movement.REDEEM, actor.role)
    before = wallet(session, voucher)
    payable = account(session, AccountKind.PAYABLE, voucher.programme_id, provider_id)
    pay = leg(
        voucher,
        Movement.REDEEM,
        source=held.target_id,
        target=payable,
        amount=held.amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )
    result = _move(session, actor, voucher, before, pay)
    if result.available and not _terms_allow_parts(session, voucher):
        result = _return_rest(session, actor, voucher, result, movement=Movement.RECLAIM, cause=transfer_id)
    return result


def return_rest(session: Session, actor: Actor, voucher: Voucher, movement: Movement, *, transfer_id: UUID) -> int:
    """Send what is free on a locked voucher back to the pool (expire, reclaim, revoke); returns fen, 0 when none is."""
    before = wallet(session, voucher)
    if before.available:
        ensure_movement(voucher.state, movement, actor.role)
        _return_rest(session, actor, voucher, before, movement=movement, cause=transfer_id)
    return before.available


def _locked(session: Session, actor: Actor, voucher_id: UUID, order_id: UUID) -> tuple[Voucher, list[Transfer]]:
    rows = lock_rows(session, Voucher, [voucher_id])
    if not rows or (actor.role in ENTERPRISE and rows[0].enterprise_id != actor.organisation_id):
        raise not_here()
    query = select(Transfer).where(Transfer.subject_type == "orders", Transfer.subject_id == order_id)
    movements = list(session.scalars(query.order_by(Transfer.posted_at, Transfer.id)))
    if any(move.kind == Movement.HOLD and move.source_id != rows[0].account_id for move in movements):
        raise not_here()
    return rows[0], movements


def _repeated(movements: list[Transfer], movement: Movement, transfer_id: UUID, amount: int) -> bool:
    """Whether this very call was made before; Conflict when another one did the same to the order."""
    for move in movements:
        if move.kind != movement:
            continue
        if move.id == transfer_id and move.amount == amount:
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


def _held_by(movements: list[Transfer]) -> Transfer:
    for move in movements:
        if move.kind == Movement.HOLD:
            return move
    raise Conflict(N_("这个订单没有占用服务券"))


def _ensure_undecided(movements: list[Transfer]) -> None:
    for decided in (Movement.RELEASE, Movement.REDEEM):
        _repeated(movements, decided, UUID(int=0), 0)


def _ensure_not_expired(voucher: Voucher) -> None:
    last: date = voucher.expires_on
    if today() > last:
        raise Conflict(
            N_("服务券已于 %(day)s 过期"),
            field="voucher",
            remedy=N_("仍在申领期内的项目可以重新申领"),
            day=last.isoformat(),
        )


_parts: dict[UUID, bool] = {}
"""By version: the terms of an announced version never change, and vouchers are only issued on such."""


def _terms_allow_parts(session: Session, voucher: Voucher) -> bool:
    version_id = voucher.programme_version_id
    if version_id not in _parts:
        _parts[version_id] = terms_of(session.get_one(ProgrammeVersion, version_id)).partial_use
    return _parts[version_id]


def _return_rest(
    session: Session, actor: Actor, voucher: Voucher, before: Wallet, *, movement: Movement, cause: UUID
) -> Wallet:
    rest = leg(
        voucher,
        movement,
        source=voucher.account_id,
        target=account(session, AccountKind.POOL, voucher.programme_id),
        amount=before.available,
        # Made from the cause's id, so that the cause sent again moves nothing here either.
        transfer_id=uuid5(cause, movement.value),
    )
    result = _move(session, actor, voucher, before, rest)
    allot(session, voucher.programme_id)
    return result


def _move(session: Session, actor: Actor, voucher: Voucher, before: Wallet, posting: Posting) -> Wallet:
    movement = Movement(posting.kind)
    post(session, actor, [posting])
    result = after(before, movement, posting.amount)
    state = voucher.state
    voucher.state = next_state(voucher, movement, result)
    record(
        session,
        actor,
        f"voucher.{movement.value}",
        voucher,
        before={"state": state.value, "available": before.available, "held": before.held},
        after={"state": voucher.state.value, "available": result.available, "held": result.held},
    )
    session.flush()
    return result
