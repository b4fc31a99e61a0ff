"""Settlement batches: made and calculated by the bureau, approved by the treasury, never by one person."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from accounts.current import not_here
from accounts.delegation import ensure_acts_for
from accounts.models import Region
from audit.changes import change_state
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.clock import at, day_of, now, today
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from orders.models import Order, OrderState
from orders.states import ENDED, ORDER

# The subscriber that keeps what a batch holds redeemed.
from settlement import undoing as _undoing  # noqa: F401
from settlement.cases import amounts, case_of, parameters_of, reasons, work
from settlement.models import Batch, BatchOrder, BatchState
from settlement.schemes import get_scheme
from settlement.states import BATCH
from verification.models import RedemptionClaim
from vouchers.models import Programme, Voucher
from vouchers.terms import current_terms

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

    ``inputs`` is what the scheme asks of the maker: ``envelope`` (yuan text) and ``award_share`` (percent) in Beijing.
    BadInput when the period is wrong or holds no verified order that is not settled elsewhere.
    """
    programme = session.scalar(
        select(Programme)
        .join(Programme.region)
        .where(Programme.number == programme_number, Region.path.startswith(actor.region_path, autoescape=True))
    )
    if programme is None or actor.role not in MAKERS:
        raise not_here()
    actor = ensure_acts_for(session, actor, programme.bureau_id, programme_id=programme.id)
    if period_to < period_from:
        raise BadInput(N_("结算期间的结束日应不早于开始日"), field="period_to")
    if period_to > today():
        raise BadInput(N_("结算期间的结束日不能晚于今天"), field="period_to")
    batch = Batch(
        number=new_number("PC", today()),
        programme=programme,
        scheme_id=programme.scheme_id,
        scheme_version=get_scheme(programme.scheme_id).version,
        period_from=period_from,
        period_to=period_to,
        state=BatchState.DRAFT,
        parameters={"inputs": dict(inputs or {})},
        case={},
        result={},
        left_out=[],
        maker_id=actor.user_id,
    )
    session.add(batch)
    session.flush()
    record(session, actor, "batch.draft", batch, after={"number": batch.number, "programme": programme.number})
    return _calculate(session, actor, batch)


def calculate(session: Session, actor: Actor, number: str) -> Batch:
    """Calculate again on what is verified now; whoever does it is the maker."""
    batch = locked(session, actor, number)
    actor = _of_own_bureau(session, actor, batch)
    BATCH.next(batch.state, "calculate", actor.role)
    batch.maker_id = actor.user_id
    return _calculate(session, actor, batch)


def review(session: Session, actor: Actor, number: str) -> Batch:
    """The maker vouches for the calculation and hands it to the treasury."""
    batch = locked(session, actor, number)
    actor = _of_own_bureau(session, actor, batch)
    change_state(session, actor, batch, BATCH, "review")
    batch.maker_id = actor.user_id
    batch.reviewed_at = now()
    session.flush()
    return batch


def withdraw(session: Session, actor: Actor, number: str, *, reason: str) -> Batch:
    """The bureau takes a batch back before it is approved; its orders are free for another one."""
    batch = locked(session, actor, number)
    actor = _of_own_bureau(session, actor, batch)
    change_state(session, actor, batch, BATCH, "withdraw", note=said(reason))
    session.execute(delete(BatchOrder).where(BatchOrder.batch_id == batch.id))
    return batch


def send_back(session: Session, actor: Actor, number: str, *, reason: str) -> Batch:
    """The treasury hands a batch back to the bureau and says why."""
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    change_state(session, actor, batch, BATCH, "send_back", note=said(reason))
    batch.reviewed_at = None
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


def _of_own_bureau(session: Session, actor: Actor, batch: Batch) -> Actor:
    """The actor as the deed records it; refused for another bureau without a delegation."""
    return ensure_acts_for(session, actor, batch.programme.bureau_id, programme_id=batch.programme_id)


def said(reason: str) -> str:
    """A reason that says something; BadInput otherwise."""
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明原因，各方都会看到"), field="reason")
    return reason.strip()


def _calculate(session: Session, actor: Actor, batch: Batch) -> Batch:
    """Work the scheme over what is verified now and keep case, answer and what was left out."""
    session.execute(delete(BatchOrder).where(BatchOrder.batch_id == batch.id))
    session.expire(batch, ["orders"])
    terms = current_terms(batch.programme)
    orders = _verified(session, batch)
    if not orders:
        raise BadInput(
            N_("这个期间没有待结算的已核销订单"),
            field="period_from",
            remedy=N_("改选期间；已列入其他批次的订单不重复结算"),
        )
    inputs = batch.parameters["inputs"]
    batch.parameters = parameters_of(terms) | {"inputs": inputs}
    batch.scheme_version = get_scheme(batch.scheme_id).version
    batch.case = case_of(batch.scheme_id, orders, terms, inputs)
    result = work(batch.scheme_id, batch.parameters, batch.case)
    paid = amounts(result)
    why = reasons(result)
    session.add_all(
        BatchOrder(batch_id=batch.id, order_id=order.id, provider_id=order.provider_id, amount=paid[order.number])
        for order in orders
    )
    batch.result = result.as_json()
    batch.total = result.total_fen
    batch.left_out = [_left_out(order, why[order.number], {}) for order in orders if order.number in why] + [
        _left_out(order, *reason) for order, reason in _not_verified(session, batch, {order.id for order in orders})
    ]
    change_state(session, actor, batch, BATCH, "calculate", note=f"{len(orders)}")
    return batch


def _verified(session: Session, batch: Batch) -> Sequence[Order]:
    """The programme's orders verified in the period that no batch holds, in the order in which they were placed."""
    query = (
        select(Order)
        .join(RedemptionClaim, RedemptionClaim.order_id == Order.id)
        .options(
            joinedload(Order.enterprise),
            joinedload(Order.provider),
            joinedload(Order.offering_version),
            joinedload(Order.agreement),
            joinedload(Order.voucher).joinedload(Voucher.programme_version),
        )
        .where(
            Order.programme_id == batch.programme_id,
            Order.state == OrderState.VERIFIED,
            RedemptionClaim.decided_at >= at(batch.period_from, 0),
            RedemptionClaim.decided_at < at(batch.period_to + timedelta(days=1), 0),
            Order.id.not_in(select(BatchOrder.order_id)),
        )
        .order_by(Order.placed_at, Order.id)
    )
    return session.scalars(query).unique().all()


def _not_verified(session: Session, batch: Batch, held: set[UUID]) -> list[tuple[Order, tuple[str, dict[str, str]]]]:
    """The programme's other living orders and why this batch does not hold them."""
    others = session.execute(
        select(Order, RedemptionClaim.decided_at, Batch.number)
        .outerjoin(RedemptionClaim, RedemptionClaim.order_id == Order.id)
        .outerjoin(BatchOrder, BatchOrder.order_id == Order.id)
        .outerjoin(Batch, Batch.id == BatchOrder.batch_id)
        .options(joinedload(Order.enterprise), joinedload(Order.provider), joinedload(Order.offering_version))
        .where(
            Order.programme_id == batch.programme_id,
            Order.state.not_in([*ENDED, OrderState.SETTLED]),
            Order.id.not_in(held),
        )
        .order_by(Order.placed_at, Order.id)
    ).all()
    return [(order, _why(order, decided_at, other)) for order, decided_at, other in others]


def _why(order: Order, decided_at: Any, other: str | None) -> tuple[str, dict[str, str]]:
    if other is not None:
        return N_("已列入批次 %(batch)s"), {"batch": other}
    if order.state is OrderState.VERIFIED and decided_at is not None:
        return N_("核销日 %(day)s 不在结算期间内"), {"day": day_of(decided_at).isoformat()}
    return ORDER.labels[order.state], {}


def _left_out(order: Order, reason: str, params: Mapping[str, str]) -> dict[str, Any]:
    """``reason`` is a msgid with ``params``, or the scheme's own filled sentence without."""
    return {
        "order": order.number,
        "enterprise": order.enterprise.name,
        "provider": order.provider.name,
        "provider_id": str(order.provider_id),
        "service": order.offering_version.name,
        "reason": reason,
        "params": dict(params),
    }


def ensure_replays(batch: Batch) -> None:
    """Conflict when the stored answer is not what the rules give today: then it must be calculated anew."""
    if work(batch.scheme_id, batch.parameters, batch.case).as_json() != batch.result:
        raise Conflict(
            N_("资金方案在计算之后有变化，结果不一致"), remedy=N_("退回主管部门重新计算"), rule=batch.scheme_version
        )
