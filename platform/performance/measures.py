"""Actuals computed from service records: each figure comes with the records that it counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

from orders.measures import Measure, measures_for
from performance.templates import Count, Row, Template

__all__ = ["Measure", "MeasuredRecord", "Period", "RowActual", "actuals", "measures_for"]


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """A service record as performance sees it: the title is the one frozen on the order, never today's."""

    record_id: UUID | str
    enterprise_id: UUID | str
    enterprise_title: str
    delivered_on: date
    measures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a figure speaks of, both included."""

    first: date
    last: date

    @classmethod
    def year(cls, year: int) -> Self:
        """A calendar year."""
        return cls(date(year, 1, 1), date(year, 12, 31))


@dataclass(frozen=True, slots=True)
class RowActual:
    """A row's figure with the records behind it, by day of delivery; the part likewise where the row has one."""

    row_id: str
    value: Decimal
    record_ids: tuple[UUID | str, ...]
    part: Decimal | None = None
    part_record_ids: tuple[UUID | str, ...] = ()


def actuals(template: Template, records: Iterable[MeasuredRecord], period: Period) -> list[RowActual]:
    """The figure of every row: a flow counts what was delivered within the period, a cumulative row all up to its end.

    Measures are added up, or the distinct enterprises that have one are counted. Such an enterprise counts once, in
    the tier of its latest record, because one that rose to a higher title has not become two. Records of enterprises
    without a title of the table count nowhere.
    """
    known = sorted(
        (record for record in records if record.delivered_on <= period.last),
        key=lambda record: (record.delivered_on, str(record.record_id)),
    )
    within = [record for record in known if record.delivered_on >= period.first]
    return [_actual(row, known if row.indicator.cumulative else within) for row in template.rows]


def _actual(row: Row, records: Sequence[MeasuredRecord]) -> RowActual:
    indicator = row.indicator
    counted = _having(records, indicator.measure)
    if indicator.count is Count.ENTERPRISES:
        latest = {record.enterprise_id: record.enterprise_title for record in counted}
        inside = {enterprise for enterprise, title in latest.items() if title in row.titles}
        behind = [record for record in counted if record.enterprise_id in inside]
        return RowActual(row.id, Decimal(len(inside)), _ids(behind))
    behind = [record for record in counted if record.enterprise_title in row.titles]
    actual = RowActual(row.id, _sum(behind, indicator.measure), _ids(behind))
    if indicator.of_which is None:
        return actual
    part = indicator.of_which.measure
    parts = _having(behind, part)
    return RowActual(row.id, actual.value, actual.record_ids, _sum(parts, part), _ids(parts))


def _having(records: Iterable[MeasuredRecord], measure: str) -> list[MeasuredRecord]:
    return [record for record in records if record.measures.get(measure, Decimal(0)) > 0]


def _sum(records: Iterable[MeasuredRecord], measure: str) -> Decimal:
    return sum((record.measures[measure] for record in records), Decimal(0))


def _ids(records: Iterable[MeasuredRecord]) -> tuple[UUID | str, ...]:
    return tuple(record.record_id for record in records)
