"""Target-table templates (绩效目标表) as data: rows, units, columns, and which measure feeds each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from foundation.errors import BadInput, DomainError, NotFound
from foundation.i18n import N_
from orders.measures import measures
from policies.places import Places
from policies.shipped import RuleKind, Shipped, read

DATA: Final = Path(__file__).parent / "data"
_LARGEST: Final = Decimal(10_000_000_000)


class Count(StrEnum):
    """How records make a figure: their measures added up, or the distinct enterprises that have the measure."""

    SUM = "sum"
    ENTERPRISES = "enterprises"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(_Part):
    """The notice that prints the table."""

    title: str
    issuer: str
    issued: date


class Column(_Part):
    """A column of figures and the year it speaks of in the notice."""

    label: str
    year: int


class Columns(_Part):
    """What is filled in: where one starts and what one promises."""

    baseline: Column
    target: Column


class Tier(_Part):
    """A group of enterprises with a row of its own, by the titles that belong to it."""

    key: str
    label: str
    titles: tuple[str, ...]


class OfWhich(_Part):
    """The part that a row shows beside its figure (其中)."""

    label: str
    measure: str


class Indicator(_Part):
    """One numbered indicator; ``cumulative`` is the total at the year's end (＊), else the flow of the year."""

    number: int
    label: str
    unit: str
    measure: str
    count: Count = Count.SUM
    cumulative: bool = False
    decimals: int = 0
    of_which: OfWhich | None = None
    by_tier: bool = False


class Row(_Part):
    """One line of the table. ``id`` stays the same over all versions; without ``tier_label`` it is for all tiers."""

    id: str
    indicator: Indicator
    tier_label: str | None
    titles: tuple[str, ...]
    optional: bool = True


class Template(_Part):
    """A target table as a notice prints it."""

    id: str
    version: str
    title: str
    region: str
    document: Document
    citation: str
    places: Places
    columns: Columns
    notes: tuple[str, ...] = ()
    tiers: tuple[Tier, ...]
    indicators: tuple[Indicator, ...]

    @model_validator(mode="after")
    def _measures_fit(self) -> Self:
        known = measures()
        for indicator in self.indicators:
            measure = known.get(indicator.measure)
            part = known.get(indicator.of_which.measure) if indicator.of_which else None
            if measure is None or measure.unit != indicator.unit or measure.decimals > indicator.decimals:
                raise ValueError(f"indicator {indicator.number} does not fit its measure {indicator.measure}")
            if indicator.of_which and (part is None or part.part_of != indicator.measure):
                raise ValueError(f"indicator {indicator.number}: its part is not part of {indicator.measure}")
        if [indicator.number for indicator in self.indicators] != list(range(1, len(self.indicators) + 1)):
            raise ValueError("indicators are numbered from 1 without gaps")
        return self

    def __hash__(self) -> int:
        """A template is known by its id and version; what is made of one is kept by it."""
        return hash((self.id, self.version))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows in the order of the notice, with ids such as ``ind03-srdi`` and ``ind12``."""
        return tuple(row for indicator in self.indicators for row in self._rows_of(indicator))

    def row(self, row_id: str) -> Row:
        """The row of that id; NotFound otherwise."""
        for row in self.rows:
            if row.id == row_id:
                return row
        raise NotFound(N_("目标表没有 %(row)s 这一行"), row=row_id)

    def _rows_of(self, indicator: Indicator) -> list[Row]:
        name = f"ind{indicator.number:02d}"
        if indicator.by_tier:
            return [
                Row(id=f"{name}-{tier.key}", indicator=indicator, tier_label=tier.label, titles=tier.titles)
                for tier in self.tiers
            ]
        titles = [title for tier in self.tiers for title in tier.titles]
        return [Row(id=name, indicator=indicator, tier_label=None, titles=titles)]


@dataclass(frozen=True, slots=True)
class RowValues:
    """What was filled into a row; the parts belong to rows with an "of which"."""

    baseline: Decimal
    target: Decimal
    baseline_part: Decimal | None = None
    target_part: Decimal | None = None


@cache
def list_templates() -> tuple[Template, ...]:
    """All templates, by id."""
    return tuple(stored(each.content) for each in all_shipped())


@cache
def all_shipped() -> tuple[Shipped, ...]:
    """Every template as its file says it, by id."""
    found = []
    for file in sorted(DATA.glob("*.yaml")):
        content = read(file)
        template = stored(content)
        found.append(
            Shipped(RuleKind.TARGET_TEMPLATE, template.id, template.version, content, template.document.issued)
        )
    return tuple(found)


def shipped(template_id: str) -> Shipped:
    """The template of that id as its file says it; NotFound names those that there are."""
    template = get_template(template_id)
    return next(each for each in all_shipped() if each.key == template.id)


def stored(content: Mapping[str, Any]) -> Template:
    """The template of a stored version, or of a file."""
    return Template.model_validate(content)


def get_template(template_id: str) -> Template:
    """The template of that id; NotFound names those that there are."""
    for template in list_templates():
        if template.id == template_id:
            return template
    known = ", ".join(template.id for template in list_templates())
    raise NotFound(N_("没有目标表模板 %(id)s，现有：%(known)s"), id=template_id, known=known)


def faults_of(template: Template, values: Mapping[str, RowValues]) -> list[DomainError]:
    """What is wrong with a table as filled in, each fault with its field such as ``ind03-srdi.target_part``.

    Left-out rows are no fault; a part may not exceed its whole, and a cumulative total does not fall.
    """
    known = {row.id: row for row in template.rows}
    faults: list[DomainError] = [
        BadInput(N_("目标表没有 %(row)s 这一行"), field=row_id, row=row_id) for row_id in values if row_id not in known
    ]
    if not values:
        faults.append(BadInput(N_("至少填写一行指标")))
    for row_id, row in known.items():
        if row_id in values:
            faults += _faults_of_row(template, row, values[row_id])
    return faults


def _faults_of_row(template: Template, row: Row, values: RowValues) -> list[DomainError]:
    faults = _faults_of_column(row, "baseline", values.baseline, values.baseline_part)
    faults += _faults_of_column(row, "target", values.target, values.target_part)
    if row.indicator.cumulative and not faults and values.target < values.baseline:
        text = N_("年末累计指标的目标值不应低于初始值 %(baseline)s")
        faults.append(BadInput(text, field=f"{row.id}.target", rule=template.citation, baseline=values.baseline))
    return faults


def _faults_of_column(row: Row, column: str, whole: Decimal, part: Decimal | None) -> list[DomainError]:
    place, indicator = f"{row.id}.{column}", row.indicator
    faults = _faults_of_figure(place, whole, indicator.decimals)
    if indicator.of_which is None:
        if part is not None:
            faults.append(BadInput(N_("这一行没有“其中”数"), field=f"{place}_part"))
        return faults
    if part is None:
        return [*faults, BadInput(N_("请填写“%(label)s”"), field=f"{place}_part", label=indicator.of_which.label)]
    faults += _faults_of_figure(f"{place}_part", part, indicator.decimals)
    if not faults and part > whole:
        text = N_("“%(label)s”不得多于总数 %(whole)s")
        faults.append(BadInput(text, field=f"{place}_part", label=indicator.of_which.label, whole=whole))
    return faults


def _faults_of_figure(place: str, value: Decimal, decimals: int) -> list[DomainError]:
    if not value.is_finite() or not 0 <= value <= _LARGEST:
        return [BadInput(N_("应为不小于 0 的数字"), field=place)]
    if value != round(value, decimals):
        text = N_("应为整数") if decimals == 0 else N_("最多 %(decimals)s 位小数")
        return [BadInput(text, field=place, decimals=decimals)]
    return []
