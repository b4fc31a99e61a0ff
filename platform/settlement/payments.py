"""The payer says what has been paid: approved → paid for each statement, and its orders are settled; or what came back."""

from collections.abc import Collection, Sequence
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.company_facts import account_on
from accounts.passwords import reconfirmed
from audit.changes import change_state
from audit.trail import record
from foundation.actors import Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import Posting, post
from settlement.approval import outstanding, settle_unpaid
from settlement.batches import ensure_own_treasury, locked
from settlement.models import Batch, Payment, PaymentState, Statement
from settlement.states import BATCH
from vouchers.duties import take_duty
from vouchers.models import Duty


def pay(session: Session, actor: Actor, number: str, *, statements: Collection[str], password: str) -> Batch:
    """Note that the statements with these numbers were paid; each once, however often this is sent.

    A payer of the programme's treasury who neither calculated nor handed over nor approved the batch, with the password
    given again.
    BadInput when nothing is chosen; Conflict when one was paid or taken back before.
    """
    batch = _to_pay_from(session, actor, number, password)
    if not statements:
        raise BadInput(N_("选择已付款的结算单"), field="statements")
    waiting = outstanding(session, batch)
    chosen = _chosen(waiting, statements)
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    post(session, actor, [_posting(session, batch, statement) for statement in chosen])
    for statement in chosen:
        _attempt(session, actor, statement, PaymentState.PAID)
    settle_unpaid(session, actor, batch, chosen)
    rest = len(waiting) - len(chosen)
    change_state(session, actor, batch, BATCH, "pay_part" if rest else "pay_rest", note="、".join(sorted(statements)))
    batch.payer_id = actor.user_id
    if not rest:
        batch.paid_at = now()
    session.flush()
    return batch


def note_rejected(
    session: Session, actor: Actor, number: str, *, statement: str, reason: str, password: str, reference: str = ""
) -> Payment:
    """Note that the bank did not carry out the payment of a statement: it stays to be paid, the next attempt is counted.

    By whom and with which refusals as ``pay``; BadInput by ``reason`` without one. Nothing moves in the ledger.
    """
    batch = _to_pay_from(session, actor, number, password)
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明银行退回的原因"), field="reason")
    (chosen,) = _chosen(outstanding(session, batch), [statement])
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    made = _attempt(
        session, actor, chosen, PaymentState.REJECTED, reason=reason.strip(), reference=reference.strip() or None
    )
    after = {"number": chosen.number, "attempt": made.attempt, "amount": made.amount}
    record(session, actor, "payment.reject", chosen, after=after, note=made.reason)
    return made


def attempts(session: Session, statement: Statement) -> Sequence[Payment]:
    """Every attempt to pay a statement, in their order."""
    query = select(Payment).where(Payment.statement_id == statement.id).order_by(Payment.attempt)
    return session.scalars(query).all()


def _to_pay_from(session: Session, actor: Actor, number: str, password: str) -> Batch:
    """The locked batch, for a payer who had no other part in it."""
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    BATCH.next(batch.state, "pay_part", actor.role)
    reconfirmed(session, actor, password)
    if actor.user_id in {batch.calculated_by_id, batch.reviewed_by_id, batch.checker_id}:
        raise NotAllowed(N_("付款人不能是制单人或审批人"), remedy=N_("请由另一位工作人员付款"))
    return batch


def _chosen(waiting: Sequence[Statement], numbers: Collection[str]) -> list[Statement]:
    by_number = {statement.number: statement for statement in waiting}
    gone = sorted(set(numbers) - set(by_number))
    if gone:
        raise Conflict(
            N_("结算单 %(number)s 已经付款、已被冲减或不在本批次"),
            field="statements",
            remedy=N_("刷新页面，核对待付的结算单"),
            number=gone[0],
        )
    return [by_number[each] for each in sorted(set(numbers))]


def _attempt(
    session: Session,
    actor: Actor,
    statement: Statement,
    state: PaymentState,
    *,
    reason: str | None = None,
    reference: str | None = None,
) -> Payment:
    """The next attempt, to the payee's account of today; the batch is locked, so nobody counts beside."""
    payee = account_on(session, statement.organisation_id, today())
    made = Payment(
        statement_id=statement.id,
        account_id=payee.id if payee else None,
        attempt=len(attempts(session, statement)) + 1,
        state=state,
        amount=statement.total,
        reference=reference,
        reason=reason,
        at=now(),
        by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    return made


def _posting(session: Session, batch: Batch, statement: Statement) -> Posting:
    return Posting(
        id=uuid5(statement.id, "pay"),
        source=account(session, AccountKind.APPROVED, batch.programme_id, batch.id),
        target=account(session, AccountKind.PAID, batch.programme_id, statement.organisation_id),
        amount=statement.total,
        kind="pay",
        programme_id=batch.programme_id,
        subject_type="statements",
        subject_id=statement.id,
    )
