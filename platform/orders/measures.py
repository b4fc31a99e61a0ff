"""What a service record measures: the figures from which performance is computed, by service category."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from foundation.errors import BadInput, DomainError, NotFound
from foundation.i18n import N_
from foundation.yaml_files import read_yaml
from policies.places import Places

_DATA: Final = Path(__file__).parent / "data" / "measures.yaml"
LARGEST: Final = 1_000_000_000


class Kind(StrEnum):
    """How a record states a measure: a number, or yes (1) and no (0) about the enterprise served."""

    NUMBER = "number"
    YES_NO = "yes_no"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Part):
    """One figure of a service record; ``part_of`` names the measure of which it is a part."""

    key: str
    label: str
    unit: str
    kind: Kind = Kind.NUMBER
    decimals: int = 0
    part_of: str | None = None


class Category(_Part):
    """A kind of service and the measures that its records may carry."""

    key: str
    label: str
    measures: tuple[str, ...]


class _Catalogue(_Part):
    citation: str
    places: Places
    measures: tuple[Measure, ...]
    categories: tuple[Category, ...]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        known = {measure.key for measure in self.measures}
        named = {key for category in self.categories for key in category.measures}
        named |= {measure.part_of for measure in self.measures if measure.part_of}
        if named != known & named or len(known) != len(self.measures):
            raise ValueError(f"measures that are named but unknown, or defined twice: {sorted(named - known)}")
        return self


@cache
def _catalogue() -> _Catalogue:
    return _Catalogue.model_validate(read_yaml(_DATA))


@cache
def measures() -> Mapping[str, Measure]:
    """All measures by key."""
    return {measure.key: measure for measure in _catalogue().measures}


def categories() -> tuple[Category, ...]:
    """The ten kinds of service, in the order of the notice."""
    return tuple(_catalogue().categories)


def measures_for(category: str) -> tuple[Measure, ...]:
    """The measures that a record of this category may carry; NotFound for an unknown category."""
    for known in categories():
        if known.key == category:
            return tuple(measures()[key] for key in known.measures)
    raise NotFound(N_("没有服务类别 %(category)s"), category=category)


def faults_of(category: str, values: Mapping[str, Decimal]) -> list[DomainError]:
    """What is wrong with the measures of a record: foreign to the category, negative, too fine, part above its whole."""
    known = {measure.key: measure for measure in measures_for(category)}
    faults: list[DomainError] = [BadInput(N_("这类服务没有这一指标"), field=key) for key in values if key not in known]
    for key, measure in known.items():
        if key in values:
            faults += _faults_of_one(measure, values)
    return faults


def _faults_of_one(measure: Measure, values: Mapping[str, Decimal]) -> list[DomainError]:
    value = values[measure.key]
    largest = 1 if measure.kind is Kind.YES_NO else LARGEST
    if not value.is_finite() or not 0 <= value <= largest:
        return [BadInput(N_("填写 0 至 %(largest)s 的数"), field=measure.key, largest=f"{largest:,}")]
    if value != round(value, measure.decimals):
        return [BadInput(N_("最多 %(decimals)s 位小数"), field=measure.key, decimals=measure.decimals)]
    if measure.part_of and value > values.get(measure.part_of, Decimal(0)):
        whole = measures()[measure.part_of].label
        return [BadInput(N_("不得多于“%(whole)s”"), field=measure.key, whole=whole)]
    return []
