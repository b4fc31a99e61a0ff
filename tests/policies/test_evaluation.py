"""Comparison, groups, outcome and the shape of the answer, on small rule sets of our own."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.answers import Answer, Outcome, Status
from policies.catalogue import rule_set, rule_sets
from policies.evaluation import check
from policies.facts import Fact, FactValue, Kind, vocabulary
from policies.rulesets import RuleSet

ON = date(2021, 5, 1)
UNMET, UNKNOWN, MET, MANUAL = Status.UNMET, Status.UNKNOWN, Status.MET, Status.MANUAL_REVIEW


def small(*conditions: dict[str, Any], **more: Any) -> RuleSet:
    criteria = [
        {"id": f"c{place}", "text": "条件", "citation": "某号 一", "mend": "补齐", "condition": condition, **more}
        for place, condition in enumerate(conditions)
    ]
    head = {
        "id": "small",
        "version": "7",
        "title": "试",
        "subject": "enterprise",
        "region": "000000",
        "document": "某号",
    }
    source = {"issuer": "某部", "issued": "2021-01-01", "valid_from": "2021-01-01", "source": "notice"}
    return RuleSet.model_validate({**head, **source, "criteria": criteria})


def status(condition: dict[str, Any], facts: dict[str, Any]) -> Status:
    return check(small(condition), facts, ON).criteria[0].status


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("ge", UNMET, MET, MET),
        ("gt", UNMET, UNMET, MET),
        ("le", MET, MET, UNMET),
        ("lt", MET, UNMET, UNMET),
        ("eq", UNMET, MET, UNMET),
    ],
)
def test_strict_and_inclusive_comparison(op: str, below: Status, at: Status, above: Status) -> None:
    condition = {"fact": "debt_ratio", "op": op, "value": 70}
    seen = [status(condition, {"debt_ratio": Decimal(number)}) for number in ("69.99999999999999999999", "70", "70.01")]
    assert seen == [below, at, above]


@pytest.mark.parametrize(
    ("op", "held", "expected"),
    [
        ("contains_any", ("srdi",), MET),
        ("contains_any", ("innovative",), UNMET),
        ("contains_all", ("srdi", "little_giant", "innovative"), MET),
        ("contains_all", ("srdi",), UNMET),
        ("contains_none", ("innovative",), MET),
        ("contains_none", ("innovative", "srdi"), UNMET),
        ("contains_none", (), MET),
        ("contains_any", (), UNMET),
    ],
)
def test_lists(op: str, held: tuple[str, ...], expected: Status) -> None:
    assert status({"fact": "titles", "op": op, "value": ["srdi", "little_giant"]}, {"titles": held}) is expected


@pytest.mark.parametrize(("op", "when_true", "when_false"), [("is_true", MET, UNMET), ("is_false", UNMET, MET)])
def test_flags_where_false_is_known(op: str, when_true: Status, when_false: Status) -> None:
    condition = {"fact": "listed", "op": op}
    assert [status(condition, {"listed": value}) for value in (True, False, None)] == [when_true, when_false, UNKNOWN]


@pytest.mark.parametrize("wrong", ["70", True, ["70"], Decimal("NaN"), -1, 101])
def test_a_value_of_the_wrong_kind_is_unknown_never_guessed(wrong: Any) -> None:
    assert status({"fact": "main_revenue_share", "op": "ge", "value": 70}, {"main_revenue_share": wrong}) is UNKNOWN


MEMBERS = [{"fact": key, "op": "is_true"} for key in ("four_bases", "ten_sectors", "fills_gap", "in_pool")]


@pytest.mark.parametrize(
    ("values", "any_", "two", "all_"),
    [
        ((True, True, True, True), MET, MET, MET),
        ((True, True, None, None), MET, MET, UNKNOWN),
        ((True, None, None, False), MET, UNKNOWN, UNMET),
        ((True, False, False, None), MET, UNKNOWN, UNMET),
        ((True, False, False, False), MET, UNMET, UNMET),
        ((False, False, False, None), UNKNOWN, UNMET, UNMET),
        ((False, False, False, False), UNMET, UNMET, UNMET),
        ((None, None, None, None), UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_groups(values: tuple[bool | None, ...], any_: Status, two: Status, all_: Status) -> None:
    facts = {member["fact"]: value for member, value in zip(MEMBERS, values, strict=True)}
    groups: list[dict[str, Any]] = [{"any": MEMBERS}, {"at_least": 2, "of": MEMBERS}, {"all": MEMBERS}]
    assert [status(group, facts) for group in groups] == [any_, two, all_]


@pytest.mark.parametrize(
    ("value", "in_any", "in_all"), [(True, MET, MANUAL), (False, MANUAL, UNMET), (None, UNKNOWN, UNKNOWN)]
)
def test_a_judgement_in_a_group_counts_only_where_facts_leave_it_open(
    value: bool | None, in_any: Status, in_all: Status
) -> None:
    members = [{"ask": "是否良好？"}, {"fact": "own_brand", "op": "is_true"}]
    assert status({"any": members}, {"own_brand": value}) is in_any
    assert status({"all": members}, {"own_brand": value}) is in_all


@pytest.mark.parametrize(
    ("own_brand", "listed", "expected"),
    [
        (True, False, Outcome.ELIGIBLE),
        (True, None, Outcome.REFER),
        (False, None, Outcome.INELIGIBLE),
        (False, False, Outcome.INELIGIBLE),
    ],
)
def test_outcome_unmet_wins_over_unknown(own_brand: bool | None, listed: bool | None, expected: Outcome) -> None:
    rules = small({"fact": "own_brand", "op": "is_true"}, {"fact": "listed", "op": "is_false"})
    assert check(rules, {"own_brand": own_brand, "listed": listed}, ON).outcome is expected


@pytest.mark.parametrize(
    ("listed", "statuses", "outcome"),
    [
        (True, [Status.MET, Status.NOT_APPLICABLE, Status.NOT_APPLICABLE], Outcome.ELIGIBLE),
        (False, [Status.NOT_APPLICABLE, UNMET, UNKNOWN], Outcome.INELIGIBLE),
        (None, [Status.NOT_APPLICABLE, UNMET, UNKNOWN], Outcome.INELIGIBLE),
    ],
)
def test_what_suffices_settles_the_case_alone_and_counts_only_once_it_is_shown(
    listed: bool | None, statuses: list[Status], outcome: Outcome
) -> None:
    shortcut, *others = small(
        *({"fact": key, "op": "is_true"} for key in ("listed", "own_brand", "rd_institution"))
    ).criteria
    criteria = (shortcut.model_copy(update={"suffices": True}), *others)
    rules = small({"fact": "listed", "op": "is_true"}).model_copy(update={"criteria": criteria})
    answer = check(rules, {"own_brand": False, "listed": listed}, ON)
    assert [finding.status for finding in answer.criteria] == statuses
    assert answer.outcome is outcome


def test_the_answer_has_exactly_the_shape_of_the_contract() -> None:
    rules = small(
        {"fact": "rd_share_y1", "op": "gt", "value": Decimal("3.5")},
        {
            "any": [
                {"fact": "standards", "op": "ge", "value": 1},
                {"fact": "titles", "op": "contains_any", "value": ["srdi"]},
            ]
        },
        {"ask": "是否良好？"},
    )
    answer = check(rules, {"rd_share_y1": Decimal("3.5"), "titles": ("srdi",)}, ON).as_json()
    assert json.loads(json.dumps(answer)) == {
        "ruleset": "small",
        "version": "7",
        "on": "2021-05-01",
        "outcome": "ineligible",
        "criteria": [
            criterion("c0", "unmet", "> 3.5%", 3.5),
            criterion(
                "c1",
                "met",
                "满足其一（主持或参与制（修）订的国际、国家、行业标准：≥ 1 项；当日有效的称号：至少含一项：专精特新中小企业）",
                {"standards": None, "titles": ["srdi"]},
            ),
            criterion("c2", "manual_review", "由人判断：是否良好？", None),
        ],
    }


def criterion(id_: str, status_: str, required: str, observed: Any) -> dict[str, Any]:
    fixed = {"text": "条件", "citation": "某号 一"}
    return {"id": id_, "status": status_, "required": required, "observed": observed, **fixed}


def test_findings_speak_to_people_in_any_language() -> None:
    rules = small({"any": [{"fact": "standards", "op": "ge", "value": 1}, {"fact": "listed", "op": "is_false"}]})
    finding = check(rules, {"standards": Decimal(0), "listed": None}, ON).criteria[0]
    english = {"满足其一（%(members)s）": "one of (%(members)s)", "否": "no", "项": "items", "未知": "unknown"}

    def translate(text: str) -> str:
        return english.get(text, text)

    label = vocabulary()["standards"].label, vocabulary()["listed"].label
    assert finding.required_text(translate) == f"one of ({label[0]}：≥ 1 items；{label[1]}：no)"
    assert finding.observed_text(translate) == f"{label[0]}：0 items；{label[1]}：unknown"
    assert {status_.label for status_ in Status} == {"符合", "不符合", "缺少信息", "需人工判断", "不适用"}
    assert {outcome.label for outcome in Outcome} == {"符合条件", "不符合条件", "转人工审核"}


def values_of(fact: Fact) -> st.SearchStrategy[FactValue]:
    low, high = fact.minimum or Decimal(0), fact.maximum or Decimal(20000)
    by_kind: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.FLAG: st.booleans(),
        Kind.CHOICE: st.sampled_from(list(fact.choices) or [""]),
        Kind.LIST: st.lists(st.sampled_from(list(fact.choices) or [""]), unique=True).map(tuple),
        Kind.NUMBER: st.decimals(low, high, places=2),
        Kind.TEXT: st.just("91110000600037341L"),
    }
    return by_kind[fact.kind]


complete_facts = st.sampled_from(rule_sets()).flatmap(
    lambda rules: st.tuples(
        st.just(rules), st.fixed_dictionaries({key: values_of(vocabulary()[key]) for key in rules.facts})
    )
)


@given(complete_facts, st.data())
def test_a_fact_more_never_takes_back_what_was_decided(
    drawn: tuple[RuleSet, dict[str, FactValue]], data: st.DataObject
) -> None:
    """What suffices alone is the exception: it counts only once it is shown, so it is shown here from the start."""
    rules, facts = drawn
    shown = {key for criterion in rules.criteria if criterion.suffices for key in criterion.facts}
    hidden = data.draw(st.sets(st.sampled_from(sorted(facts.keys() - shown))))
    less: Answer = check(rules, {key: value for key, value in facts.items() if key not in hidden}, ON)
    more: Answer = check(rules, facts, ON)
    for before, after in zip(less.criteria, more.criteria, strict=True):
        assert before.status in {UNKNOWN, MANUAL} or before.status is after.status
        assert after.status is not UNKNOWN
    if less.outcome is not Outcome.REFER:
        assert more.outcome is less.outcome


@given(complete_facts)
def test_the_same_facts_give_the_same_answer_whatever_else_is_stated(
    drawn: tuple[RuleSet, dict[str, FactValue]],
) -> None:
    rules, facts = drawn
    others: dict[str, FactValue] = {key: Decimal(1) for key in vocabulary() if key not in facts}
    assert check(rules, others | dict(reversed(facts.items())), ON).as_json() == check(rules, facts, ON).as_json()


@given(st.decimals(0, 100, places=2), st.decimals(0, 100, places=2))
def test_a_higher_share_is_never_worse(one: Decimal, other: Decimal) -> None:
    rules, (low, high) = rule_set("srdi-beijing-2021"), sorted((one, other))
    seen = [check(rules, {"main_revenue_share": share}, ON).outcome for share in (low, high)]
    assert seen != [Outcome.REFER, Outcome.INELIGIBLE]


def test_pages_separate_thousands_and_data_stays_plain() -> None:
    facts: dict[str, FactValue] = {"revenue_y1": Decimal("12345.5")}
    answer = check(small({"fact": "revenue_y1", "op": "ge", "value": 100000}), facts, ON)
    finding = answer.criteria[0]

    def translate(text: str) -> str:
        return text

    assert (finding.required_text(translate), finding.observed_text(translate)) == ("≥ 100,000 万元", "12,345.5 万元")
    assert answer.as_json()["criteria"][0]["required"] == "≥ 100000 万元"
    assert answer.as_json()["criteria"][0]["observed"] == 12345.5
