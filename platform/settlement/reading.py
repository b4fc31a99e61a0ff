"""Read models of batches and statements."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from foundation.reading import Moment, Money, ReadModel
from settlement.models import Batch, BatchState, Statement
from settlement.queries import Ready, corrected_of, paid_of, taken_back_of
from vouchers.reading import NamedProgramme, named_programme


class BatchRow(ReadModel):
    """A batch; ``taken_back`` is what red-letter statements took back of its total."""

    number: str
    programme: NamedProgramme
    scheme: str
    period_from: date
    period_to: date
    state: BatchState
    total: Money
    taken_back: Money
    approved_at: Moment | None
    paid_at: Moment | None


class ReadyRow(ReadModel):
    """A programme with verified claims that no batch holds yet: of how many orders, what was redeemed, since when."""

    programme: NamedProgramme
    scheme: str
    orders: int
    amount: Money
    since: Moment


class StatementStanding(StrEnum):
    """Where a statement stands; it has no state of its own, it follows from its payment and its red letter."""

    RED = "red"
    DUE = "due"
    PAID = "paid"
    NOTHING_DUE = "nothing_due"
    CORRECTED = "corrected"
    CORRECTED_AFTER_PAYMENT = "corrected_after_payment"


class StatementRow(ReadModel):
    """A statement (结算单); a red one has a total below zero."""

    number: str
    batch: str
    programme: NamedProgramme
    payee: NamedOrganisation
    issued_at: Moment
    standing: StatementStanding
    total: Money


def batch_rows(session: Session, batches: Sequence[Batch]) -> list[BatchRow]:
    """Batches in their order; what was taken back in one query."""
    taken_back = taken_back_of(session, batches)
    return [
        BatchRow(
            number=one.number,
            programme=named_programme(one.programme),
            scheme=one.scheme_id,
            period_from=one.period_from,
            period_to=one.period_to,
            state=one.state,
            total=one.total,
            taken_back=taken_back.get(one.id, 0),
            approved_at=one.approved_at,
            paid_at=one.paid_at,
        )
        for one in batches
    ]


def ready_rows(found: Sequence[Ready]) -> list[ReadyRow]:
    """Programmes in their order."""
    return [
        ReadyRow(
            programme=named_programme(one.programme),
            scheme=one.programme.scheme_id,
            orders=one.orders,
            amount=one.amount,
            since=one.since,
        )
        for one in found
    ]


def statement_rows(session: Session, statements: Sequence[Statement]) -> list[StatementRow]:
    """Statements in their order; two queries, however many."""
    paid, corrected = paid_of(session, statements), corrected_of(session, statements)
    return [
        StatementRow(
            number=one.number,
            batch=one.batch.number,
            programme=named_programme(one.batch.programme),
            payee=named(one.organisation),
            issued_at=one.issued_at,
            standing=standing_of(one, paid=one.id in paid, corrected=one.id in corrected),
            total=one.total,
        )
        for one in statements
    ]


def standing_of(statement: Statement, *, paid: bool, corrected: bool) -> StatementStanding:
    """Where a statement stands, by whether it was paid and whether a red letter took it back."""
    if statement.corrects_id is not None:
        return StatementStanding.RED
    if corrected:
        return StatementStanding.CORRECTED_AFTER_PAYMENT if paid else StatementStanding.CORRECTED
    if paid:
        return StatementStanding.PAID
    return StatementStanding.DUE if statement.total else StatementStanding.NOTHING_DUE
