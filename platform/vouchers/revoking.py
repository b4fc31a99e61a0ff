"""The bureau takes money back from a voucher: by reclaiming what is free, or by revoking the voucher.

Reclaiming moves money inside the programme, and the enterprise may claim again, so one person does it and gives the
password. Revoking says that the voucher should not have been issued: it needs a second person.
"""

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from accounts import second_person
from accounts.current import not_here
from accounts.models import SecondPersonRequest
from accounts.passwords import reconfirmed
from audit.decisions import decide
from foundation.actors import Actor, Role
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_rows
from vouchers.duties import judges
from vouchers.models import Voucher
from vouchers.redemption import return_rest
from vouchers.states import MOVEMENTS, Movement, ensure_movement
from vouchers.wallets import wallet

REVOKE: Final = "voucher.revoke"
_ASKING: Final = frozenset({Role.OFFICER, Role.REVIEWER})


def reclaim(session: Session, actor: Actor, *, voucher_id: UUID, reason: str, transfer_id: UUID, password: str) -> int:
    """The programme's bureau takes back what is free on a voucher; returns fen. Conflict when nothing is free."""
    voucher, actor = _own(session, actor, voucher_id)
    reconfirmed(session, actor, password)
    return _give_back(session, actor, voucher, Movement.RECLAIM, reason=reason, transfer_id=transfer_id)


def ask_to_revoke(session: Session, actor: Actor, *, voucher_id: UUID, reason: str) -> SecondPersonRequest:
    """Ask a reviewer of the bureau to revoke a voucher that should not have been issued; nothing moves yet."""
    voucher, actor = _own(session, actor, voucher_id)
    if actor.role not in _ASKING:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
    ensure_movement(voucher.state, Movement.REVOKE, Role.REVIEWER)
    amount = wallet(session, voucher).available
    if not amount:
        raise _nothing_free()
    return second_person.ask(session, actor, voucher, REVOKE, reason=reason, facts={"amount": amount})


def revoke(session: Session, actor: Actor, *, voucher_id: UUID, transfer_id: UUID, password: str) -> int:
    """Revoke a voucher as the second person; what is free then goes back to the pool. Returns fen."""
    voucher, actor = _own(session, actor, voucher_id)
    if actor.role not in MOVEMENTS[Movement.REVOKE][1]:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
    reconfirmed(session, actor, password)
    request = second_person.carry_out(session, actor, voucher, REVOKE)
    return _give_back(session, actor, voucher, Movement.REVOKE, reason=request.reason, transfer_id=transfer_id)


def decline_revoking(session: Session, actor: Actor, *, voucher_id: UUID, reason: str) -> None:
    """Do not revoke the voucher; whoever asked takes it back."""
    voucher, actor = _own(session, actor, voucher_id)
    second_person.decline(session, actor, voucher, REVOKE, reason=reason)


def _own(session: Session, actor: Actor, voucher_id: UUID) -> tuple[Voucher, Actor]:
    """The voucher, locked, and the actor as the deed records it: whoever decides is on the side of eligibility."""
    rows = lock_rows(session, Voucher, [voucher_id])
    if not rows:
        raise not_here()
    (voucher,) = rows
    return voucher, judges(session, actor, voucher.programme)


def _give_back(
    session: Session, actor: Actor, voucher: Voucher, movement: Movement, *, reason: str, transfer_id: UUID
) -> int:
    ensure_movement(voucher.state, movement, actor.role)
    amount = return_rest(session, actor, voucher.id, movement, transfer_id=transfer_id)
    if not amount:
        raise _nothing_free()
    decide(session, actor, f"voucher.{movement.value}_reason", voucher, after={"amount": amount}, note=reason)
    return amount


def _nothing_free() -> Conflict:
    return Conflict(N_("服务券上没有可收回的余额"), remedy=N_("已占用的金额要等订单结束"))
