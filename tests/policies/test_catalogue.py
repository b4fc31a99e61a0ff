"""A rule set that does not hang together is refused when it is read, with file, place and fault."""

from datetime import date
from pathlib import Path

import pytest

from foundation.errors import BadInput, NotFound
from policies.catalogue import DATA, BrokenRuleSet, load, rule_set, rule_sets

pytestmark = pytest.mark.clock

SRDI = "srdi-beijing-2021"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "{fact: size, op: in, value: [medium, small, micro]}",
            "{fact: size, op: ge, value: 2}",
            "cannot be asked of size",
        ),
        (
            "{fact: size, op: in, value: [medium, small, micro]}",
            "{fact: size, op: in, value: [tiny]}",
            "not a value of size",
        ),
        (
            "{fact: size, op: in, value: [medium, small, micro]}",
            "{fact: size, op: in, value: []}",
            "not a value of size",
        ),
        (
            "{fact: years_operating, op: ge, value: 2}",
            "{fact: years_operating, op: ge}",
            "not a value of years_operating",
        ),
        ("{fact: years_operating, op: ge, value: 2}", "{fact: years, op: ge, value: 2}", "not in the vocabulary"),
        (
            "{fact: years_operating, op: ge, value: 2}",
            "{fact: partners, op: ge, value: 2}",
            "is no enterprise fact",
        ),
        ("{fact: years_operating, op: ge, value: 2}", "{at_least: 1, of: []}", "criteria.1.condition"),
        ("{fact: years_operating, op: ge, value: 2}", "{maybe: 2}", "criteria.1.condition"),
        (
            "{fact: accident_3y, op: is_false}",
            "{fact: accident_3y, op: is_false, value: 1}",
            "not a value of accident_3y",
        ),
        ("id: size", "id: operating", "same id"),
        ("id: size", "id: Size!", "criteria.2.id"),
        ("valid_to: 2021-12-31", "valid_to: 2020-12-31", "before valid_from"),
        ("valid_to: 2021-12-31", "valid_until: 2021-12-31", "valid_until"),
        ('version: "3"', "", "version"),
        ("id: srdi-beijing-2021", "id: srdi-beijing-2022", "does not stand in the file of that name"),
        ("criteria:", "criteria: [", "not YAML"),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = (DATA / f"{SRDI}.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"{SRDI}.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenRuleSet, match=rf"{SRDI}\.yaml: (.|\n)*{fault}"):
        load(path)


def test_a_group_that_cannot_be_reached_is_refused(tmp_path: Path) -> None:
    text = (DATA / f"{SRDI}.yaml").read_text(encoding="utf-8")
    group = "{at_least: 3, of: [{fact: own_brand, op: is_true}, {fact: listed, op: is_false}]}"
    path = tmp_path / f"{SRDI}.yaml"
    path.write_text(text.replace("{fact: years_operating, op: ge, value: 2}", group), encoding="utf-8")
    with pytest.raises(BrokenRuleSet, match="can never be reached"):
        load(path)


def test_unknown_rule_set() -> None:
    with pytest.raises(NotFound, match="nope"):
        rule_set("nope")


@pytest.mark.parametrize(
    ("today", "judged_on"),
    [
        (date(2021, 3, 30), date(2021, 3, 31)),
        (date(2021, 3, 31), date(2021, 3, 31)),
        (date(2021, 12, 31), date(2021, 12, 31)),
        (date(2026, 11, 21), date(2021, 12, 31)),
    ],
)
def test_a_closed_batch_is_judged_as_on_its_last_day(today: date, judged_on: date) -> None:
    rules = rule_set(SRDI)
    assert rules.day_in_force(today) == judged_on
    if today == judged_on:
        rules.require_in_force(today)
    else:
        with pytest.raises(BadInput, match="2021-12-31"):
            rules.require_in_force(today)


def test_a_rule_set_without_an_end_stays_in_force() -> None:
    rules = rule_set("platform-beijing-2021-batch1")
    rules.require_in_force(date(2030, 1, 1))
    with pytest.raises(BadInput, match="2021-02-26"):
        rules.require_in_force(date(2021, 2, 25))


def test_ids_are_sorted_and_unique() -> None:
    ids = [rules.id for rules in rule_sets()]
    assert ids == sorted(set(ids))
