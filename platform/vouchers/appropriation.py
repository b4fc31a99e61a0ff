"""Appropriating money to a programme: the treasury's deed, never the bureau's."""

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.passwords import reconfirmed
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.money import MAX_FEN
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import Posting, post
from vouchers.claiming import allot
from vouchers.duties import take_duty
from vouchers.models import Duty, Programme, ProgrammeState

_MOST: Final = MAX_FEN // 1000
"""Fen of one appropriation, so that a thousand of them can be added up."""


def appropriate(
    session: Session, actor: Actor, *, programme_id: UUID, amount: int, transfer_id: UUID, password: str
) -> int:
    """Put ``amount`` fen into the pool of a programme and let the claims in line move up; returns how many did.

    Only a budget holder of the programme's own treasury, who gives the password again. Conflict before the programme
    is announced and after it is settled.
    """
    programme = session.get(Programme, programme_id)
    if programme is None or programme.treasury_id != actor.organisation_id:
        raise not_here()
    if actor.role is not Role.BUDGET_HOLDER:
        raise NotAllowed(N_("只有财政部门的预算负责人可以拨入资金"))
    reconfirmed(session, actor, password)
    if programme.state in {ProgrammeState.DRAFT, ProgrammeState.CHECKED, ProgrammeState.SETTLED}:
        raise Conflict(N_("项目公布以后、结算以前才能拨入资金"))
    if amount <= 0:
        raise BadInput(N_("拨入金额应大于零"), field="amount")
    if amount > _MOST:
        raise BadInput(N_("金额超出可处理的范围"), field="amount")
    take_duty(session, actor, programme.id, Duty.PAYMENT)
    post(
        session,
        actor,
        [
            Posting(
                id=transfer_id,
                source=account(session, AccountKind.TREASURY, programme.id),
                target=account(session, AccountKind.POOL, programme.id),
                amount=amount,
                kind="appropriate",
                programme_id=programme.id,
                subject_type="programmes",
                subject_id=programme.id,
            )
        ],
    )
    record(session, actor, "programme.appropriate", programme, after={"amount": amount, "transfer": str(transfer_id)})
    return allot(session, programme.id)
