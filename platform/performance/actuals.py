"""Actuals of a provider: computed from the service records that the enterprises confirmed, each with what it counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from files.access import files_of
from files.models import Attachment
from foundation.many import among
from foundation.pages import CHUNK
from orders.models import Order, OrderState, RecordState, ServiceRecord
from performance.measures import MeasuredRecord, Period, RowActual, actuals
from performance.models import TargetTable
from performance.stored import template_of
from performance.templates import Row

COUNTING: Final = (
    OrderState.CONFIRMED,
    OrderState.CLAIMED,
    OrderState.RETURNED,
    OrderState.VERIFIED,
    OrderState.SETTLED,
)
"""Orders whose result the enterprise has confirmed; an order that ended without it counts nowhere."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A figure opened: the row, the figure, the records that it counts and their evidence by record id."""

    row: Row
    actual: RowActual
    records: Sequence[ServiceRecord]
    files: Mapping[UUID, Sequence[Attachment]]
    parts: frozenset[UUID]


def of_table(session: Session, table: TargetTable) -> Mapping[str, RowActual]:
    """The actual of every row of the table's year, by row id."""
    return {actual.row_id: actual for actual in _work(session, table)}


def behind(session: Session, table: TargetTable, row_id: str) -> Behind:
    """One figure with the records behind it, by day of delivery; NotFound for a row that the template does not have."""
    row = template_of(table).row(row_id)
    actual = next(each for each in _work(session, table) if each.row_id == row_id)
    query = select(ServiceRecord).options(joinedload(ServiceRecord.order).options(joinedload(Order.enterprise)))
    records = {
        record.id: record
        for record in session.scalars(query.where(among(ServiceRecord.id, actual.record_ids))).unique()
    }
    return Behind(
        row=row,
        actual=actual,
        records=[records[record_id] for record_id in actual.record_ids if isinstance(record_id, UUID)],
        files=files_of(
            session,
            ServiceRecord.__tablename__,
            [record_id for record_id in actual.record_ids if isinstance(record_id, UUID)],
        ),
        parts=frozenset(each for each in actual.part_record_ids if isinstance(each, UUID)),
    )


def attainment(actual: Decimal, target: Decimal) -> Decimal | None:
    """Percent of the target; None where nothing was promised."""
    return None if target == 0 else actual * 100 / target


def _work(session: Session, table: TargetTable) -> list[RowActual]:
    return actuals(template_of(table), _measured(session, table), Period.year(table.year))


def _measured(session: Session, table: TargetTable) -> Iterator[MeasuredRecord]:
    """What the provider's confirmed records up to the end of the table's year say, read in chunks."""
    query = (
        select(
            ServiceRecord.id,
            Order.enterprise_id,
            # The title of the day of ordering, never today's.
            Order.enterprise_title,
            ServiceRecord.delivered_on,
            ServiceRecord.measures,
        )
        .join(ServiceRecord.order)
        .where(
            ServiceRecord.state == RecordState.CONFIRMED,
            ServiceRecord.delivered_on <= Period.year(table.year).last,
            Order.provider_id == table.organisation_id,
            Order.state.in_(COUNTING),
        )
    )
    for record_id, enterprise_id, title, day, said in session.execute(query.execution_options(yield_per=CHUNK)):
        yield MeasuredRecord(record_id, enterprise_id, title, day, {key: Decimal(value) for key, value in said.items()})
