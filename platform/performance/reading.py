"""Read models of target tables, and of the rows of one of them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from foundation.reading import Figure, Moment, ReadModel
from performance.actuals import attainment
from performance.measures import RowActual
from performance.models import TargetState, TargetTable
from performance.stored import template_of
from performance.tables import values_of


class TargetTableRow(ReadModel):
    """A version of a provider's target table for a year."""

    id: UUID
    year: int
    provider: NamedOrganisation
    template: str
    template_version: str
    version: int
    state: TargetState
    change_reason: str | None
    submitted_at: Moment | None
    approved_at: Moment | None


class TargetFigures(ReadModel):
    """Baseline and target of a row, with the parts where it has an "of which"."""

    baseline: Figure
    target: Figure
    baseline_part: Figure | None
    target_part: Figure | None


class TargetRowFigures(ReadModel):
    """A row of a table: what was promised (null: dropped), what was done, and by how many records.

    ``attainment`` is the percentage of the target; null where nothing was promised.
    """

    table_id: UUID
    template: str
    row: str
    promised: TargetFigures | None
    actual: Figure
    actual_part: Figure | None
    attainment: Figure | None
    records: int


def table_rows(_session: Session, tables: Sequence[TargetTable]) -> list[TargetTableRow]:
    """Tables in their order; the providers come with them."""
    return [
        TargetTableRow(
            id=one.id,
            year=one.year,
            provider=named(one.organisation),
            template=one.template_id,
            template_version=one.template_version,
            version=one.version,
            state=one.state,
            change_reason=one.change_reason,
            submitted_at=one.submitted_at,
            approved_at=one.approved_at,
        )
        for one in tables
    ]


def figure_rows(table: TargetTable, actual: Mapping[str, RowActual]) -> list[TargetRowFigures]:
    """The rows of a table in the order of its template; ``actual`` by row id."""
    filled = values_of(table)
    rows = []
    for row in template_of(table).rows:
        values, done = filled.get(row.id), actual[row.id]
        rows.append(
            TargetRowFigures(
                table_id=table.id,
                template=table.template_id,
                row=row.id,
                promised=TargetFigures(
                    baseline=values.baseline,
                    target=values.target,
                    baseline_part=values.baseline_part,
                    target_part=values.target_part,
                )
                if values
                else None,
                actual=done.value,
                actual_part=done.part,
                attainment=attainment(done.value, values.target) if values else None,
                records=len(done.record_ids),
            )
        )
    return rows
