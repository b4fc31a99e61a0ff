"""Judges facts by a rule set: a pure function, so the same facts, rules and day always give the same answer."""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from foundation.errors import BadInput
from policies.conditions import AllOf, AnyOf, AtLeast, Condition, FactTest, Group, Judgement, Op
from policies.facts import Facts, FactValue, to_json, vocabulary
from policies.rulesets import Criterion, RuleSet
from policies.wording import describe


class Status(StrEnum):
    """What is known about one criterion."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    MANUAL_REVIEW = "manual_review"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """What follows: ``refer`` sends the case to a person or asks for the facts that are missing."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion judged. ``observed`` holds each fact it looked at, None where that is unknown."""

    criterion: Criterion
    status: Status
    observed: Mapping[str, FactValue | None]

    def as_json(self) -> dict[str, Any]:
        """The contract's shape: one fact stands alone, several stand under their keys, a judgement has none."""
        seen = {key: to_json(value) for key, value in self.observed.items()}
        return {
            "id": self.criterion.id,
            "text": self.criterion.text,
            "citation": self.criterion.citation,
            "status": self.status.value,
            "required": describe(self.criterion),
            "observed": seen if len(seen) > 1 else next(iter(seen.values()), None),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement of a rule set on one day, criterion by criterion."""

    ruleset: str
    version: str
    on: date
    outcome: Outcome
    criteria: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's shape of ``rules check``; a decision stores it with the facts."""
        return {
            "ruleset": self.ruleset,
            "version": self.version,
            "on": self.on.isoformat(),
            "outcome": self.outcome.value,
            "criteria": [finding.as_json() for finding in self.criteria],
        }


def check(ruleset: RuleSet, facts: Facts, on: date) -> Answer:
    """Judge ``facts`` by ``ruleset`` on a day. A fact that is absent, None or of the wrong kind is unknown.

    Pure: it does not ask whether the rules were in force on that day (``RuleSet.require_in_force`` does).
    """
    known = {key: _known(key, facts.get(key)) for key in ruleset.facts}
    findings = tuple(_judge(criterion, known) for criterion in ruleset.criteria)
    return Answer(ruleset.id, ruleset.version, on, _outcome(finding.status for finding in findings), findings)


def _outcome(statuses: Iterable[Status]) -> Outcome:
    seen = set(statuses)
    if Status.UNMET in seen:
        return Outcome.INELIGIBLE
    return Outcome.REFER if seen & {Status.UNKNOWN, Status.MANUAL_REVIEW} else Outcome.ELIGIBLE


def _known(key: str, value: FactValue | None) -> FactValue | None:
    try:
        return vocabulary()[key].parse(value)
    except BadInput:
        return None


def _judge(criterion: Criterion, facts: Facts) -> Finding:
    status = Status.NOT_APPLICABLE if criterion.waived else _status(criterion.condition, facts)
    return Finding(criterion, status, {key: facts[key] for key in criterion.facts})


def _status(condition: Condition, facts: Facts) -> Status:
    if isinstance(condition, Judgement):
        return Status.MANUAL_REVIEW
    if isinstance(condition, AllOf | AnyOf | AtLeast):
        return _group_status(condition, facts)
    value = facts[condition.fact]
    if value is None:
        return Status.UNKNOWN
    return Status.MET if _holds(condition, value) else Status.UNMET


def _group_status(group: Group, facts: Facts) -> Status:
    counted = Counter(_status(member, facts) for member in group.members)
    if counted[Status.MET] >= group.needed:
        return Status.MET
    if len(group.members) - counted[Status.UNMET] < group.needed:
        return Status.UNMET
    return Status.UNKNOWN if counted[Status.UNKNOWN] else Status.MANUAL_REVIEW


_COMPARE: Final[Mapping[Op, Callable[[Decimal, Decimal], bool]]] = {
    Op.GE: operator.ge,
    Op.GT: operator.gt,
    Op.LE: operator.le,
    Op.LT: operator.lt,
    Op.EQ: operator.eq,
}


def _holds(test: FactTest, value: FactValue) -> bool:
    if isinstance(value, bool):
        return value is (test.op is Op.IS_TRUE)
    if isinstance(value, Decimal) and isinstance(test.value, Decimal):
        return _COMPARE[test.op](value, test.value)
    seen = set(value) if isinstance(value, tuple) else {value}
    wanted = set(test.value) if isinstance(test.value, tuple) else set()
    if test.op is Op.CONTAINS_ALL:
        return wanted <= seen
    return seen.isdisjoint(wanted) is (test.op is Op.CONTAINS_NONE)
