"""The provider claims for a finished order with its invoice, and claims again after a return."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.changes import change_state
from audit.trail import record
from files.intake import INVOICE, Upload
from files.intake import take as take_file
from files.models import Attachment
from foundation.actors import PROVIDER, Actor
from foundation.clock import now
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from foundation.locking import lock_key, lock_row
from orders.access import locked
from orders.deadlines import due_in
from orders.models import Order, OrderState
from orders.states import ORDER
from orders.steps import take
from verification.answers import Answer
from verification.checklists import keep
from verification.checks import CHECKS, failing, run
from verification.facts import facts_of
from verification.invoices import Invoice, normal_number, plain
from verification.models import RedemptionClaim, RedemptionState
from verification.states import REDEMPTION
from vouchers.terms import terms_of

_FIELDS = {check.id: check.field for check in CHECKS}


def submit(
    session: Session, actor: Actor, number: str, *, invoice: Invoice, file: Upload | None = None
) -> RedemptionClaim:
    """Claim for the confirmed order ``number``, or again after it was returned (the file may then stay as it is).

    The same checks as on the reviewer's desk run first: Faults names each one that fails, by its field; what is only
    referred goes to the reviewer. Conflict when the order is in another state.
    """
    order = locked(session, actor, number)
    if actor.role not in PROVIDER:
        raise not_here()
    if order.state not in {OrderState.CONFIRMED, OrderState.RETURNED}:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能申请核销"),
            remedy=N_("企业确认成效以后才能申请；刷新页面查看最新进度"),
            state=ORDER.labels[order.state],
        )
    claim = claim_of(session, order.id)
    if claim is not None:
        lock_row(session, RedemptionClaim, claim.id)
    invoice = _normal(invoice)
    # Two claims with one invoice at the same moment: the second waits here and then sees the first.
    lock_key(session, "invoice", invoice.number)
    attachment_id = _invoice_file(session, actor, order, file, claim)
    case = facts_of(session, order, invoice)
    answers = run(case)
    if failing(answers):
        raise Faults(faults(answers))
    if claim is None:
        claim = RedemptionClaim(order=order, programme_id=order.programme_id, submitted_at=now())
        session.add(claim)
    else:
        change_state(session, actor, claim, REDEMPTION, "resubmit")
        claim.resubmitted_at = now()
    _state(claim, invoice, attachment_id)
    keep(session, claim, case, answers)
    session.flush()
    record(
        session,
        actor,
        "redemption.submit",
        claim,
        after={
            "order": order.number,
            "invoice": invoice.number,
            "amount": invoice.amount,
            "checks": {answer.id: answer.outcome.value for answer in answers},
        },
    )
    terms = terms_of(order.voucher.programme_version)
    take(session, actor, order, "claim", note=invoice.number, due_at=due_in(OrderState.CLAIMED, terms))
    return claim


def faults(answers: list[Answer]) -> list[DomainError]:
    """What fails, as refusals by the field where it is mended."""
    return [
        BadInput(answer.text, field=_FIELDS[answer.id], rule=answer.rule, **answer.params)
        for answer in failing(answers)
    ]


def claim_of(session: Session, order_id: UUID) -> RedemptionClaim | None:
    """The claim for an order, or None."""
    return session.scalar(select(RedemptionClaim).where(RedemptionClaim.order_id == order_id))


def _normal(invoice: Invoice) -> Invoice:
    return Invoice(
        number=normal_number(invoice.number),
        day=invoice.day,
        amount=invoice.amount,
        seller=plain(invoice.seller),
        buyer=plain(invoice.buyer),
        self_checked=invoice.self_checked,
    )


def _invoice_file(
    session: Session, actor: Actor, order: Order, file: Upload | None, claim: RedemptionClaim | None
) -> UUID:
    if file is not None:
        attachment: Attachment = take_file(
            session, actor, file, subject=order, kind="invoice", field="file", allowed=INVOICE
        )
        return attachment.id
    if claim is None:
        raise BadInput(N_("上传发票文件"), field="file", remedy=N_("PDF、OFD、XML 或清晰的照片均可"))
    return claim.attachment_id


def _state(claim: RedemptionClaim, invoice: Invoice, attachment_id: UUID) -> None:
    claim.state = RedemptionState.SUBMITTED
    claim.invoice_number = invoice.number
    claim.invoice_date = invoice.day
    claim.invoice_amount = invoice.amount
    claim.invoice_seller = invoice.seller
    claim.invoice_buyer = invoice.buyer
    claim.self_checked = invoice.self_checked
    claim.attachment_id = attachment_id
    claim.duplicate_of_id = None
    claim.due_on = None
    claim.reasons = []
