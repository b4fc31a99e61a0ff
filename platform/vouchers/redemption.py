"""Holding, releasing and redeeming the money of a voucher for an order: two phases, no fen twice.

Phase one is ``hold`` when the order is placed: the money leaves what the enterprise can use and lies on the order's own
account. Phase two is done in parts: ``redeem`` makes an amount of it payable to the provider, once for each claim (the
service was verified); ``release_part`` gives back what the decision on a claim does not pay; ``release`` gives back all
that is left when the order ends. The parts together are never more than what was held. An order is held once in its
life; it never takes money a second time. A wrong redemption is taken back by ``taking_back.undo_redemption``.

Every verb locks the voucher's row first and checks afterwards, so two orders that reach for the same last yuan wait for
each other, and the second sees what the first took. ``transfer_id`` is made by the caller: the same call sent again
moves nothing and succeeds, the same id with other content is refused. Below the code stand the ledger's constraints:
no balance under zero, one hold and release an order, one redemption a claim.
"""

from collections.abc import Mapping, Sequence
from typing import Final
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
from ledger.models import AccountKind
from vouchers.claiming import allot
from vouchers.models import ProgrammeVersion
from vouchers.moving import Done, LockedVoucher, Station, locked, move
from vouchers.states import Movement, Wallet, ensure_movement
from vouchers.terms import terms_of


def hold(
    session: Session,
    actor: Actor,
    *,
    voucher_id: UUID,
    order_id: UUID,
    amount: int,
    transfer_id: UUID,
    found: LockedVoucher | None = None,
) -> Wallet:
    """Set ``amount`` fen of a voucher aside for an order; ``found`` is what ``locked_for`` found of both before.

    NotFound for another enterprise's voucher, Conflict when it has expired, cannot be used, is a whole one that another
    order uses, or when the order holds money already; Exhausted when less is left.
    """
    voucher = found or locked_for(session, actor, voucher_id, order_id)
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
        target=voucher.hold_id or new_id(),
        opens=None if voucher.hold_id else Station(AccountKind.HOLD, order_id),
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
    )


def release(session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, transfer_id: UUID) -> Wallet:
    """Give back to the voucher all that an order still holds: it has ended. See ``release_part`` for where it goes on to.

    Conflict when the order holds nothing, has been redeemed whole or was released before by another call.
    """
    voucher = locked_for(session, actor, voucher_id, order_id)
    if _repeated(voucher.done, Movement.RELEASE, transfer_id):
        return voucher.wallet
    _ensure_undecided(voucher)
    return _back(
        session, actor, voucher, Movement.RELEASE, amount=voucher.hold, transfer_id=transfer_id, order_id=order_id
    )


def release_part(
    session: Session, actor: Actor, *, voucher_id: UUID, order_id: UUID, claim_id: UUID, amount: int, transfer_id: UUID
) -> Wallet:
    """Give back to the voucher ``amount`` fen of what an order holds: what the decision on a claim does not pay.

    On an expired or revoked voucher, and on one that is good for one order only, it goes on to the programme's pool.
    Conflict when the order holds nothing, Exhausted when it holds less.
    """
    voucher = locked_for(session, actor, voucher_id, order_id, claim_id=claim_id)
    # One decision releases once, but a claim whose redemption was taken back is decided again.
    if any(one.id == transfer_id and one.amount == amount for one in voucher.done):
        return voucher.wallet
    _ensure_holds(voucher, amount)
    return _back(
        session,
        actor,
        voucher,
        Movement.RELEASE_PART,
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
        claim_id=claim_id,
    )


def redeem(
    session: Session,
    actor: Actor,
    *,
    voucher_id: UUID,
    order_id: UUID,
    claim_id: UUID,
    provider_id: UUID,
    transfer_id: UUID,
    amount: int | None = None,
    held: bool = False,
) -> Wallet:
    """Make ``amount`` fen of what an order holds payable to the provider (None: all of it): a claim was verified.

    Works after the voucher's last day too, because the money was set aside in time. A voucher that is good for one
    order only gives no change: its rest goes back to the pool. Conflict when the order holds nothing, was released, or
    the claim was redeemed before by another call; Exhausted when the order holds less. ``held`` as for ``locked_for``.
    """
    provider = Station(AccountKind.PAYABLE, provider_id)
    voucher = locked_for(session, actor, voucher_id, order_id, claim_id=claim_id, station=provider, held=held)
    if _repeated(voucher.done, Movement.REDEEM, transfer_id, amount):
        return voucher.wallet
    amount = voucher.hold if amount is None else amount
    _ensure_holds(voucher, amount)
    ensure_movement(voucher.state, Movement.REDEEM, actor.role)
    undone = standing(voucher.done, Movement.UNDO_REDEEM)
    result = move(
        session,
        actor,
        voucher,
        Movement.REDEEM,
        source=_account_of(voucher),
        target=voucher.station_id or account(session, provider.kind, voucher.programme_id, provider_id),
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
        claim_id=claim_id,
        reverses_id=undone.id if undone else None,
    )
    if result.available and not _terms_allow_parts(session, voucher):
        result = _return_rest(session, actor, voucher, Movement.RECLAIM, cause=transfer_id)
    return result


def return_rest(session: Session, actor: Actor, voucher_id: UUID, movement: Movement, *, transfer_id: UUID) -> int:
    """Send what is free on a locked voucher back to the pool (expire, reclaim, revoke); returns fen, 0 when none is."""
    voucher = locked(session, voucher_id)
    amount = voucher.wallet.available if voucher else 0
    if voucher and amount:
        ensure_movement(voucher.state, movement, actor.role)
        _return_rest(session, actor, voucher, movement, cause=transfer_id)
    return amount


def locked_for(
    session: Session,
    actor: Actor,
    voucher_id: UUID,
    order_id: UUID,
    *,
    claim_id: UUID | None = None,
    station: Station | None = None,
    held: bool = False,
) -> LockedVoucher:
    """The locked voucher (``held``: locked before) with what order and claim did; NotFound for somebody else's, or order."""
    voucher = locked(session, voucher_id, order_id=order_id, claim_id=claim_id, station=station, held=held)
    if voucher is None or (actor.role in ENTERPRISE and voucher.enterprise_id != actor.organisation_id):
        raise not_here()
    if any(done.kind == Movement.HOLD and done.source_id != voucher.account_id for done in voucher.done):
        raise not_here()
    return voucher


def standing(done: Sequence[Done], movement: Movement) -> Done | None:
    """The movement of this kind that was made and not taken back."""
    return next((one for one in done if one.kind == movement), None)


_SAID: Final[Mapping[Movement, str]] = {
    Movement.HOLD: N_("这个订单已经占用过服务券"),
    Movement.RELEASE: N_("这个订单占用的金额已经退回"),
    Movement.REDEEM: N_("这个订单的服务券已经核销"),
}


def _repeated(done: Sequence[Done], movement: Movement, transfer_id: UUID, amount: int | None = None) -> bool:
    """Whether this very call was made before; Conflict when another one did the same to the order or the claim."""
    one = standing(done, movement)
    if one is None:
        return False
    if one.id == transfer_id and amount in {None, one.amount}:
        return True
    raise Conflict(_SAID[movement], remedy=N_("刷新页面查看最新进度"))


def _ensure_undecided(voucher: LockedVoucher) -> None:
    """Conflict unless something is still held."""
    if standing(voucher.done, Movement.HOLD) is None:
        raise Conflict(N_("这个订单没有占用服务券"))
    if not voucher.hold:
        gone = standing(voucher.done, Movement.RELEASE) is not None
        raise Conflict(_SAID[Movement.RELEASE if gone else Movement.REDEEM], remedy=N_("刷新页面查看最新进度"))


def _ensure_holds(voucher: LockedVoucher, amount: int) -> None:
    """Conflict when nothing is held any more, BadInput for no amount, Exhausted when less than ``amount`` is held."""
    _ensure_undecided(voucher)
    if amount <= 0:
        raise BadInput(N_("金额应大于零"), field="amount")
    if amount > voucher.hold:
        raise Exhausted(
            N_("订单占用的金额只剩 %(held)s，不够 %(amount)s"),
            field="amount",
            remedy=N_("刷新页面查看最新进度"),
            held=display_yuan(voucher.hold),
            amount=display_yuan(amount),
        )


def _account_of(voucher: LockedVoucher) -> UUID:
    """The order's own account; it is open, because something was held."""
    if voucher.hold_id is None:
        raise ValueError("nothing was ever held")
    return voucher.hold_id


def _back(
    session: Session,
    actor: Actor,
    voucher: LockedVoucher,
    movement: Movement,
    *,
    amount: int,
    transfer_id: UUID,
    order_id: UUID,
    claim_id: UUID | None = None,
) -> Wallet:
    """Held money goes back to the voucher, and on to the pool where nobody could use it there."""
    ensure_movement(voucher.state, movement, actor.role)
    result = move(
        session,
        actor,
        voucher,
        movement,
        source=_account_of(voucher),
        target=voucher.account_id,
        amount=amount,
        transfer_id=transfer_id,
        order_id=order_id,
        claim_id=claim_id,
    )
    if today() > voucher.expires_on:
        return _return_rest(session, actor, voucher, Movement.EXPIRE, cause=transfer_id)
    if voucher.ended_by is Movement.REVOKE:
        # What the order held could not go back when the voucher was revoked; nobody uses it again.
        return _return_rest(session, actor, voucher, Movement.REVOKE, cause=transfer_id)
    if result.redeemed and not _terms_allow_parts(session, voucher):
        return _return_rest(session, actor, voucher, Movement.RECLAIM, cause=transfer_id)
    return result


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
