"""What an invoice still has, and how much of it each claim uses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from files.models import Attachment
from foundation.errors import BadInput, DomainError
from foundation.i18n import N_
from foundation.locking import lock_key
from orders.models import Order
from verification.cases import BilledFacts
from verification.invoices import Billed, Invoice, same_party
from verification.models import ClaimInvoice, InvoiceRow, RedemptionClaim, RedemptionState


def lock_invoices(session: Session, numbers: Iterable[str]) -> None:
    """Who uses one of these invoices or takes it back waits until this transaction ends, also where it has no row yet."""
    for number in sorted(set(numbers)):
        lock_key(session, "invoice", number)


def invoice_of(session: Session, number: str) -> InvoiceRow | None:
    """The invoice with this number in its one spelling, as it stands now; None where no claim has used it."""
    query = select(InvoiceRow).where(InvoiceRow.number == number)
    return session.scalar(query.execution_options(populate_existing=True))


def taken_back(session: Session, invoice: InvoiceRow) -> int:
    """What red letters took back of the invoice, in fen."""
    red = select(func.coalesce(func.sum(-InvoiceRow.amount), 0)).where(InvoiceRow.corrects_id == invoice.id)
    return int(session.scalar(red) or 0)


def left(session: Session, invoice: InvoiceRow, *, beside: str | None = None) -> int:
    """What the invoice has that no red letter took back and no claim uses that is not rejected, in fen.

    ``beside`` is the number of a claim whose own use is left out.
    """
    used = (
        select(func.coalesce(func.sum(ClaimInvoice.amount), 0))
        .join(RedemptionClaim, RedemptionClaim.id == ClaimInvoice.claim_id)
        .where(
            ClaimInvoice.invoice_id == invoice.id,
            ClaimInvoice.counts,
            RedemptionClaim.state != RedemptionState.REJECTED,
            RedemptionClaim.number.is_distinct_from(beside),
        )
    )
    return max(invoice.amount, 0) - taken_back(session, invoice) - int(session.scalar(used) or 0)


def users(session: Session, invoice: InvoiceRow) -> Sequence[RedemptionClaim]:
    """The claims that use the invoice and are not rejected."""
    query = (
        select(RedemptionClaim)
        .join(ClaimInvoice, ClaimInvoice.claim_id == RedemptionClaim.id)
        .where(ClaimInvoice.invoice_id == invoice.id, RedemptionClaim.state != RedemptionState.REJECTED)
    )
    return session.scalars(query.order_by(RedemptionClaim.number)).all()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the house knows of an invoice beside one claim: taken back by red letters, used by other claims, in fen."""

    taken_back: int
    used: int
    stated: bool
    """Whether another claim that is not rejected states it."""


def elsewhere(number: str | None) -> tuple[ColumnElement[Any], ...]:
    """The facts of ``Elsewhere`` beside the claim ``number``, as columns of a query with ``InvoiceRow``."""
    red, link, claim = aliased(InvoiceRow), aliased(ClaimInvoice), aliased(RedemptionClaim)
    others = (
        select(link)
        .join(claim, claim.id == link.claim_id)
        .where(
            link.invoice_id == InvoiceRow.id,
            claim.state != RedemptionState.REJECTED,
            claim.number.is_distinct_from(number),
        )
    )
    used = others.where(link.counts).with_only_columns(func.coalesce(func.sum(link.amount), 0))
    back = select(func.coalesce(func.sum(-red.amount), 0)).where(red.corrects_id == InvoiceRow.id)
    return back.scalar_subquery(), used.scalar_subquery(), others.exists()


def billed_facts(session: Session, billed: Billed, number: str | None) -> BilledFacts:
    """What a check looks at of an invoice of the claim with this number."""
    query = select(InvoiceRow, *elsewhere(number)).where(InvoiceRow.number == billed.invoice.number)
    found = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    return facts_beside(billed, *(found[0], Elsewhere(*found[1:])) if found else (None, None))


def facts_beside(billed: Billed, row: InvoiceRow | None, known: Elsewhere | None) -> BilledFacts:
    """What a check looks at of a stated invoice, from its row and what the house knows of it. Pure."""
    if row is None or known is None or not (known.taken_back or known.stated):
        # Nobody else says anything about it: it is as this claim states it.
        return BilledFacts(billed.invoice, billed.used, billed.invoice.amount)
    beside = max(row.amount, 0) - int(known.taken_back) - int(known.used)
    return BilledFacts(billed.invoice, billed.used, beside, int(known.taken_back))


def billed_of(claim: RedemptionClaim) -> list[Billed]:
    """The invoices as the claim states them, and what it uses of each."""
    return [billed_as(link, claim) for link in claim.billed]


def billed_as(link: ClaimInvoice, claim: RedemptionClaim) -> Billed:
    """One of them."""
    return Billed(_stated(link, claim), link.amount)


def stated(claim: RedemptionClaim) -> Invoice:
    """The invoice as the claim states it, the first one of several."""
    return billed_of(claim)[0].invoice


def differing(
    session: Session, order: Order, billed: Sequence[BilledFacts], claim: RedemptionClaim | None
) -> list[DomainError]:
    """Where the house knows an invoice otherwise than it is stated now, by field.

    What only the claim itself or rejected ones have said may be put right; an invoice of which nothing is left is refused for
    that by its check.
    """
    faults: list[DomainError] = []
    for each in billed:
        row = invoice_of(session, each.invoice.number)
        if row is None or (each.left <= 0 and row.corrects_id is None):
            continue
        if row.corrects_id is not None:
            faults.append(BadInput(N_("这是红字发票，不能用于核销申请"), field="number"))
        elif taken_back(session, row) or _elsewhere(session, row, claim.number if claim else None):
            faults += _differences(row, each.invoice, order)
    return faults


def _differences(row: InvoiceRow, invoice: Invoice, order: Order) -> list[DomainError]:
    """By field; a party may be stated by name in one place and by code in the other."""
    seller, buyer = order.provider, order.enterprise
    same = {
        "day": (row.issued_on == invoice.day, N_("与这张发票先前登记的开票日期不一致")),
        "amount": (row.amount == invoice.amount, N_("与这张发票先前登记的金额不一致")),
        "seller": (same_party(row.seller, seller.name, seller.uscc), N_("与这张发票先前登记的销售方不一致")),
        "buyer": (same_party(row.buyer, buyer.name, buyer.uscc), N_("与这张发票先前登记的购买方不一致")),
    }
    return [
        BadInput(text, field=field, remedy=N_("核对票面；先前登记有误的，请主管部门退回那份申请后更正"))
        for field, (agrees, text) in same.items()
        if not agrees
    ]


def use(session: Session, claim: RedemptionClaim, billed: Sequence[tuple[Billed, Attachment]]) -> None:
    """Link the flushed claim to its invoices, whose keys are locked; what it used before is free again."""
    before = [link.invoice for link in claim.billed]
    claim.billed.clear()
    # What is freed must be gone before an invoice shrinks, or the guard of the database would count it still.
    session.flush()
    for each, file in billed:
        row = _row(session, each.invoice, file)
        claim.billed.append(ClaimInvoice(invoice=row, amount=each.used, attachment_id=file.id, counts=True))
    session.flush()
    for row in before:
        linked, corrected = (
            exists().where(ClaimInvoice.invoice_id == row.id),
            exists().where(InvoiceRow.corrects_id == row.id),
        )
        if not session.scalar(select(or_(linked, corrected))):
            session.delete(row)
    session.flush()


def count_all(claim: RedemptionClaim) -> None:
    """A claim that is redeemed uses its invoices, also one from before numbers had one spelling."""
    for link in claim.billed:
        link.counts = True


def _row(session: Session, invoice: Invoice, file: Attachment) -> InvoiceRow:
    facts = {"issued_on": invoice.day, "amount": invoice.amount, "seller": invoice.seller, "buyer": invoice.buyer}
    row = invoice_of(session, invoice.number)
    if row is None:
        row = InvoiceRow(number=invoice.number, blob_id=file.blob_id, **facts)
        session.add(row)
    elif not taken_back(session, row) and not _elsewhere(session, row, None):
        _keep_what_was_said(session, row, facts)
        row.blob_id = file.blob_id
        for name, value in facts.items():
            setattr(row, name, value)
    session.flush()
    return row


def _keep_what_was_said(session: Session, row: InvoiceRow, facts: dict[str, Any]) -> None:
    """Rejected claims go on showing what they had said of the invoice."""
    if all(getattr(row, name) == value for name, value in facts.items()):
        return
    said = {"day": row.issued_on.isoformat(), "amount": row.amount, "seller": row.seller, "buyer": row.buyer}
    for link in session.scalars(select(ClaimInvoice).where(ClaimInvoice.invoice_id == row.id)):
        link.stated = link.stated or said


def _stated(link: ClaimInvoice, claim: RedemptionClaim) -> Invoice:
    row, said = link.invoice, link.stated
    if said is None:
        return Invoice(row.number, row.issued_on, row.amount, row.seller, row.buyer, claim.self_checked)
    day = date.fromisoformat(said["day"])
    return Invoice(row.number, day, said["amount"], said["seller"], said["buyer"], claim.self_checked)


def _elsewhere(session: Session, row: InvoiceRow, number: str | None) -> bool:
    """Whether a claim with another number than this one uses the invoice and is not rejected."""
    return any(claim.number != number for claim in users(session, row))
