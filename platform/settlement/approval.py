"""The treasury approves a batch: its money moves and its statements are issued."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, and_, exists, select, true
from sqlalchemy.orm import Session, aliased

from accounts.passwords import reconfirmed
from audit.changes import change_state
from foundation.actors import Actor
from foundation.clock import now
from foundation.errors import Conflict, Exhausted, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_rows
from foundation.many import among
from foundation.money import display_yuan
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, ensure_covers, post
from ledger.shortfall import cover, owed
from orders.models import Order
from settlement.batches import ensure_own_treasury, locked
from settlement.calculating import ensure_by_todays_rules, ensure_replays
from settlement.cases import deducted
from settlement.models import Batch, BatchAward, BatchOrder, Statement
from settlement.rules import scheme_of
from settlement.statements import issue
from settlement.states import BATCH
from settlement.totals import ensure_totals_hold
from verification.models import RedemptionClaim, RedemptionState
from verification.standing import settle
from vouchers.claiming import allot
from vouchers.duties import take_duty
from vouchers.models import Duty


def approve(session: Session, actor: Actor, number: str, *, password: str, public_url: str) -> Batch:
    """Approve a reviewed batch: payable → approved for what the scheme pays, the rest → pool, one statement a provider.

    A budget holder of the programme's own treasury, who is not a maker, has judged nobody's eligibility in the
    programme and gives the password again. Conflict when the batch has moved on or no longer replays, or when an
    enterprise has had something settled since it was calculated.
    """
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    BATCH.next(batch.state, "approve", actor.role)
    reconfirmed(session, actor, password)
    if actor.user_id in {batch.calculated_by_id, batch.reviewed_by_id}:
        raise NotAllowed(N_("制单人不能审批自己的批次"), remedy=N_("请由另一位工作人员审批"))
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    ensure_by_todays_rules(batch)
    ensure_replays(batch)
    ensure_totals_hold(session, batch)
    _ensure_verified(session, batch)
    batch.checker_id = actor.user_id
    batch.approved_at = now()
    change_state(session, actor, batch, BATCH, "approve")
    statements = issue(session, actor, batch, public_url=public_url)
    _move(session, actor, batch, statements)
    settle_unpaid(session, actor, batch, [each for each in statements if each.total == 0])
    if not any(each.total for each in statements):
        change_state(session, actor, batch, BATCH, "close")
    return batch


def outstanding(session: Session, batch: Batch) -> Sequence[Statement]:
    """Statements of a batch that are still to be paid, by number."""
    query = select(Statement).where(Statement.batch_id == batch.id, to_pay()).order_by(Statement.number)
    return session.scalars(query).all()


def to_pay() -> ColumnElement[bool]:
    """The condition of a statement that is still to be paid: with an amount, not paid, not taken back."""
    red = aliased(Statement)
    corrected = exists().where(red.corrects_id == Statement.id)
    paid = exists().where(
        Transfer.subject_type == "statements", Transfer.kind == "pay", Transfer.subject_id == Statement.id
    )
    return and_(Statement.total > 0, ~corrected, ~paid)


def transfers_of(session: Session, statement_ids: Sequence[UUID]) -> Sequence[Transfer]:
    """The ledger's transfers of statements, in their order."""
    return session.scalars(
        select(Transfer)
        .where(Transfer.subject_type == "statements", among(Transfer.subject_id, statement_ids))
        .order_by(Transfer.sequence)
    ).all()


def settle_unpaid(session: Session, actor: Actor, batch: Batch, statements: Sequence[Statement]) -> None:
    """Claims of these statements are settled: paid, or with nothing to pay."""
    providers = [statement.organisation_id for statement in statements]
    for order, claims in _locked_claims(session, batch, among(BatchOrder.provider_id, providers)):
        for claim in claims:
            settle(session, actor, order, claim, note=batch.number)


def _ensure_verified(session: Session, batch: Batch) -> None:
    """Lock orders and claims: whoever is just taking back a redemption is waited for, and then seen.

    Also what was redeemed anew since then, for another amount than the batch was calculated with.
    """
    calculated = deducted(scheme_of(batch), batch.case)
    for _, claims in _locked_claims(session, batch, true()):
        for claim in claims:
            if claim.state is not RedemptionState.VERIFIED or claim.redeemed != calculated.get(claim.number):
                raise Conflict(
                    N_("订单 %(number)s 的状态有变化"), remedy=N_("退回主管部门重新计算"), number=claim.number
                )


def _locked_claims(
    session: Session, batch: Batch, condition: ColumnElement[bool]
) -> Sequence[tuple[Order, Sequence[RedemptionClaim]]]:
    """The batch's orders with their claims in it, all locked, orders first."""
    lines = session.execute(
        select(BatchOrder.order_id, BatchOrder.claim_id).where(BatchOrder.batch_id == batch.id, condition)
    ).all()
    orders = lock_rows(session, Order, [order_id for order_id, _ in lines])
    claims: dict[UUID, list[RedemptionClaim]] = defaultdict(list)
    for claim in lock_rows(session, RedemptionClaim, [claim_id for _, claim_id in lines]):
        claims[claim.order_id].append(claim)
    return [(order, claims[order.id]) for order in orders]


@dataclass(slots=True)
class _Due:
    """What one provider's orders made payable, in fen, and what becomes of it."""

    deducted: int = 0
    subsidy: int = 0
    withheld: int = 0
    award: int = 0


def _move(session: Session, actor: Actor, batch: Batch, statements: Sequence[Statement]) -> None:
    """The money of an approval, provider by provider in the order of their accounts, the pool last.

    The subsidy comes out of what was redeemed, never more; the award comes out of the pool.
    """
    due, programme_id = _due(session, batch), batch.programme_id
    approved = account(session, AccountKind.APPROVED, programme_id, batch.id)
    pool = account(session, AccountKind.POOL, programme_id)
    payables = {
        each.id: account(session, AccountKind.PAYABLE, programme_id, each.organisation_id) for each in statements
    }
    postings: list[Posting] = []
    for statement in sorted(statements, key=lambda each: payables[each.id]):
        payable, part = payables[statement.id], due[statement.organisation_id]
        if part.subsidy + part.award != statement.total:
            raise Conflict(N_("结算单 %(number)s 的金额与批次不一致"), number=statement.number)
        ensure_covers(session, payable, part.deducted)
        cut = part.deducted - part.subsidy - part.withheld
        postings += [
            _posting(statement, programme_id, "approve", (payable, approved), part.subsidy),
            _posting(statement, programme_id, "part", (payable, pool), part.withheld),
            _posting(statement, programme_id, "cut", (payable, pool), cut),
        ]
    post(session, actor, [posting for posting in postings if posting.amount])
    money = cover(session, actor, pool, programme_id, ensure_covers(session, pool, 0))
    _ensure_nothing_owed(session, programme_id, [each.organisation_id for each in statements])
    awards = [
        _posting(each, programme_id, "award", (pool, approved), due[each.organisation_id].award) for each in statements
    ]
    if sum(posting.amount for posting in awards) > money:
        raise Exhausted(
            N_("项目资金余额 %(money)s，不够支付绩效奖励"), remedy=N_("先拨入资金，再批准"), money=display_yuan(money)
        )
    post(session, actor, [posting for posting in awards if posting.amount])
    if any(posting.target == pool and posting.amount for posting in postings):
        allot(session, programme_id)


def _ensure_nothing_owed(session: Session, programme_id: UUID, providers: Sequence[UUID]) -> None:
    """Conflict while what was given out again after a correction is not covered: the money is not there."""
    short = sum(amount for provider, amount in owed(session, programme_id).items() if provider in providers)
    if short:
        raise Conflict(
            N_("红字冲减以后项目资金有缺口 %(amount)s，尚未补足"),
            remedy=N_("财政部门拨入资金补足缺口以后再批准"),
            amount=display_yuan(short),
        )


def _posting(statement: Statement, programme_id: UUID, kind: str, way: tuple[UUID, UUID], amount: int) -> Posting:
    source, target = way
    return Posting(
        # Made from the statement, so that the same approval sent again moves nothing.
        id=uuid5(statement.id, kind),
        source=source,
        target=target,
        amount=amount,
        kind=kind,
        programme_id=programme_id,
        subject_type="statements",
        subject_id=statement.id,
    )


def _due(session: Session, batch: Batch) -> Mapping[UUID, _Due]:
    """By provider, what the batch does with what its claims redeemed."""
    sums: dict[UUID, _Due] = defaultdict(_Due)
    rows = session.execute(
        select(BatchOrder, RedemptionClaim.redeemed)
        .join(RedemptionClaim, RedemptionClaim.id == BatchOrder.claim_id)
        .where(BatchOrder.batch_id == batch.id)
    )
    for row, redeemed in rows:
        part = sums[row.provider_id]
        part.deducted += redeemed or 0
        part.subsidy += row.amount
        part.withheld += row.withheld
    for award in session.scalars(select(BatchAward).where(BatchAward.batch_id == batch.id)):
        sums[award.provider_id].award = award.amount
    return sums
