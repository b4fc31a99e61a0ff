"""Working a batch out: which claims it holds, by which rules, and what follows for each order and provider."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete, exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from audit.changes import change_state
from foundation.actors import Actor
from foundation.clock import at, day_of
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from orders.models import Order, OrderState
from orders.states import ENDED, ORDER
from policies.versions import row_of
from settlement.cases import amounts, case_of, inputs_of, reasons
from settlement.models import Batch, BatchAward, BatchOrder
from settlement.rules import figures, worked
from settlement.schemes import SchemeResult, get_scheme, shipped, simulate
from settlement.states import BATCH
from settlement.totals import settled_before
from verification.models import RedemptionClaim, RedemptionState
from verification.standing import order_state
from vouchers.models import Voucher


def work_out(session: Session, actor: Actor, batch: Batch) -> Batch:
    """Work the scheme over what is verified now and keep case, answer and what was left out."""
    empty(session, batch)
    claims = _verified(session, batch)
    if not claims:
        raise BadInput(
            N_("这个期间没有待结算的已核销订单"),
            field="period_from",
            remedy=N_("改选期间；已列入其他批次的订单不重复结算"),
        )
    rows = [
        BatchOrder(batch_id=batch.id, order=claim.order, claim=claim, provider_id=claim.order.provider_id, amount=0)
        for claim in claims
    ]
    session.add_all(rows)
    session.flush()
    batch.calculated_by_id = actor.user_id
    scheme = get_scheme(batch.scheme_id)
    inputs = inputs_of(scheme, batch.parameters["inputs"])
    batch.parameters = {"inputs": inputs}
    batch.rules = row_of(session, shipped(batch.scheme_id))
    batch.scheme_version = batch.rules.version
    before = settled_before(session, batch)
    batch.case = case_of(scheme, batch.programme.number, claims, inputs, before)
    result = worked(batch)
    paid, why = amounts(result), reasons(result)
    withheld = {number: fen for line in result.lines for number, fen in line.withheld_fen.items()}
    for row in rows:
        row.amount, row.withheld = paid[row.claim.number], withheld.get(row.claim.number, 0)
    session.add_all(_awards(batch, result, [claim.order for claim in claims], inputs["awards"]))
    batch.result = result.as_json()
    batch.total = result.total_fen
    batch.left_out = [
        _left_out(claim.order, claim.number, why[claim.number], {}) for claim in claims if claim.number in why
    ] + [_left_out(order, number, *reason) for order, number, reason in _not_verified(session, batch)]
    change_state(session, actor, batch, BATCH, "calculate", note=f"{len({claim.order_id for claim in claims})}")
    return batch


def _awards(
    batch: Batch, result: SchemeResult, orders: Sequence[Order], given: Mapping[str, Any]
) -> Iterator[BatchAward]:
    """The awards of the batch's providers; one whose orders are gone from the batch has none."""
    providers = {order.provider.uscc: order.provider_id for order in orders}
    for line in result.lines:
        if line.id in given and line.id in providers:
            award = given[line.id]
            yield BatchAward(
                batch_id=batch.id,
                provider_id=providers[line.id],
                share=Decimal(str(award["share"])),
                reason=award["reason"],
                amount=line.award_fen,
            )


def _verified(session: Session, batch: Batch) -> Sequence[RedemptionClaim]:
    """The programme's claims verified in the period that no batch holds, in the order in which orders were placed."""
    query = (
        select(RedemptionClaim)
        .join(RedemptionClaim.order)
        .options(
            contains_eager(RedemptionClaim.order).options(
                joinedload(Order.enterprise),
                joinedload(Order.provider),
                joinedload(Order.offering_version),
                joinedload(Order.agreement),
                joinedload(Order.voucher).joinedload(Voucher.programme_version),
            )
        )
        .where(
            Order.programme_id == batch.programme_id,
            RedemptionClaim.state == RedemptionState.VERIFIED,
            RedemptionClaim.decided_at >= at(batch.period_from, 0),
            RedemptionClaim.decided_at < at(batch.period_to + timedelta(days=1), 0),
            ~exists().where(BatchOrder.claim_id == RedemptionClaim.id),
        )
        .order_by(Order.placed_at, Order.id, RedemptionClaim.submitted_at, RedemptionClaim.id)
    )
    return session.scalars(query).unique().all()


def _not_verified(session: Session, batch: Batch) -> list[tuple[Order, str, tuple[str, dict[str, str]]]]:
    """The programme's other living orders, or claims of them, with their numbers, and why this batch does not hold them."""
    others = session.execute(
        select(Order, RedemptionClaim, Batch.number)
        .outerjoin(
            RedemptionClaim,
            and_(RedemptionClaim.order_id == Order.id, RedemptionClaim.state != RedemptionState.REJECTED),
        )
        .outerjoin(BatchOrder, BatchOrder.claim_id == RedemptionClaim.id)
        .outerjoin(Batch, Batch.id == BatchOrder.batch_id)
        .options(joinedload(Order.enterprise), joinedload(Order.provider), joinedload(Order.offering_version))
        .where(
            Order.programme_id == batch.programme_id,
            Order.state.not_in([*ENDED, OrderState.SETTLED]),
            RedemptionClaim.state.is_distinct_from(RedemptionState.SETTLED),
            BatchOrder.batch_id.is_distinct_from(batch.id),
        )
        .order_by(Order.placed_at, Order.id, RedemptionClaim.submitted_at, RedemptionClaim.id)
    ).all()
    return [
        (order, claim.number if claim else order.number, _why(order, claim, other)) for order, claim, other in others
    ]


def _why(order: Order, claim: RedemptionClaim | None, other: str | None) -> tuple[str, dict[str, str]]:
    if other is not None:
        return N_("已列入批次 %(batch)s"), {"batch": other}
    if claim is not None and claim.state is RedemptionState.VERIFIED and claim.decided_at is not None:
        return N_("核销日 %(day)s 不在结算期间内"), {"day": day_of(claim.decided_at).isoformat()}
    state = order_state([claim.state], rest=False) if claim else None
    return ORDER.labels[state or order.state], {}


def _left_out(order: Order, number: str, reason: str, params: Mapping[str, str]) -> dict[str, Any]:
    """``reason`` is a msgid with ``params``, or the scheme's own filled sentence without; ``number``: the claim's."""
    return {
        "order": number,
        "enterprise": order.enterprise.name,
        "provider": order.provider.name,
        "provider_id": str(order.provider_id),
        "service": order.offering_version.name,
        "reason": reason,
        "params": dict(params),
    }


def empty(session: Session, batch: Batch) -> None:
    """Let a batch hold no claim any more."""
    session.execute(delete(BatchOrder).where(BatchOrder.batch_id == batch.id))
    session.execute(delete(BatchAward).where(BatchAward.batch_id == batch.id))
    session.expire(batch, ["orders", "awards"])


def ensure_replays(batch: Batch) -> None:
    """Conflict when the stored answer is not what the rules give, those of the day and today's: then it is calculated anew."""
    answers = [worked(batch), simulate(batch.scheme_id, batch.case)]
    if any(figures(answer.as_json()) != figures(batch.result) for answer in answers):
        raise Conflict(
            N_("资金方案在计算之后有变化，结果不一致"), remedy=N_("退回主管部门重新计算"), rule=batch.scheme_version
        )


def ensure_by_todays_rules(batch: Batch) -> None:
    """Conflict for an earlier batch, which was worked by the programme's latest terms: it must be calculated anew."""
    if "programme" not in batch.case:
        raise Conflict(
            N_("本批次按以前的办法计算，没有按各订单下单时的规则"), remedy=N_("由主管部门重新计算后再提交审批")
        )
