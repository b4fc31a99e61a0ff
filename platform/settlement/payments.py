"""The payer says what has been paid: approved → paid for each statement, and its orders are settled."""

from collections.abc import Collection
from uuid import uuid5

from sqlalchemy.orm import Session

from accounts.passwords import reconfirmed
from audit.changes import change_state
from foundation.actors import Actor
from foundation.clock import now
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import Posting, post
from settlement.approval import outstanding, settle_unpaid
from settlement.batches import ensure_own_treasury, locked
from settlement.models import Batch, Statement
from settlement.states import BATCH
from vouchers.duties import take_duty
from vouchers.models import Duty


def pay(session: Session, actor: Actor, number: str, *, statements: Collection[str], password: str) -> Batch:
    """Note that the statements with these numbers were paid; each once, however often this is sent.

    A payer of the programme's treasury who neither calculated nor handed over nor approved the batch, with the password
    given again.
    BadInput when nothing is chosen; Conflict when one was paid or taken back before.
    """
    batch = locked(session, actor, number)
    ensure_own_treasury(actor, batch)
    BATCH.next(batch.state, "pay_part", actor.role)
    reconfirmed(session, actor, password)
    if actor.user_id in {batch.calculated_by_id, batch.reviewed_by_id, batch.checker_id}:
        raise NotAllowed(N_("付款人不能是制单人或审批人"), remedy=N_("请由另一位工作人员付款"))
    waiting = {statement.number: statement for statement in outstanding(session, batch)}
    if not statements:
        raise BadInput(N_("选择已付款的结算单"), field="statements")
    gone = sorted(set(statements) - set(waiting))
    if gone:
        raise Conflict(
            N_("结算单 %(number)s 已经付款、已被冲减或不在本批次"),
            field="statements",
            remedy=N_("刷新页面，核对待付的结算单"),
            number=gone[0],
        )
    take_duty(session, actor, batch.programme_id, Duty.PAYMENT)
    chosen = [waiting[each] for each in sorted(set(statements))]
    post(session, actor, [_posting(session, batch, statement) for statement in chosen])
    settle_unpaid(session, actor, batch, chosen)
    rest = len(waiting) - len(chosen)
    change_state(session, actor, batch, BATCH, "pay_part" if rest else "pay_rest", note="、".join(sorted(statements)))
    batch.payer_id = actor.user_id
    if not rest:
        batch.paid_at = now()
    session.flush()
    return batch


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
