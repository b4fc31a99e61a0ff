"""The treasury approves a batch: its money moves, its statements are issued; and takes a statement back in red."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.orm import Session, aliased

from accounts.current import not_here
from accounts.passwords import reconfirmed
from audit.changes import change_state
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.clock import now
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_rows
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import Posting, ensure_covers, post, reverse
from orders.models import Order, OrderState
from orders.steps import take
from settlement.batches import ensure_own_treasury, ensure_replays, locked, said
from settlement.models import Batch, BatchOrder, Statement
from settlement.statements import issue, issue_red_letter
from settlement.states import BATCH
from vouchers.claiming import allot
from vouchers.duties import take_duty
from vouchers.models import Duty


def approve(session: Session, actor: Actor, number: str, *, password: str, public_url: str) -> Batch:
    """Approve a reviewed batch: payable → approved for what the scheme pays, the rest → pool, one statement a provider.

    A budget holder of the programme's own treasury, who is not the maker, has judged nobody's eligibility in the
    programme and gives the password again. Conflict when the batch has moved on or no longer replays.
    """
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    BATCH.next(batch.state, "approve", actor.role)
    reconfirmed(session, actor, password)
    if batch.maker_id == actor.user_id:
        raise NotAllowed(N_("制单人不能审批自己的批次"), remedy=N_("请由另一位工作人员审批"))
    ensure_replays(batch)
    _ensure_verified(session, batch)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    batch.checker_id = actor.user_id
    batch.approved_at = now()
    change_state(session, actor, batch, BATCH, "approve")
    statements = issue(session, actor, batch, public_url=public_url)
    _move(session, actor, batch, statements)
    settle_unpaid(session, actor, batch, [each for each in statements if each.total == 0])
    if not any(each.total for each in statements):
        change_state(session, actor, batch, BATCH, "close")
    return batch


def correct(
    session: Session, actor: Actor, statement_number: str, *, reason: str, password: str, public_url: str
) -> Statement:
    """Take a statement back by a linked red-letter statement, and its money by linked opposite transfers.

    Before payment the orders become free for another batch. After payment the money is to be recovered from the
    provider (paid → recovered). Conflict when it was taken back before.
    """
    reason = said(reason)
    original = session.scalar(select(Statement).where(Statement.number == statement_number))
    if original is None:
        raise not_here()
    batch = locked(session, actor, original.batch.number)
    ensure_own_treasury(actor, batch)
    if actor.role is not Role.BUDGET_HOLDER:
        raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
    reconfirmed(session, actor, password)
    if original.corrects_id is not None or original.total <= 0:
        raise Conflict(N_("这张结算单没有可以冲减的金额"))
    taken_back = session.scalar(select(Statement.number).where(Statement.corrects_id == original.id))
    if taken_back is not None:
        raise Conflict(N_("这张结算单已由 %(number)s 冲减"), number=taken_back)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    red = issue_red_letter(session, actor, original, reason=reason, public_url=public_url)
    transfers = transfers_of(session, [original.id])
    paid = next((move for move in transfers if move.kind == "pay"), None)
    if paid is not None:
        _recover(session, actor, batch, red, paid)
    else:
        # The last first, so that no account is asked for what has not come back yet.
        for move in sorted(transfers, key=lambda each: each.kind != "approve"):
            if move.kind == "cut":
                ensure_covers(session, move.target_id, move.amount)
            reverse(session, actor, move.id, kind=f"reverse_{move.kind}")
        session.execute(
            delete(BatchOrder).where(
                BatchOrder.batch_id == batch.id, BatchOrder.provider_id == original.organisation_id
            )
        )
        if not outstanding(session, batch):
            change_state(session, actor, batch, BATCH, "close", note=red.number)
    record(session, actor, "statement.correct", original, after={"by": red.number}, note=reason)
    return red


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
        .where(Transfer.subject_type == "statements", Transfer.subject_id.in_(statement_ids))
        .order_by(Transfer.posted_at, Transfer.id)
    ).all()


def settle_unpaid(session: Session, actor: Actor, batch: Batch, statements: Sequence[Statement]) -> None:
    """Orders of these statements are settled: paid, or with nothing to pay."""
    providers = [statement.organisation_id for statement in statements]
    ids = session.scalars(
        select(BatchOrder.order_id).where(BatchOrder.batch_id == batch.id, BatchOrder.provider_id.in_(providers))
    ).all()
    for order in lock_rows(session, Order, ids):
        take(session, actor, order, "settle", note=batch.number)


def _ensure_verified(session: Session, batch: Batch) -> None:
    """Lock the orders: whoever is just taking back one's redemption is waited for, and then seen."""
    ids = session.scalars(select(BatchOrder.order_id).where(BatchOrder.batch_id == batch.id)).all()
    for order in lock_rows(session, Order, ids):
        if order.state is not OrderState.VERIFIED:
            raise Conflict(N_("订单 %(number)s 的状态有变化"), remedy=N_("退回主管部门重新计算"), number=order.number)


def _move(session: Session, actor: Actor, batch: Batch, statements: Sequence[Statement]) -> None:
    """The money of an approval, provider by provider in the order of their accounts, the pool last."""
    deducted = _deducted(session, batch)
    programme_id = batch.programme_id
    approved = account(session, AccountKind.APPROVED, programme_id, batch.id)
    pool = account(session, AccountKind.POOL, programme_id)
    payables = {
        each.id: account(session, AccountKind.PAYABLE, programme_id, each.organisation_id) for each in statements
    }
    postings: list[Posting] = []
    topped_up = cut = 0
    for statement in sorted(statements, key=lambda each: payables[each.id]):
        payable, verified = payables[statement.id], deducted[statement.organisation_id]
        ensure_covers(session, payable, verified)
        covered = min(statement.total, verified)
        cut += verified - covered
        topped_up += statement.total - covered
        postings += [
            _posting(statement, programme_id, "approve", (payable, approved), covered),
            _posting(statement, programme_id, "cut", (payable, pool), verified - covered),
            _posting(statement, programme_id, "top_up", (pool, approved), statement.total - covered),
        ]
    if topped_up:
        # An award above what the vouchers set aside comes out of the programme's free money.
        ensure_covers(session, pool, topped_up - cut)
    post(session, actor, [posting for posting in postings if posting.amount])
    if cut > topped_up:
        allot(session, programme_id)


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


def _deducted(session: Session, batch: Batch) -> Mapping[UUID, int]:
    """What each provider's orders of the batch have made payable, in fen."""
    sums: dict[UUID, int] = defaultdict(int)
    rows = session.execute(
        select(BatchOrder.provider_id, Order.deduction)
        .join(Order, Order.id == BatchOrder.order_id)
        .where(BatchOrder.batch_id == batch.id)
    )
    for provider_id, deduction in rows:
        sums[provider_id] += deduction
    return sums


def _recover(session: Session, actor: Actor, batch: Batch, red: Statement, paid: Transfer) -> None:
    recovered = account(session, AccountKind.RECOVERED, batch.programme_id)
    post(
        session,
        actor,
        [
            Posting(
                id=uuid5(red.id, "recover"),
                source=paid.target_id,
                target=recovered,
                amount=paid.amount,
                kind="recover",
                programme_id=batch.programme_id,
                subject_type="statements",
                subject_id=red.id,
                reverses_id=paid.id,
            )
        ],
    )
