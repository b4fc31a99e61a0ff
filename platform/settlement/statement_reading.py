"""The read models of one statement: as its page shows it, and as the public check tells it to anybody."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.reading import NamedOrganisation, named
from foundation.actors import TREASURY, Actor, Role
from foundation.reading import Moment, Money, ReadModel
from settlement.checking import Check
from settlement.moves_reading import LedgerMove, ledger_moves
from settlement.queries import StatementCase
from settlement.reading import StatementStanding, standing_of


class PaperStep(ReadModel):
    """A step of the calculation as it was printed."""

    text: str
    citation: str
    amount: Money


class PaperOrder(ReadModel):
    """An order that the statement counts; ``subsidy`` is null on papers from before it was printed."""

    number: str
    enterprise: str
    service: str
    value: Money
    deducted: Money
    subsidy: Money | None


class PaperExcluded(ReadModel):
    """An order that brings in nothing, and why."""

    number: str
    enterprise: str
    service: str
    reason: str


class StatementPaper(ReadModel):
    """What the statement says, in the words in which it was issued; ``reviewed_by`` is empty on older papers."""

    organisation: str
    uscc: str
    programme: str
    period_start: date
    period_end: date
    scheme_title: str
    scheme_citation: str
    issuer: str
    prepared_by: str
    reviewed_by: str
    approved_by: str
    red_letter_of: str | None
    steps: tuple[PaperStep, ...]
    orders: tuple[PaperOrder, ...]
    excluded: tuple[PaperExcluded, ...]


class TakenBackBy(ReadModel):
    """The red-letter statement that took a statement back."""

    number: str
    issued_at: Moment


class CorrectionAsked(ReadModel):
    """Somebody asks to take the statement back; ``own`` where the reader is who asked."""

    person: str
    at: Moment
    reason: str
    own: bool


class StatementOfCase(ReadModel):
    """One statement for one reader: the three ``may_`` say what the reader can do now about taking it back.

    ``corrects`` is the number of the statement that this one takes back; ``file_hash`` is null until it is printed.
    ``asked`` is for the programme's own treasury alone.
    """

    number: str
    payee: NamedOrganisation
    total: Money
    issued_at: Moment
    content_hash: str
    file_hash: str | None
    standing: StatementStanding
    paid: bool
    corrects: str | None
    corrected_by: TakenBackBy | None
    asked: CorrectionAsked | None
    may_ask: bool
    may_carry_out: bool
    may_decline: bool
    content: StatementPaper
    moves: tuple[LedgerMove, ...]


class CheckedStatement(ReadModel):
    """What the public check says: ``intact`` where all that is stored is still what was issued.

    The texts and the period are those of the paper, as they stand in it.
    """

    number: str
    issuer: str
    payee: str
    programme: str
    period_start: str
    period_end: str
    orders: int
    total: Money
    issued_at: Moment
    citation: str
    content_hash: str
    file_hash: str | None
    intact: bool
    corrects: str | None
    corrected_by: str | None


def statement_of_case(actor: Actor, found: StatementCase) -> StatementOfCase:
    """One statement as ``actor`` sees it, from what ``queries.statement_case`` has read."""
    statement, asked, by = found.statement, found.asked, found.corrected_by
    own = actor.role in TREASURY and actor.organisation_id == statement.batch.programme.treasury_id
    open_to_red = own and statement.total > 0 and by is None
    mine = asked is not None and asked.asked_by_id == actor.user_id
    return StatementOfCase(
        number=statement.number,
        payee=named(statement.organisation),
        total=statement.total,
        issued_at=statement.issued_at,
        content_hash=statement.content_hash,
        file_hash=found.file.sha256 if found.file else None,
        standing=standing_of(statement, paid=found.paid, corrected=by is not None),
        paid=found.paid,
        corrects=found.corrects.number if found.corrects else None,
        corrected_by=TakenBackBy(number=by.number, issued_at=by.issued_at) if by else None,
        asked=CorrectionAsked(person=asked.asked_by.name, at=asked.created_at, reason=asked.reason, own=mine)
        if asked is not None and own
        else None,
        may_ask=open_to_red and asked is None,
        may_carry_out=open_to_red and asked is not None and not mine and actor.role is Role.BUDGET_HOLDER,
        may_decline=open_to_red and asked is not None,
        content=_paper(statement.content),
        moves=ledger_moves(found.moves),
    )


def checked_statement(found: Check) -> CheckedStatement:
    """What anybody may know of a statement whose number is known."""
    statement, content = found.statement, found.statement.content
    return CheckedStatement(
        number=statement.number,
        issuer=statement.issuer.name,
        payee=content["organisation"],
        programme=statement.batch.programme.name,
        period_start=content["period_start"],
        period_end=content["period_end"],
        orders=len(content["orders"]),
        total=statement.total,
        issued_at=statement.issued_at,
        citation=content["scheme_citation"],
        content_hash=statement.content_hash,
        file_hash=found.file.sha256 if found.file else None,
        intact=found.intact,
        corrects=content.get("red_letter_of") if statement.corrects_id else None,
        corrected_by=found.corrected_by.number if found.corrected_by else None,
    )


def _paper(content: Mapping[str, Any]) -> StatementPaper:
    return StatementPaper(
        organisation=content["organisation"],
        uscc=content["uscc"],
        programme=content["programme"],
        period_start=date.fromisoformat(content["period_start"]),
        period_end=date.fromisoformat(content["period_end"]),
        scheme_title=content["scheme_title"],
        scheme_citation=content["scheme_citation"],
        issuer=content["issuer"],
        prepared_by=content["prepared_by"],
        reviewed_by=content.get("reviewed_by", ""),
        approved_by=content["approved_by"],
        red_letter_of=content.get("red_letter_of"),
        steps=tuple(
            PaperStep(text=each["text"], citation=each["citation"], amount=each["amount"]) for each in content["steps"]
        ),
        orders=tuple(
            PaperOrder(
                number=each["number"],
                enterprise=each["enterprise"],
                service=each["service"],
                value=each["value"],
                deducted=each["deducted"],
                subsidy=each.get("subsidy"),
            )
            for each in content.get("orders", [])
        ),
        excluded=tuple(
            PaperExcluded(
                number=each["number"], enterprise=each["enterprise"], service=each["service"], reason=each["reason"]
            )
            for each in content.get("excluded", [])
        ),
    )
