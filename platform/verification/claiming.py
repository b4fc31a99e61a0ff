"""The provider claims for a finished order with its invoice, and claims again after a return."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.changes import change_state
from audit.trail import record
from files.intake import Upload
from files.intake import take as take_file
from files.kinds import INVOICE
from files.models import Attachment
from foundation.actors import PROVIDER, Actor
from foundation.clock import now
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.money import display_yuan
from orders.access import locked
from orders.models import Order, OrderState
from orders.states import CLAIMING, ORDER
from verification.answers import Answer
from verification.billing import differing, lock_invoices, use
from verification.checklists import keep
from verification.checks import CHECKS, failing, run
from verification.facts import facts_of
from verification.invoices import Billed, Invoice, normal_number, plain
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import unclaimed
from verification.standing import claims_of, follow
from verification.states import REDEMPTION

_FIELDS = {check.id: check.field for check in CHECKS}


def submit(
    session: Session,
    actor: Actor,
    number: str,
    *,
    invoice: Invoice | None = None,
    file: Upload | None = None,
    amount: int | None = None,
    invoices: Sequence[Billed] = (),
) -> RedemptionClaim:
    """Claim ``amount`` fen of what the confirmed order ``number`` holds (None: all that no other claim asks for).

    ``invoice`` with its ``file`` is used whole; ``invoices`` are several, or parts of one, each with its file and what is
    used of it in fen. ``number`` may also be that of a claim that was returned: then it is filed again, files and amount may
    stay as they are, and what it used of its earlier invoices is free again. The same checks as on the reviewer's desk run
    first: Faults names each one that fails, by its field, and what the house knows otherwise of an invoice; what is only
    referred goes to the reviewer. Conflict when the order is in another state or all of its money is claimed, BadInput for an
    amount that is not left.
    """
    order = locked(session, actor, order_number(session, number))
    if actor.role not in PROVIDER:
        raise not_here()
    claim = claim_of(session, number)
    if claim is not None:
        claim = lock_row(session, RedemptionClaim, claim.id)
        claim = claim if claim.state is RedemptionState.RETURNED else None
    amount = _amount(session, order, claim, amount)
    billed = _normal([Billed(invoice, file=file)] if invoice else invoices)
    # Two claims with one invoice at the same moment: the second waits here and then sees the first. So does whoever uses what
    # this one frees, which is removed where nobody else uses it.
    freed = [link.invoice.number for link in claim.billed] if claim else []
    lock_invoices(session, [*(each.invoice.number for each in billed), *freed])
    files = [_file(session, actor, order, each, claim, alone=len(billed) == 1) for each in billed]
    case = facts_of(session, order, billed, amount=amount, number=claim.number if claim else None)
    answers = run(case)
    refused = faults(answers) + differing(session, order, case.invoices, claim)
    if refused:
        raise Faults(refused)
    if claim is None:
        claim = RedemptionClaim(order=order, programme_id=order.programme_id, amount=amount, submitted_at=now())
        claim.number = _next_number(session, order)
        session.add(claim)
    else:
        change_state(session, actor, claim, REDEMPTION, "resubmit")
        claim.resubmitted_at = now()
    claim.amount = amount
    _state(claim, billed)
    keep(session, claim, case, answers)
    session.flush()
    use(session, claim, list(zip(billed, files, strict=True)))
    _record(session, actor, claim, billed, answers)
    follow(session, actor, order, "claim", note=_numbers(billed))
    return claim


def faults(answers: list[Answer]) -> list[DomainError]:
    """What fails, as refusals by the field where it is mended."""
    return [
        BadInput(answer.text, field=_FIELDS[answer.id], rule=answer.rule, **answer.params)
        for answer in failing(answers)
    ]


def claim_of(session: Session, number: str) -> RedemptionClaim | None:
    """The claim with this number (an order's first one has the order's), or None."""
    return session.scalar(select(RedemptionClaim).where(RedemptionClaim.number == number))


def order_number(session: Session, number: str) -> str:
    """The number of the order that a claim is for; where there is no such claim it is taken for an order's."""
    orders = select(Order.number).join(RedemptionClaim, RedemptionClaim.order_id == Order.id)
    return session.scalar(orders.where(RedemptionClaim.number == number)) or number


def to_show(claim: RedemptionClaim | None, order: Order) -> RedemptionClaim | None:
    """The claim that the form shows: None when another one can be filed for what the order still holds."""
    further = order.state is OrderState.CONFIRMED and claim is not None and claim.state is not RedemptionState.RETURNED
    return None if further else claim


def _next_number(session: Session, order: Order) -> str:
    """The order's own for its first claim; the order is locked, so nobody else takes the next one."""
    taken = len(claims_of(session, order))
    return f"{order.number}-{taken + 1}" if taken else order.number


def _amount(session: Session, order: Order, claim: RedemptionClaim | None, amount: int | None) -> int:
    """What is claimed, in fen: within what the order holds beside its other open claims."""
    left = 0
    if claim is not None or order.state in CLAIMING:
        left = unclaimed(session, order, but=claim.id if claim else None)
    if not left:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能申请核销"),
            remedy=N_("企业确认成效以后才能申请；刷新页面查看最新进度"),
            state=ORDER.labels[order.state],
        )
    if amount is None:
        return left if claim is None else min(claim.amount, left)
    if not 0 < amount <= left:
        raise BadInput(N_("申请金额应大于零，不超过尚未申请的 %(left)s"), field="claimed", left=display_yuan(left))
    return amount


def _numbers(billed: Sequence[Billed]) -> str:
    return "、".join(each.invoice.number for each in billed)


def _record(
    session: Session, actor: Actor, claim: RedemptionClaim, billed: Sequence[Billed], answers: list[Answer]
) -> None:
    record(
        session,
        actor,
        "redemption.submit",
        claim,
        after={
            "order": claim.order.number,
            "claim": claim.number,
            "claimed": claim.amount,
            "invoice": _numbers(billed),
            "amount": sum(each.used for each in billed),
            "checks": {answer.id: answer.outcome.value for answer in answers},
        },
    )


def _normal(billed: Sequence[Billed]) -> list[Billed]:
    """Each invoice in its one form and once; BadInput where there is none, or nothing is used of one."""
    found = [replace(each, invoice=_spelled(each.invoice)) for each in billed]
    if not found:
        raise BadInput(N_("填写发票"), field="number")
    if len({each.invoice.number for each in found}) < len(found):
        raise BadInput(N_("同一张发票填写了两次"), field="number")
    if any(each.used <= 0 for each in found):
        raise BadInput(N_("发票金额应大于零"), field="amount")
    return found


def _spelled(invoice: Invoice) -> Invoice:
    return replace(
        invoice, number=normal_number(invoice.number), seller=plain(invoice.seller), buyer=plain(invoice.buyer)
    )


def _file(
    session: Session, actor: Actor, order: Order, billed: Billed, claim: RedemptionClaim | None, *, alone: bool
) -> Attachment:
    """The file that is filed now, else the one that the returned claim has for this invoice, or for its only one."""
    if billed.file is not None:
        return take_file(session, actor, billed.file, subject=order, kind="invoice", field="file", allowed=INVOICE)
    before = claim.billed if claim else []
    for link in before:
        if link.invoice.number == billed.invoice.number or (alone and len(before) == 1):
            return link.attachment
    raise BadInput(N_("上传发票文件"), field="file", remedy=N_("PDF、OFD、XML 或清晰的照片均可"))


def _state(claim: RedemptionClaim, billed: Sequence[Billed]) -> None:
    claim.state = RedemptionState.SUBMITTED
    claim.self_checked = all(each.invoice.self_checked for each in billed)
    claim.due_on = None
    claim.reasons = []
