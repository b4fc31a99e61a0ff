"""Settlement batches: made and calculated by the bureau, approved by the treasury, never by one person."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.current import not_here
from accounts.models import Region
from audit.changes import change_state
from audit.decisions import decide
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.clock import now, today
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from foundation.money import display_yuan, format_yuan
from settlement.calculating import empty, ensure_by_todays_rules, work_out
from settlement.cases import inputs_of
from settlement.models import Batch, BatchState
from settlement.schemes import get_scheme
from settlement.states import BATCH
from vouchers.duties import judges, take_duty
from vouchers.models import Duty, Programme

MAKERS = frozenset({Role.OFFICER, Role.REVIEWER})


def draft(
    session: Session,
    actor: Actor,
    *,
    programme_number: str,
    period_from: date,
    period_to: date,
    inputs: Mapping[str, Any] | None = None,
) -> Batch:
    """Make a batch of a programme's orders verified in the period (both days included) and calculate it.

    ``inputs`` is what the scheme asks of the maker: facts of the case (yuan text by name), and ``awards`` and ``parts`` as
    ``set_award`` and ``decide_part`` keep them. BadInput when the period is wrong or holds no verified order that is not settled elsewhere.
    """
    programme = session.scalar(
        select(Programme)
        .join(Programme.region)
        .where(Programme.number == programme_number, Region.path.startswith(actor.region_path, autoescape=True))
    )
    if programme is None or actor.role not in MAKERS:
        raise not_here()
    actor = judges(session, actor, programme)
    if period_to < period_from:
        raise BadInput(N_("结算期间的结束日应不早于开始日"), field="period_to")
    if period_to > today():
        raise BadInput(N_("结算期间的结束日不能晚于今天"), field="period_to")
    scheme = get_scheme(programme.scheme_id)
    batch = Batch(
        number=new_number("PC", today()),
        programme=programme,
        scheme_id=scheme.id,
        scheme_version=scheme.version,
        period_from=period_from,
        period_to=period_to,
        state=BatchState.DRAFT,
        parameters={"inputs": inputs_of(scheme, inputs or {})},
        case={},
        result={},
        left_out=[],
    )
    session.add(batch)
    session.flush()
    record(session, actor, "batch.draft", batch, after={"number": batch.number, "programme": programme.number})
    return work_out(session, actor, batch)


def calculate(session: Session, actor: Actor, number: str) -> Batch:
    """Calculate again on what is verified now."""
    acting, batch = _to_calculate(session, actor, number)
    return work_out(session, acting, batch)


def set_award(session: Session, actor: Actor, number: str, *, provider: str, share: Decimal, reason: str) -> Batch:
    """Award a provider (by unified social credit code) ``share`` percent of its subsidy, say why, and calculate again.

    Above 0 and at most what the scheme allows, two decimals; 0 takes an award away. BadInput for anything else, and without a reason.
    """
    actor, batch = _to_calculate(session, actor, number)
    most = get_scheme(batch.scheme_id).most_award
    if most is None:
        raise BadInput(N_("这套补助办法没有绩效奖励"), field="share")
    if provider not in {row.order.provider.uscc for row in batch.orders}:
        raise not_here()
    if not share.is_finite() or not 0 <= share <= most or share != round(share, 2):
        raise BadInput(N_("绩效奖励比例应在 0 与 %(most)s 之间，最多两位小数"), field="share", most=most)
    award = {"share": float(share), "reason": said(reason)} if share else None
    decide(session, actor, "batch.award", batch, after={"uscc": provider, "share": str(share)}, note=_note(reason))
    return _decided(session, actor, batch, "awards", {provider: award})


def decide_part(session: Session, actor: Actor, number: str, *, order: str, amount: int | None, reason: str) -> Batch:
    """Pay only ``amount`` fen of what a claim redeemed (部分额度补助), say why, and calculate again; None pays it in full.

    ``order`` is the claim's number, which is the order's for its first claim.

    BadInput unless it is above nothing and below the deduction, and without a reason.
    """
    actor, batch = _to_calculate(session, actor, number)
    if not get_scheme(batch.scheme_id).asks.parts:
        raise BadInput(N_("这套补助办法没有部分额度补助"), field="amount")
    redeemed = next((row.claim.redeemed or 0 for row in batch.orders if row.claim.number == order), None)
    if redeemed is None:
        raise not_here()
    if amount is not None and not 0 < amount < redeemed:
        raise BadInput(N_("部分额度应大于零、小于抵扣金额 %(most)s"), field="amount", most=display_yuan(redeemed))
    part = None if amount is None else {"amount": format_yuan(amount), "reason": said(reason)}
    decide(session, actor, "batch.part", batch, after={"order": order, "part": amount}, note=_note(reason))
    return _decided(session, actor, batch, "parts", {order: part})


def review(session: Session, actor: Actor, number: str) -> Batch:
    """The maker vouches for the calculation and hands it to the treasury."""
    batch = locked(session, actor, number)
    BATCH.next(batch.state, "review", actor.role)
    actor = judges(session, actor, batch.programme)
    ensure_by_todays_rules(batch)
    change_state(session, actor, batch, BATCH, "review")
    batch.reviewed_by_id = actor.user_id
    batch.reviewed_at, batch.sent_back = now(), None
    session.flush()
    return batch


def withdraw(session: Session, actor: Actor, number: str, *, reason: str) -> Batch:
    """The bureau takes a batch back before it is approved; its orders are free for another one."""
    batch = locked(session, actor, number)
    BATCH.next(batch.state, "withdraw", actor.role)
    actor = judges(session, actor, batch.programme)
    change_state(session, actor, batch, BATCH, "withdraw", note=said(reason))
    empty(session, batch)
    return batch


def send_back(session: Session, actor: Actor, number: str, *, reason: str) -> Batch:
    """The treasury hands a batch back to the bureau and says why."""
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    BATCH.next(batch.state, "send_back", actor.role)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    batch.sent_back = said(reason)
    change_state(session, actor, batch, BATCH, "send_back", note=batch.sent_back)
    batch.reviewed_at = batch.reviewed_by_id = None
    session.flush()
    return batch


def find(session: Session, actor: Actor, number: str) -> Batch:
    """The batch with this number in the actor's region; NotFound otherwise."""
    batch = session.scalar(
        select(Batch).options(joinedload(Batch.programme).joinedload(Programme.treasury)).where(Batch.number == number)
    )
    if batch is None or not actor.sees_region(batch.programme.region.path):
        raise not_here()
    return batch


def locked(session: Session, actor: Actor, number: str) -> Batch:
    """The batch, its row locked and read anew."""
    return lock_row(session, Batch, find(session, actor, number).id)


def ensure_own_treasury(actor: Actor, batch: Batch) -> None:
    """NotAllowed unless the person works for the treasury that funds the programme."""
    if actor.organisation_id != batch.programme.treasury_id:
        raise NotAllowed(N_("只有拨入这个项目资金的财政部门可以办理"))


def said(reason: str) -> str:
    """A reason that says something; BadInput otherwise."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明原因，各方都会看到"), field="reason")
    return reason.strip()


def _to_calculate(session: Session, actor: Actor, number: str) -> tuple[Actor, Batch]:
    """The locked batch, and whoever may calculate it as the deed records it."""
    batch = locked(session, actor, number)
    BATCH.next(batch.state, "calculate", actor.role)
    return judges(session, actor, batch.programme), batch


def _decided(
    session: Session, actor: Actor, batch: Batch, kind: str, decision: Mapping[str, dict[str, Any] | None]
) -> Batch:
    """Keep a decision of the maker (None takes it away) and calculate again."""
    inputs = inputs_of(get_scheme(batch.scheme_id), batch.parameters["inputs"])
    inputs[kind] = {key: value for key, value in (inputs[kind] | dict(decision)).items() if value is not None}
    batch.parameters = {"inputs": inputs}
    return work_out(session, actor, batch)


def _note(reason: str) -> str | None:
    return reason.strip() or None
