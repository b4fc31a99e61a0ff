"""The read model of one figure of a target table, opened to the records that it counts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from accounts.reading import NamedOrganisation, named
from files.reading import AttachedFile, attached
from foundation.reading import Figure, ReadModel
from orders.models import ServiceRecord
from performance.actuals import Behind, attainment
from performance.models import TargetTable
from performance.tables import values_of


class CountedRecord(ReadModel):
    """A service record that the figure counts, with what it adds and its evidence; ``part`` where there is an "of which"."""

    order: str
    line: int
    enterprise: str
    delivered_on: date
    description: str
    value: Figure
    part: Figure | None
    files: tuple[AttachedFile, ...]


class OpenedFigure(ReadModel):
    """What was done in a row of a table; ``target`` is null where the row was dropped."""

    table_id: UUID
    year: int
    provider: NamedOrganisation
    row: str
    actual: Figure
    actual_part: Figure | None
    target: Figure | None
    attainment: Figure | None
    records: tuple[CountedRecord, ...]


def opened_figure(table: TargetTable, found: Behind) -> OpenedFigure:
    """One figure from what ``actuals.behind`` has read; asks for nothing more by the record."""
    promised = values_of(table).get(found.row.id)
    return OpenedFigure(
        table_id=table.id,
        year=table.year,
        provider=named(table.organisation),
        row=found.row.id,
        actual=found.actual.value,
        actual_part=found.actual.part,
        target=promised.target if promised else None,
        attainment=attainment(found.actual.value, promised.target) if promised else None,
        records=tuple(_counted(record, found) for record in found.records),
    )


def _counted(record: ServiceRecord, found: Behind) -> CountedRecord:
    indicator = found.row.indicator
    return CountedRecord(
        order=record.order.number,
        line=record.line,
        enterprise=record.order.enterprise.name,
        delivered_on=record.delivered_on,
        description=record.description,
        value=Decimal(record.measures.get(indicator.measure, 0)),
        part=Decimal(record.measures.get(indicator.of_which.measure, 0)) if indicator.of_which else None,
        files=tuple(attached(file) for file in found.files[record.id]),
    )
