"""Judges facts by a rule set: a pure function, so the same facts, rules and day always give the same answer."""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from foundation.errors import BadInput
from policies.answers import Answer, Finding, Outcome, Status
from policies.conditions import Condition, FactTest, Group, Judgement, Op
from policies.facts import Facts, FactValue, vocabulary
from policies.rulesets import Criterion, RuleSet


def check(ruleset: RuleSet, facts: Facts, on: date) -> Answer:
    """Judge ``facts`` by ``ruleset`` on a day. A fact that is absent, None or of the wrong kind is unknown.

    Pure: it does not ask whether the rules were in force on that day (``RuleSet.require_in_force`` does).
    """
    known = {key: _known(key, facts) for key in ruleset.facts}
    settled = any(_settles(criterion, known) for criterion in ruleset.criteria)
    findings = tuple(_judge(criterion, known, settled=settled) for criterion in ruleset.criteria)
    return Answer(ruleset.id, ruleset.version, on, _outcome(finding.status for finding in findings), findings)


def _outcome(statuses: Iterable[Status]) -> Outcome:
    seen = set(statuses)
    if Status.UNMET in seen:
        return Outcome.INELIGIBLE
    return Outcome.REFER if seen & {Status.UNKNOWN, Status.MANUAL_REVIEW} else Outcome.ELIGIBLE


def _known(key: str, facts: Facts) -> FactValue | None:
    fact, value = vocabulary()[key], facts.get(key)
    if value is None and any(facts.get(other) is said for other, said in fact.implied_by.items()):
        return True
    try:
        return fact.parse(value)
    except BadInput:
        return None


def _settles(criterion: Criterion, facts: Facts) -> bool:
    return criterion.suffices and _status(criterion.condition, facts) is Status.MET


def _judge(criterion: Criterion, facts: Facts, *, settled: bool) -> Finding:
    counts = _settles(criterion, facts) if criterion.suffices else not (settled or criterion.waived)
    status = _status(criterion.condition, facts) if counts else Status.NOT_APPLICABLE
    return Finding(criterion, status, {key: facts[key] for key in criterion.facts})


def _status(condition: Condition, facts: Facts) -> Status:
    if isinstance(condition, Judgement):
        return Status.MANUAL_REVIEW
    if isinstance(condition, Group):
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
