"""The vocabulary of facts, and the one place where a value from a file or a form becomes a fact.

Numbers are exact decimals in the unit of the notices (万元, %, 人 …). ``None`` is an unknown fact; 0 and false are known.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from foundation.errors import BadInput, Faults
from foundation.i18n import N_
from foundation.yaml_files import read_yaml

FACTS_FILE: Final = Path(__file__).parent / "data" / "facts.yaml"
FactValue: TypeAlias = Decimal | bool | str | tuple[str, ...]
Facts: TypeAlias = Mapping[str, FactValue | None]


class Kind(StrEnum):
    """What a fact's value is."""

    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    LIST = "list"
    TEXT = "text"


_EXPECTED: Final = {
    Kind.NUMBER: N_("“%(label)s”应为数字，单位：%(unit)s"),
    Kind.FLAG: N_("“%(label)s”应为 true（是）或 false（否）"),
    Kind.CHOICE: N_("“%(label)s”应为下列之一：%(choices)s"),
    Kind.LIST: N_("“%(label)s”应为列表，各项取自：%(choices)s"),
    Kind.TEXT: N_("“%(label)s”应为文字"),
}

# Covers every real amount and the rounding errors around zero, and is narrow enough to be written out in full.
_POWERS: Final = range(-30, 16)


class Subject(StrEnum):
    """Whom a fact or a rule set is about."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"


class Fact(BaseModel):
    """One word of the vocabulary: key, Chinese label, kind, unit and bounds.

    ``implied_by`` names flags that answer a flag which nobody stated: a serious accident is an accident.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    label: str
    kind: Kind
    subjects: tuple[Subject, ...]
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: dict[str, str] = {}
    implied_by: dict[str, bool] = {}

    @model_validator(mode="after")
    def _choices_where_chosen(self) -> Self:
        if bool(self.choices) != (self.kind in {Kind.CHOICE, Kind.LIST}):
            raise ValueError("choices belong to the kinds choice and list, and only to them")
        return self

    def parse(self, value: Any) -> FactValue | None:
        """The typed value of ``value`` as JSON gives it; None stays None. Raises BadInput naming this fact."""
        if value is None:
            return None
        if self.kind is Kind.NUMBER:
            return self._number(value)
        if self.kind is Kind.LIST:
            return self._several(value)
        if self.kind is Kind.FLAG and isinstance(value, bool):
            return value
        if self.kind is Kind.TEXT and isinstance(value, str):
            return value.strip() or None
        if self.kind is Kind.CHOICE and isinstance(value, str) and value in self.choices:
            return value
        raise self._refusal()

    def parse_text(self, text: str) -> FactValue | None:
        """The typed value of what was typed into a form field; blank is unknown. A list is separated by commas."""
        text = text.strip()
        if not text:
            return None
        if self.kind is Kind.NUMBER:
            try:
                return self.parse(Decimal(text.replace(",", "").replace("，", "")))
            except InvalidOperation:
                raise self._refusal() from None
        if self.kind is Kind.FLAG:
            return self.parse({"true": True, "false": False}.get(text, text))
        return self.parse(text.split(",") if self.kind is Kind.LIST else text)

    def _number(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self._refusal()
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite():
            raise self._refusal()
        if number.is_zero():
            number = Decimal(0)
        elif number.adjusted() not in _POWERS:
            raise BadInput(N_("“%(label)s”的数值超出可处理的范围"), field=self.key, label=self.label)
        too_small = self.minimum is not None and number < self.minimum
        too_large = self.maximum is not None and number > self.maximum
        if too_small or too_large:
            raise self._refusal()
        return number

    def _several(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(
            isinstance(one, str) and one in self.choices for one in value
        ):
            raise self._refusal()
        return tuple(dict.fromkeys(value))

    def _refusal(self) -> BadInput:
        expected = _EXPECTED[self.kind]
        if self.kind is Kind.NUMBER and self.maximum is not None:
            expected = N_("“%(label)s”应为 %(minimum)s 至 %(maximum)s 之间的数字，单位：%(unit)s")
        elif self.kind is Kind.NUMBER and self.minimum is not None:
            expected = N_("“%(label)s”应为不小于 %(minimum)s 的数字，单位：%(unit)s")
        return BadInput(
            expected,
            field=self.key,
            label=self.label,
            unit=self.unit,
            minimum=self.minimum,
            maximum=self.maximum,
            choices=", ".join(self.choices),
        )


_stored: Final[ContextVar[Mapping[str, Fact] | None]] = ContextVar("stored vocabulary", default=None)
"""The words in which rules of earlier days were written, while such rules are read or judged by."""


def vocabulary() -> Mapping[str, Fact]:
    """All facts by key, in the order in which forms show them."""
    return _stored.get() or _shipped()


@cache
def _shipped() -> Mapping[str, Fact]:
    rows = read_yaml(FACTS_FILE)["facts"]
    return {row["key"]: Fact.model_validate(row) for row in rows}


@contextmanager
def speaking(words: Mapping[str, Any]) -> Iterator[None]:
    """Within the block the vocabulary is this one, kept with the rules that were written in it (``Fact`` as JSON by key)."""
    token = _stored.set({key: Fact.model_validate(word) for key, word in words.items()})
    try:
        yield
    finally:
        _stored.reset(token)


def facts_about(subject: Subject) -> tuple[Fact, ...]:
    """The facts that can be stated about an enterprise or a provider."""
    return tuple(fact for fact in vocabulary().values() if subject in fact.subjects)


def parse_facts(values: Any) -> dict[str, FactValue | None]:
    """Typed facts of a flat JSON object. Raises BadInput, or Faults naming every fact that cannot be used."""
    if not isinstance(values, dict):
        raise BadInput(N_("应为一个 JSON 对象：事实项和取值"))
    parsed: dict[str, FactValue | None] = {}
    faults: list[BadInput] = []
    for key, value in values.items():
        try:
            parsed[key] = _fact(key).parse(value)
        except BadInput as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)
    return parsed


def _fact(key: str) -> Fact:
    try:
        return vocabulary()[key]
    except KeyError:
        raise BadInput(N_("不是已知的事实项"), field=key) from None


def to_json(value: FactValue | None) -> Any:
    """A fact's value for JSON: a whole number as int, another as float where that is exact, else as text."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else format(value, "f")
