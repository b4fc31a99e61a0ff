"""Settlement batches and performance-target tables of the demonstration."""

from decimal import Decimal

from sqlalchemy import select

from demonstration.accounts import PASSWORD
from demonstration.people import Cast
from demonstration.script import BatchPart, TakenBackPart, TargetPart, TargetRowPart
from demonstration.timeline import Story
from foundation.actors import Role
from foundation.clock import today
from foundation.money import parse_yuan
from performance import tables
from performance.templates import RowValues
from settlement import approval, batches, corrections, payments
from settlement.models import Batch, Statement
from settlement.statement_files import print_unprinted
from vouchers.models import Programme


def settle(cast: Cast, part: BatchPart) -> Story:
    """A batch: calculated and reviewed by the bureau, approved and paid by two people of the treasury."""
    session, calendar, day = cast.session, cast.calendar, part.made
    # In the evening: what is verified before a long holiday is verified on the same day.
    yield calendar.moment(day, 17)
    maker, budget_holder = cast.person("bureau", Role.REVIEWER), cast.person("treasury", Role.BUDGET_HOLDER)
    programme = session.get_one(Programme, cast.programmes[part.programme])
    batch = batches.draft(
        session,
        maker,
        programme_number=programme.number,
        period_from=calendar.day(part.period_from),
        # Before a long holiday the batch's own day may be the earlier one.
        period_to=min(calendar.day(part.period_to), today()),
    )
    if part.share is not None:
        batches.decide_part(
            session,
            maker,
            batch.number,
            order=cast.orders[part.share.order],
            amount=parse_yuan(part.share.amount),
            reason=part.share.reason,
        )
    if part.until == "calculated":
        return
    day -= part.pace
    yield calendar.moment(day, 11)
    batches.review(session, maker, batch.number)
    if part.until == "reviewed":
        return
    day -= part.pace
    yield calendar.moment(day, 10)
    approval.approve(session, budget_holder, batch.number, password=PASSWORD, public_url=cast.public_url)
    print_unprinted(session)
    day -= part.pace
    yield calendar.moment(day, 15)
    numbers = session.scalars(select(Statement.number).where(Statement.batch_id == batch.id, Statement.total > 0)).all()
    payer = cast.person("treasury", Role.PAYER)
    payments.pay(session, payer, batch.number, statements=numbers, password=PASSWORD)
    if part.taken_back is not None:
        yield from _take_back(cast, part.made, part.taken_back, batch)


def _take_back(cast: Cast, made: int, said: TakenBackPart, batch: Batch) -> Story:
    """One person of the treasury asks, the other one carries it out the next day."""
    session, payer = cast.session, cast.person("treasury", Role.PAYER)
    statement = session.scalars(
        select(Statement).where(
            Statement.batch_id == batch.id, Statement.organisation_id == cast.organisations[said.provider].id
        )
    ).one()
    yield cast.calendar.moment(made - said.after, 10)
    corrections.ask_correction(session, payer, statement.number, reason=said.reason)
    yield cast.calendar.moment(made - said.after - 1, 10)
    budget_holder = cast.person("treasury", Role.BUDGET_HOLDER)
    corrections.correct(session, budget_holder, statement.number, password=PASSWORD, public_url=cast.public_url)
    print_unprinted(session)


def promise(cast: Cast, part: TargetPart) -> Story:
    """A target table of the year in which most of the history lies; its actuals come from the records alone."""
    session, calendar = cast.session, cast.calendar
    yield calendar.moment(part.started, 11)
    manager = cast.person(part.provider, Role.PROVIDER_MANAGER)
    table = tables.create(session, manager, template_id=part.template, year=calendar.day(60).year)
    tables.save(session, manager, table.id, {row.row: _values(row) for row in part.rows})
    if part.until == "draft":
        return
    tables.submit(session, manager, table.id)
    if part.until == "submitted":
        return
    yield calendar.moment(part.started - 5, 15)
    tables.approve(session, cast.office(part.provider, Role.REVIEWER), table.id)


def _values(row: TargetRowPart) -> RowValues:
    return RowValues(
        baseline=Decimal(row.baseline),
        target=Decimal(row.target),
        baseline_part=Decimal(row.baseline_part) if row.baseline_part is not None else None,
        target_part=Decimal(row.target_part) if row.target_part is not None else None,
    )
