"""A scheme as data: loaded from its YAML file and checked once, before anybody relies on it."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from foundation.errors import NotFound
from foundation.i18n import N_
from policies.places import Places
from policies.shipped import RuleKind, Shipped, read
from settlement.schemes.declared import OF_LINE, OF_ORDER, Asks, Party
from settlement.schemes.facts import Fact, MoneyFact, PercentFact, TextFact, WordFact
from settlement.schemes.steps import Condition, Envelope, ItemStep, LineStep

DATA: Final = Path(__file__).parents[1] / "data"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(_Part):
    """The notice that the scheme comes from."""

    title: str
    issuer: str
    number: str | None = None
    issued: date


class NotAbove(_Part):
    """Input in which one amount stands above another is a mistake, not a case."""

    fact: str
    other: str


class Items(_Part):
    """What a line is made of, in the order in which it is worked."""

    key: str
    label: str
    order_by: str | None = None
    facts: Mapping[str, Fact]
    checks: tuple[NotAbove, ...] = ()
    conditions: tuple[Condition, ...] = ()
    steps: tuple[ItemStep, ...] = Field(min_length=1)


class Lines(_Part):
    """The organisations that are paid, or for whom is paid."""

    key: str
    label: str
    of: Party | None = None
    facts: Mapping[str, Fact] = Field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    items: Items
    steps: tuple[LineStep, ...] = Field(min_length=1)


class Scheme(_Part):
    """A subsidy scheme: where it comes from, what it asks for and the steps of the working."""

    id: str
    version: str
    title: str
    region: str
    document: Document
    places: Places = Field(default_factory=dict)
    facts: Mapping[str, Fact] = Field(default_factory=dict)
    asks: Asks = Asks()
    lines: Lines
    envelope: Envelope | None = None

    @property
    def most_award(self) -> int | None:
        """The highest share in percent that a line can be awarded; None for a scheme that knows no award."""
        share = self.lines.facts[self.asks.award.share] if self.asks.award else None
        return share.maximum if isinstance(share, PercentFact) else None

    @model_validator(mode="after")
    def _steps_ask_for_known_facts(self) -> Self:
        lines, items = self.lines, self.lines.items
        asked = [
            (items.facts, _asked(items.conditions)),
            (items.facts, _asked(items.steps)),
            (items.facts, [name for check in items.checks for name in (check.fact, check.other)]),
            (items.facts, [items.order_by] if items.order_by else []),
            (lines.facts, _asked(lines.conditions)),
            (lines.facts, _asked(lines.steps)),
            (self.facts, _asked([self.envelope] if self.envelope else [])),
        ]
        for known, names in asked:
            if unknown := set(names) - set(known):
                raise ValueError(f"steps ask for facts that the scheme does not have: {sorted(unknown)}")
        return self

    @model_validator(mode="after")
    def _orders_can_feed_it(self) -> Self:
        """A scheme that says whose its lines are says of each fact where it comes from, or asks the maker for it."""
        lines, award = self.lines, self.asks.award
        if award is not None:
            share, because = lines.facts.get(award.share), lines.facts.get(award.because)
            if not isinstance(share, PercentFact) or not isinstance(because, TextFact):
                raise ValueError("an award needs a line's fact in percent and one in words")
            if lines.of == "enterprise":
                raise ValueError("an award goes to whoever served, so a line must be theirs")
        if wrong := [name for name in self.asks.facts if not isinstance(self.facts.get(name), MoneyFact)]:
            raise ValueError(f"a maker can be asked for amounts of the case only: {wrong}")
        if lines.of is None:
            return self
        asked = {award.share, award.because} if award else set()
        for known, facts, answered in (
            ({}, self.facts, set(self.asks.facts)),
            (OF_LINE, lines.facts, asked),
            (OF_ORDER, lines.items.facts, set[str]()),
        ):
            for name, fact in facts.items():
                if name not in answered and not _fits(fact, known.get(fact.source or "")):
                    raise ValueError(f"no batch can say the fact {name} (source: {fact.source})")
        return self

    @model_validator(mode="after")
    def _reasons_can_be_filled(self) -> Self:
        lines, items = self.lines, self.lines.items
        for facts, conditions in ((lines.facts, lines.conditions), (items.facts, items.conditions)):
            for condition in conditions:
                try:
                    condition.reason % {"id": "", **dict.fromkeys(facts, ""), **condition.limits()}
                except (KeyError, TypeError, ValueError) as error:
                    raise ValueError(f"the reason of {condition.rule} cannot be filled: {error}") from error
        return self


@cache
def list_schemes() -> tuple[Scheme, ...]:
    """All schemes, by id."""
    return tuple(stored(each.content) for each in all_shipped())


@cache
def all_shipped() -> tuple[Shipped, ...]:
    """Every scheme as its file says it, by id."""
    found = []
    for file in sorted(DATA.glob("scheme-*.yaml")):
        content = read(file)
        scheme = stored(content)
        found.append(Shipped(RuleKind.SCHEME, scheme.id, scheme.version, content, scheme.document.issued))
    return tuple(found)


def shipped(scheme_id: str) -> Shipped:
    """The scheme of that id as its file says it; NotFound names those that there are."""
    scheme = get_scheme(scheme_id)
    return next(each for each in all_shipped() if each.key == scheme.id)


def stored(content: Mapping[str, Any]) -> Scheme:
    """The scheme of a stored version, or of a file."""
    return Scheme.model_validate(content)


def get_scheme(scheme_id: str) -> Scheme:
    """The scheme of that id; NotFound names those that there are."""
    for scheme in list_schemes():
        if scheme.id == scheme_id:
            return scheme
    known = ", ".join(scheme.id for scheme in list_schemes())
    raise NotFound(N_("没有资金方案 %(id)s，现有：%(known)s"), id=scheme_id, known=known)


def _fits(fact: Fact, given: str | None) -> bool:
    """Whether a source that gives this type of value can say the fact; a word is made of yes and no by two words."""
    if isinstance(fact, WordFact) and given == "yes_no":
        return {fact.if_yes, fact.if_no} <= set(fact.words)
    return fact.type == given


def _asked(steps: Sequence[BaseModel]) -> list[str]:
    """The names of facts in a step's parameters."""
    names = [
        getattr(step, key, None) for step in steps for key in ("fact", "other", "less", "when", "share", "because")
    ]
    return [name for name in names if name is not None]
