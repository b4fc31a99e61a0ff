"""Money that goes back to the treasury: a wrong appropriation taken back, and what a closed programme leaves unspent.

Both are asked for by a budget holder with the reason and carried out by a second person of the same treasury, who gives
the password again. Both take from the pool, so only one of them is open at a time, and both check it under its lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import second_person
from accounts.current import not_here
from accounts.models import SecondPersonRequest, User
from accounts.passwords import reconfirmed
from audit.decisions import decide
from foundation.actors import TREASURY, Actor, Role
from foundation.errors import BadInput, Conflict, Exhausted, NotAllowed
from foundation.i18n import N_
from foundation.money import display_yuan
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, ensure_covers, post
from ledger.shortfall import cover
from vouchers.duties import take_duty
from vouchers.models import Duty, Programme, ProgrammeState, VoucherClaim
from vouchers.states import IN_LINE

TAKE_BACK: Final = "programme.take_back"
RETURN: Final = "programme.return"
DEEDS: Final = (TAKE_BACK, RETURN)

_made: Final = Transfer.__table__.alias("made")


@dataclass(frozen=True, slots=True)
class Appropriation:
    """A transfer from the treasury into the pool, who made it, and fen of it that were not taken back yet."""

    id: UUID
    at: datetime
    by: str
    amount: int
    left: int


def appropriations(session: Session, programme_id: UUID) -> Sequence[Appropriation]:
    """All appropriations of a programme, newest first."""
    taken = (
        select(func.coalesce(func.sum(Transfer.amount), 0))
        .where(
            Transfer.subject_type == "ledger_transfers",
            Transfer.subject_id == _made.c.id,
            Transfer.kind == "take_back",
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(_made, User.name, (_made.c.amount - taken).label("left"))
        .outerjoin(User, User.id == _made.c.user_id)
        .where(_made.c.kind == "appropriate", _made.c.programme_id == programme_id)
        .order_by(_made.c.sequence.desc())
    )
    return [Appropriation(row.id, row.posted_at, row.name or "", row.amount, int(row.left)) for row in rows]


def ask_to_take_back(
    session: Session, actor: Actor, *, programme_id: UUID, appropriation_id: UUID, amount: int, reason: str
) -> SecondPersonRequest:
    """Ask to take back ``amount`` fen of an appropriation that was wrong; nothing moves yet.

    BadInput when it is more than the appropriation still is, Exhausted when the pool does not hold it.
    """
    programme = _own(session, actor, programme_id)
    _ensure_asks(session, actor, programme)
    _ensure_of(session, programme, appropriation_id, amount)
    _ensure_pool(session, actor, programme, amount)
    facts = {"transfer": str(appropriation_id), "amount": amount}
    return second_person.ask(session, actor, programme, TAKE_BACK, reason=reason, facts=facts)


def take_back(session: Session, actor: Actor, *, programme_id: UUID, transfer_id: UUID, password: str) -> int:
    """Take back what was asked for, as the second person; returns fen.

    The whole of an appropriation goes back by its linked opposite transfer, a part of it by a transfer of its own that
    names the appropriation; all of them together never exceed it.
    """
    programme, request = _second(session, actor, programme_id, TAKE_BACK, password)
    appropriation_id, amount = UUID(request.facts["transfer"]), int(request.facts["amount"])
    pool = _ensure_pool(session, actor, programme, amount)
    whole = _ensure_of(session, programme, appropriation_id, amount).amount == amount
    _post(
        session,
        actor,
        Posting(
            id=transfer_id,
            source=pool,
            target=account(session, AccountKind.TREASURY, programme.id),
            amount=amount,
            kind="take_back",
            programme_id=programme.id,
            subject_type="ledger_transfers",
            subject_id=appropriation_id,
            reverses_id=appropriation_id if whole else None,
        ),
        programme,
        request,
    )
    return amount


def ask_to_return(
    session: Session, actor: Actor, *, programme_id: UUID, amount: int, reason: str
) -> SecondPersonRequest:
    """Ask to return ``amount`` fen of a closed programme's pool to the treasury; nothing moves yet."""
    programme = _own(session, actor, programme_id)
    _ensure_asks(session, actor, programme)
    _ensure_over(session, programme)
    if amount <= 0:
        raise BadInput(N_("退回金额应大于零"), field="amount")
    _ensure_pool(session, actor, programme, amount)
    return second_person.ask(session, actor, programme, RETURN, reason=reason, facts={"amount": amount})


def return_unspent(session: Session, actor: Actor, *, programme_id: UUID, transfer_id: UUID, password: str) -> int:
    """Return to the treasury what was asked for, as the second person; returns fen.

    What comes back to the pool later, from vouchers that end, is returned in the same way.
    """
    programme, request = _second(session, actor, programme_id, RETURN, password)
    amount = int(request.facts["amount"])
    # First the pool, under whose lock the line is decided, and then the look at the line.
    pool = _ensure_pool(session, actor, programme, amount)
    _ensure_over(session, programme)
    _post(
        session,
        actor,
        Posting(
            id=transfer_id,
            source=pool,
            target=account(session, AccountKind.RETURNED, programme.id),
            amount=amount,
            kind="return",
            programme_id=programme.id,
            subject_type="programmes",
            subject_id=programme.id,
        ),
        programme,
        request,
    )
    return amount


def decline(session: Session, actor: Actor, *, programme_id: UUID, deed: str, reason: str) -> None:
    """Do not carry out what a colleague asked for; whoever asked takes it back."""
    programme = _own(session, actor, programme_id)
    take_duty(session, actor, programme.id, Duty.PAYMENT)
    second_person.decline(session, actor, programme, deed, reason=reason)


def _own(session: Session, actor: Actor, programme_id: UUID) -> Programme:
    programme = session.get(Programme, programme_id)
    if programme is None or programme.treasury_id != actor.organisation_id:
        raise not_here()
    if actor.role not in TREASURY:
        raise NotAllowed(N_("只有财政部门的工作人员可以办理"))
    return programme


def _ensure_asks(session: Session, actor: Actor, programme: Programme) -> None:
    if actor.role is not Role.BUDGET_HOLDER:
        raise NotAllowed(N_("只有财政部门的预算负责人可以提出"))
    # Under the pool's lock, so that two people do not ask for the same money at once.
    ensure_covers(session, account(session, AccountKind.POOL, programme.id), 0)
    if any(second_person.asked_for(session, programme, deed) for deed in DEEDS):
        raise Conflict(N_("这个项目已有一项退回财政的申请等待复核"), remedy=N_("先办理或撤回那一项"))
    take_duty(session, actor, programme.id, Duty.PAYMENT)


def _second(
    session: Session, actor: Actor, programme_id: UUID, deed: str, password: str
) -> tuple[Programme, SecondPersonRequest]:
    programme = _own(session, actor, programme_id)
    reconfirmed(session, actor, password)
    take_duty(session, actor, programme.id, Duty.PAYMENT)
    return programme, second_person.carry_out(session, actor, programme, deed)


def _ensure_of(session: Session, programme: Programme, appropriation_id: UUID, amount: int) -> Appropriation:
    made = next((one for one in appropriations(session, programme.id) if one.id == appropriation_id), None)
    if made is None:
        raise BadInput(N_("请选择要更正的一笔拨款"), field="appropriation")
    if amount <= 0:
        raise BadInput(N_("退回金额应大于零"), field="amount")
    if amount > made.left:
        raise BadInput(N_("这笔拨款还有 %(left)s 未退回，不能退回更多"), field="amount", left=display_yuan(made.left))
    return made


def _ensure_pool(session: Session, actor: Actor, programme: Programme, amount: int) -> UUID:
    """The pool, locked; Exhausted when it does not hold ``amount``."""
    pool = account(session, AccountKind.POOL, programme.id)
    # What a correction is short of goes first.
    held = cover(session, actor, pool, programme.id, ensure_covers(session, pool, 0))
    if held < amount:
        raise Exhausted(
            N_("资金池现有 %(held)s，不够退回 %(amount)s"),
            field="amount",
            remedy=N_("减少退回金额；以后有资金回到资金池，可以再退"),
            held=display_yuan(held),
            amount=display_yuan(amount),
        )
    return pool


def _ensure_over(session: Session, programme: Programme) -> None:
    if programme.state not in {ProgrammeState.CLOSED, ProgrammeState.SETTLED}:
        raise Conflict(N_("申领结束以后才能退回结余"))
    waiting = select(VoucherClaim.id).where(VoucherClaim.programme_id == programme.id, VoucherClaim.state.in_(IN_LINE))
    if session.scalar(waiting.limit(1)) is not None:
        raise Conflict(N_("还有企业在排队，资金要先按顺位发放"), remedy=N_("候补结束以后再退回结余"))


def _post(session: Session, actor: Actor, posting: Posting, programme: Programme, request: SecondPersonRequest) -> None:
    post(session, actor, [posting])
    after = {"amount": posting.amount, "transfer": str(posting.id)}
    if request.deed == TAKE_BACK:
        decide(session, actor, "programme.take_back", programme, after=after, note=request.reason)
    else:
        decide(session, actor, "programme.return", programme, after=after, note=request.reason)
