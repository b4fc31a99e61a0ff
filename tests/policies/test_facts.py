"""The vocabulary is the contract's, and what a file or a form gives becomes a fact or a clear refusal."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import BadInput, Faults
from policies.facts import Subject, facts_about, parse_facts, to_json, vocabulary

CONTRACT = json.loads((Path(__file__).parent / "contract_facts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("subject", list(Subject))
def test_the_vocabulary_is_the_contracts(subject: Subject) -> None:
    assert sorted(fact.key for fact in facts_about(subject)) == CONTRACT[subject]


@pytest.mark.parametrize(
    ("key", "given", "parsed"),
    [
        ("main_revenue_share", 70, Decimal(70)),
        ("main_revenue_share", Decimal("69.999999999999999999"), Decimal("69.999999999999999999")),
        ("main_revenue_share", 0.1, Decimal("0.1")),
        ("main_revenue_share", Decimal("0E-999999"), Decimal(0)),
        ("net_profit_2y", -5, Decimal(-5)),
        # What a spreadsheet leaves where 0.3 - 0.2 - 0.1 should give zero.
        ("main_revenue_growth_y1", -2.7755575615628914e-17, Decimal("-2.7755575615628914E-17")),
        ("service_staff", 0, Decimal(0)),
        ("listed", False, False),
        ("size", "micro", "micro"),
        ("services", ["ip", "cloud", "ip"], ("ip", "cloud")),
        ("services", [], ()),
        ("uscc", " 91110000600037341L ", "91110000600037341L"),
        ("listed", None, None),
        ("services", None, None),
    ],
)
def test_good_values(key: str, given: Any, parsed: Any) -> None:
    assert parse_facts({key: given}) == {key: parsed}


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("main_revenue_share", "70"),
        ("main_revenue_share", True),
        ("main_revenue_share", [70]),
        ("main_revenue_share", -1),
        ("main_revenue_share", Decimal("100.01")),
        ("main_revenue_share", Decimal("NaN")),
        ("main_revenue_share", float("inf")),
        ("revenue_y1", Decimal("1e999999")),
        ("revenue_y1", 10**400),
        ("revenue_y1", Decimal("1e-999999")),
        ("listed", 0),
        ("listed", "false"),
        ("size", "tiny"),
        ("size", ["micro"]),
        ("services", "ip"),
        ("services", ["ip", "golf"]),
        ("services", [["ip"]]),
        ("uscc", 91110000600037341),
        ("staff", 20),
    ],
)
def test_bad_values_name_the_fact(key: str, given: Any) -> None:
    with pytest.raises(BadInput) as caught:
        parse_facts({key: given})
    assert caught.value.field == key


@pytest.mark.parametrize("given", [10**400, Decimal("1e16"), Decimal("1e-999999")])
def test_a_number_beyond_every_real_one_is_told_so(given: Any) -> None:
    with pytest.raises(BadInput, match="超出可处理的范围"):
        parse_facts({"revenue_y1": given})


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(Faults) as caught:
        parse_facts({"listed": 1, "own_brand": True, "size": 3})
    assert [fault.field for fault in caught.value.faults] == ["listed", "size"]


@pytest.mark.parametrize("given", [[], "facts", 3, None, [{"listed": True}]])
def test_facts_are_an_object(given: Any) -> None:
    with pytest.raises(BadInput):
        parse_facts(given)


@pytest.mark.parametrize(
    ("key", "text", "parsed"),
    [
        ("revenue_y1", " 1,500.50 ", Decimal("1500.50")),
        ("listed", "true", True),
        ("listed", "false", False),
        ("size", "small", "small"),
        ("services", "ip,cloud", ("ip", "cloud")),
        ("revenue_y1", "  ", None),
        ("listed", "", None),
    ],
)
def test_form_fields(key: str, text: str, parsed: Any) -> None:
    assert vocabulary()[key].parse_text(text) == parsed


@pytest.mark.parametrize(
    ("key", "text"), [("revenue_y1", "一千"), ("revenue_y1", "NaN"), ("listed", "maybe"), ("size", "x")]
)
def test_bad_form_fields_name_the_fact(key: str, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        vocabulary()[key].parse_text(text)
    assert caught.value.field == key
    assert vocabulary()[key].label in str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("70.0"), 70),
        (Decimal("69.9"), 69.9),
        (Decimal("69.999999999999999999"), "69.999999999999999999"),
        (("ip",), ["ip"]),
        (False, False),
        (None, None),
    ],
)
def test_values_go_into_json_without_changing(value: Any, shown: Any) -> None:
    assert to_json(value) == shown
    assert type(to_json(value)) is type(shown)
