"""The read models of one batch with everything of it, and of the two decisions that are made about a part of it."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from accounts.current import not_here
from accounts.reading import NamedOrganisation, named
from audit.reading import HistoryEvent, history_events
from foundation.actors import Actor
from foundation.money import parse_yuan
from foundation.reading import Figure, Moment, Money, ReadModel
from settlement.calculation_reading import WorkedLine, worked_lines
from settlement.models import BatchOrder, BatchState
from settlement.moves_reading import LedgerMove, ledger_moves
from settlement.queries import BatchCase
from settlement.reading import StatementStanding, standing_of
from settlement.rules import scheme_of
from settlement.schemes import get_scheme
from settlement.schemes.authority import title_of
from settlement.states import BATCH
from vouchers.reading import NamedProgramme, named_programme


class OrderInBatch(ReadModel):
    """A claim that the batch holds: what was redeemed, and what the batch pays for it."""

    claim: str
    order: str
    provider: str
    enterprise: str
    service: str
    redeemed: Money
    amount: Money


class Payee(ReadModel):
    """Whom the batch pays, by one statement: for so many orders, with the award and its reason where there is one."""

    provider: NamedOrganisation
    orders: int
    subsidy: Money
    award: Money
    reason: str | None
    amount: Money


class LeftOut(ReadModel):
    """A claim that the batch counts nothing for; ``reason`` is as it was written down, to be filled with ``params``."""

    claim: str
    provider: str
    enterprise: str
    service: str
    reason: str
    params: Mapping[str, str | int]


class StatementInBatch(ReadModel):
    """A statement that the batch issued."""

    number: str
    payee: str
    total: Money
    standing: StatementStanding


class RedLetter(ReadModel):
    """A red-letter statement: of which it took back how much (above zero), and whether that had been paid."""

    number: str
    original: str
    amount: Money
    at: Moment
    paid: bool


class BatchOfCase(ReadModel):
    """Everything of one batch for one reader: ``deeds`` are what the reader can do with it now.

    ``awarding`` and ``parting`` say what its scheme lets the maker decide. ``scheme_title`` is as the rules say it.
    """

    number: str
    programme: NamedProgramme
    bureau: str
    treasury: str
    period_from: date
    period_to: date
    state: BatchState
    total: Money
    sent_back: str | None
    created_at: Moment
    reviewed_at: Moment | None
    approved_at: Moment | None
    paid_at: Moment | None
    calculator: str | None
    reviewer: str | None
    checker: str | None
    payer: str | None
    scheme_title: str
    awarding: bool
    parting: bool
    lines: tuple[WorkedLine, ...]
    orders: tuple[OrderInBatch, ...]
    payees: tuple[Payee, ...]
    left_out: tuple[LeftOut, ...]
    statements: tuple[StatementInBatch, ...]
    red_letters: tuple[RedLetter, ...]
    moves: tuple[LedgerMove, ...]
    deeds: frozenset[str]
    history: tuple[HistoryEvent, ...]


class AwardToDecide(ReadModel):
    """A payee of a batch and its award: percent decided so far and why, and the most that the scheme allows."""

    batch: str
    payee: Payee
    most: int
    share: Figure
    reason: str


class PartToDecide(ReadModel):
    """An order of a batch and the part of it that was decided; null where all of it is paid."""

    batch: str
    order: OrderInBatch
    amount: Money | None
    reason: str | None


def batch_of_case(actor: Actor, found: BatchCase) -> BatchOfCase:
    """One batch as ``actor`` sees it, from what ``queries.batch_case`` has read; asks for nothing more by the row."""
    batch = found.batch
    # A batch is always calculated again by the scheme of today.
    asking = get_scheme(batch.scheme_id)
    return BatchOfCase(
        number=batch.number,
        programme=named_programme(batch.programme),
        bureau=batch.programme.bureau.name,
        treasury=batch.programme.treasury.name,
        period_from=batch.period_from,
        period_to=batch.period_to,
        state=batch.state,
        total=batch.total,
        sent_back=batch.sent_back,
        created_at=batch.created_at,
        reviewed_at=batch.reviewed_at,
        approved_at=batch.approved_at,
        paid_at=batch.paid_at,
        calculator=found.calculator,
        reviewer=found.reviewer,
        checker=found.checker,
        payer=found.payer,
        scheme_title=title_of(scheme_of(batch), batch.case),
        awarding=asking.most_award is not None,
        parting=bool(asking.asks.parts),
        lines=worked_lines(found),
        orders=tuple(_order(found.rows[number]) for number in sorted(found.rows)),
        payees=tuple(_payees(found)),
        left_out=tuple(
            LeftOut(
                claim=each["order"],
                provider=each["provider"],
                enterprise=each["enterprise"],
                service=each["service"],
                reason=each["reason"],
                params=each["params"],
            )
            for each in batch.left_out
        ),
        statements=tuple(_statements(found)),
        red_letters=tuple(_red_letters(found)),
        moves=ledger_moves(found.moves),
        deeds=_deeds(actor, found),
        history=history_events(found.history),
    )


def award_to_decide(found: BatchCase, uscc: str) -> AwardToDecide:
    """A payee's award; NotFound for a provider that the batch does not pay, and for a scheme without awards."""
    most = get_scheme(found.batch.scheme_id).most_award
    payee = next((each for each in _payees(found) if each.provider.uscc == uscc), None)
    if payee is None or most is None:
        raise not_here()
    decided = found.batch.parameters["inputs"].get("awards", {}).get(uscc, {"share": 0, "reason": ""})
    return AwardToDecide(
        batch=found.batch.number, payee=payee, most=most, share=Decimal(str(decided["share"])), reason=decided["reason"]
    )


def part_to_decide(found: BatchCase, number: str) -> PartToDecide:
    """The part of a claim's order; NotFound for a claim that the batch does not hold."""
    row = found.rows.get(number)
    if row is None:
        raise not_here()
    decided = found.batch.parameters["inputs"].get("parts", {}).get(number)
    return PartToDecide(
        batch=found.batch.number,
        order=_order(row),
        amount=parse_yuan(decided["amount"]) if decided else None,
        reason=decided["reason"] if decided else None,
    )


def _order(row: BatchOrder) -> OrderInBatch:
    return OrderInBatch(
        claim=row.claim.number,
        order=row.order.number,
        provider=row.order.provider.name,
        enterprise=row.order.enterprise.name,
        service=row.order.offering_version.name,
        redeemed=row.claim.redeemed or 0,
        amount=row.amount,
    )


def _payees(found: BatchCase) -> list[Payee]:
    """The most first."""
    rows: dict[UUID, list[BatchOrder]] = {}
    for row in found.rows.values():
        rows.setdefault(row.provider_id, []).append(row)
    payees = []
    for provider, own in rows.items():
        award, subsidy = found.awards.get(provider), sum(row.amount for row in own)
        payees.append(
            Payee(
                provider=named(own[0].order.provider),
                orders=len({row.order_id for row in own}),
                subsidy=subsidy,
                award=award.amount if award else 0,
                reason=award.reason if award else None,
                amount=subsidy + (award.amount if award else 0),
            )
        )
    return sorted(payees, key=lambda each: (-each.amount, each.provider.name))


def _statements(found: BatchCase) -> Iterator[StatementInBatch]:
    corrected = {each.corrects_id for each in found.statements}
    for each in found.statements:
        standing = standing_of(each, paid=each.id in found.paid, corrected=each.id in corrected)
        yield StatementInBatch(number=each.number, payee=each.organisation.name, total=each.total, standing=standing)


def _red_letters(found: BatchCase) -> Iterator[RedLetter]:
    originals = {each.id: each for each in found.statements}
    for red in found.statements:
        if red.corrects_id:
            yield RedLetter(
                number=red.number,
                original=originals[red.corrects_id].number,
                amount=-red.total,
                at=red.issued_at,
                paid=red.corrects_id in found.paid,
            )


def _deeds(actor: Actor, found: BatchCase) -> frozenset[str]:
    if not found.acts and actor.organisation_id != found.batch.programme.treasury_id:
        return frozenset()
    steps = ("calculate", "review", "withdraw", "send_back", "approve", "pay_part")
    return frozenset(step for step in steps if BATCH.allowed(found.batch.state, step, actor.role))
