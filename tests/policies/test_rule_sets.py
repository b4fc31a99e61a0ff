"""Every rule set against its notice: the exact threshold is enough, just below it is not, what is missing is unknown."""

from datetime import date
from typing import Any

import pytest
from policies_cases import CASES, OTHER_WAYS, Case

from policies.answers import Answer, Status
from policies.catalogue import rule_set, rule_sets
from policies.evaluation import check
from policies.facts import parse_facts
from policies.rulesets import Criterion

ON = date(2021, 5, 1)
MISSES = [
    pytest.param(case, criterion, change, id=f"{case.ruleset}/{criterion}/{change}")
    for case in CASES
    for criterion, changes in case.misses.items()
    for change in changes
]


def judged(ruleset: str, facts: dict[str, Any]) -> Answer:
    return check(rule_set(ruleset), parse_facts(facts), ON)


def statuses(answer: Answer) -> dict[str, Status]:
    return {finding.criterion.id: finding.status for finding in answer.criteria}


def rule_set_criterion(ruleset: str, id_: str) -> Criterion:
    return next(one for one in rule_set(ruleset).criteria if one.id == id_)


def decided_by_facts(criterion: Criterion) -> bool:
    return bool(criterion.facts) and criterion.waived is None and not criterion.suffices


def test_every_rule_set_has_a_case_and_every_deciding_criterion_a_miss() -> None:
    deciding = {one.id: {c.id for c in one.criteria if decided_by_facts(c)} for one in rule_sets()}
    assert deciding == {case.ruleset: set(case.misses) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ruleset)
def test_exact_thresholds_are_enough(case: Case) -> None:
    answer = judged(case.ruleset, case.facts)
    assert answer.outcome == case.outcome
    assert all(statuses(answer)[criterion] is Status.MET for criterion in case.misses)


@pytest.mark.parametrize(("case", "criterion", "change"), MISSES)
def test_just_missed_fails_that_criterion_alone(case: Case, criterion: str, change: dict[str, Any]) -> None:
    answer = judged(case.ruleset, case.facts | change)
    assert answer.outcome == "ineligible"
    assert [id_ for id_, status in statuses(answer).items() if status is Status.UNMET] == [criterion]


@pytest.mark.parametrize(("ruleset", "change"), OTHER_WAYS)
def test_every_way_through_a_group_is_open(ruleset: str, change: dict[str, Any]) -> None:
    case = next(case for case in CASES if case.ruleset == ruleset)
    assert judged(ruleset, case.facts | change).outcome == case.outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ruleset)
def test_nothing_known_is_referred_and_nothing_is_guessed(case: Case) -> None:
    answer = judged(case.ruleset, {})
    assert answer.outcome == "refer"
    assert {statuses(answer)[criterion] for criterion in case.misses} == {Status.UNKNOWN}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ruleset)
def test_a_fact_that_alone_decides_is_unknown_without_it(case: Case) -> None:
    for criterion in rule_set(case.ruleset).criteria:
        if len(criterion.facts) == 1 and decided_by_facts(criterion):
            answer = judged(case.ruleset, case.facts | {criterion.facts[0]: None})
            assert statuses(answer)[criterion.id] is Status.UNKNOWN
            assert answer.outcome == "refer"


def test_growth_is_not_a_condition_of_the_first_batch() -> None:
    facts = CASES[0].facts
    for change in ({"main_revenue_growth_y1": 30}, {"listing_plan": "filed"}, {"main_revenue_growth_y1": None}):
        answer = judged(CASES[0].ruleset, facts | change)
        assert statuses(answer)["growth"] is Status.NOT_APPLICABLE
        assert answer.outcome == "eligible"


@pytest.mark.parametrize("titles", [["little_giant"], ["srdi", "key_little_giant"]])
def test_a_national_little_giant_is_listed_in_beijing_without_more(titles: list[str]) -> None:
    """Part 三（四） of the Beijing notice enters them directly, whatever else is known of them or not."""
    for facts in ({}, {"main_revenue_share": 10, "size": "large"}):
        answer = judged("srdi-beijing-2021", {**facts, "titles": titles})
        assert answer.outcome == "eligible"
        assert {id_ for id_, status in statuses(answer).items() if status is not Status.NOT_APPLICABLE} == {"direct"}


@pytest.mark.parametrize("change", [{}, {"titles": None}, {"titles": []}, {"titles": ["srdi", "innovative"]}])
def test_others_are_judged_in_beijing_as_if_there_were_no_direct_way(change: dict[str, Any]) -> None:
    case = next(case for case in CASES if case.ruleset == "srdi-beijing-2021")
    for facts, outcome in ((case.facts, "eligible"), (case.facts | {"size": "large"}, "ineligible"), ({}, "refer")):
        answer = judged("srdi-beijing-2021", facts | change)
        assert answer.outcome == outcome
        assert statuses(answer)["direct"] is Status.NOT_APPLICABLE


def test_judgements_of_the_notices_ask_for_a_person() -> None:
    asked = {
        (case.ruleset, id_)
        for case in CASES
        for id_, status in statuses(judged(case.ruleset, case.facts)).items()
        if status is Status.MANUAL_REVIEW
    }
    assert asked == {("platform-national-2017", "function")}


def test_qualities_without_a_measure_are_listed_but_decide_nothing() -> None:
    listed = {
        (case.ruleset, id_)
        for case in CASES
        for id_, status in statuses(judged(case.ruleset, {})).items()
        if status is Status.NOT_APPLICABLE and not rule_set_criterion(case.ruleset, id_).facts
    }
    assert {
        ("platform-beijing-2021-batch1", "record-and-standing"),
        ("srdi-beijing-2021", "policy-direction"),
    } <= listed


def test_every_criterion_says_where_it_stands_and_what_would_mend_it() -> None:
    for rules in rule_sets():
        cited = "工信部企业〔2017〕156号" if rules.id == "platform-national-2017" else ""
        assert all(criterion.citation.startswith(cited) and criterion.mend for criterion in rules.criteria)
        assert rules.notes


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"violations_3y": True}, Status.UNMET),
        ({"tax_and_credit_clean": False}, Status.UNMET),
        # No serious accident says nothing of a small one.
        ({"violations_3y": False}, Status.UNKNOWN),
        ({"violations_3y": False, "accident_3y": True}, Status.UNMET),
    ],
)
def test_beijing_counts_every_accident_and_every_breach_of_trust(said: dict[str, Any], status: Status) -> None:
    case = next(case for case in CASES if case.ruleset == "srdi-beijing-2021")
    unstated = {"dishonesty_3y": None, "accident_3y": None}
    assert statuses(judged(case.ruleset, case.facts | unstated | said))["clean-record"] is status
