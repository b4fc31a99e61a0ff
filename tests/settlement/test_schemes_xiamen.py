"""Xiamen: a value cap an enterprise, filled in the order of the orders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadInput
from foundation.money import format_yuan
from settlement.schemes import Line, simulate

XIAMEN = "xiamen-2021"
CAP = 500_000_00


def service(name: str = "s", **changes: Any) -> dict[str, Any]:
    facts = {
        "id": name,
        "ordered_at": "2021-11-06T09:00:00",
        "value": "200000.00",
        "contracted_on": "2021-11-10",
        "kind": "other",
    }
    return facts | changes


def enterprise(*services: dict[str, Any], title_valid: bool = True) -> Line:
    row = {"id": "e", "title_valid": title_valid, "services": list(services)}
    (line,) = simulate(XIAMEN, {"enterprises": [row]}).lines
    return line


@pytest.mark.parametrize(
    ("changes", "paid", "rule"),
    [
        ({"contracted_on": "2021-11-04"}, 0, "contract_window"),
        ({"contracted_on": "2021-11-05"}, 200_000_00, "service_value"),
        ({"contracted_on": "2021-12-31"}, 200_000_00, "service_value"),
        ({"contracted_on": "2022-01-01"}, 0, "contract_window"),
        ({"contracted_on": None}, 0, "contract_window"),
        ({"kind": "financing"}, 0, "kind"),
        ({"ordered_at": "2021-10-01T00:00:00"}, 200_000_00, "service_value"),
        ({"ordered_at": "2023-10-01T00:00:00"}, 200_000_00, "service_value"),
    ],
)
def test_what_counts(changes: dict[str, Any], paid: int, rule: str) -> None:
    line = enterprise(service(**changes))
    assert (line.total_fen, line.steps[0].rule) == (paid, rule)


def test_without_a_valid_title_nothing_counts() -> None:
    line = enterprise(service(), title_valid=False)
    assert (line.total_fen, [step.rule for step in line.steps]) == (0, ["title_valid"])


@pytest.mark.parametrize(
    ("values", "paid"),
    [
        (["300000.00", "199999.99", "0.02"], [300_000_00, 199_999_99, 1]),
        (["300000.00", "200000.00", "1.00"], [300_000_00, 200_000_00, 0]),
        (["600000.00", "1.00", "1.00"], [CAP, 0, 0]),
    ],
)
def test_the_service_that_crosses_the_cap_is_paid_up_to_it(values: list[str], paid: list[int]) -> None:
    rows = [service(f"s{at}", value=value, ordered_at=f"2021-11-0{at + 6}") for at, value in enumerate(values)]
    assert list(enterprise(*rows[::-1]).items_fen.values()) == paid


def test_excluded_services_leave_the_cap_alone() -> None:
    loan = service("loan", kind="financing", value="500000.00", ordered_at="2021-11-05T00:00:00")
    assert enterprise(loan, service(value="500000.00")).items_fen == {"loan": 0, "s": CAP}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2021-11-06T08:59:59", "2021-11-06T01:00:00Z"),
        ("2021-11-06T10:00:00+09:30", "2021-11-06T09:00:00"),
        ("2021-11-06T09:00:00+08:00", "2021-11-06T09:00:00.000001"),
        ("2021-11-06", "2021-11-06T00:00:01"),
    ],
)
def test_orders_are_compared_as_moments_and_without_zone_in_china(first: str, second: str) -> None:
    line = enterprise(
        service("a", ordered_at=second, value="400000.00"), service("b", ordered_at=first, value="400000.00")
    )
    assert line.items_fen == {"b": 400_000_00, "a": 100_000_00}


def test_the_same_moment_goes_by_id() -> None:
    line = enterprise(
        service("b", value="400000.00"), service("a", value="400000.00", ordered_at="2021-11-06T01:00:00Z")
    )
    assert line.items_fen == {"a": 400_000_00, "b": 100_000_00}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ordered_at": None}, "ordered_at"),
        ({"ordered_at": "yesterday"}, "ordered_at"),
        ({"ordered_at": "9999-12-31T23:59:59-12:00"}, "ordered_at"),
        ({"ordered_at": "0001-01-01T00:00:00"}, "ordered_at"),
        ({"id": "\ud800"}, "id"),
        ({"contracted_on": "2021-13-01"}, "contracted_on"),
        ({"contracted_on": "2021-11-10T00:00:00"}, "contracted_on"),
        ({"contracted_on": "20211110"}, "contracted_on"),
        ({"kind": "loan"}, "kind"),
        ({"value": "1.234"}, "value"),
        ({"value": 1.0}, "value"),
    ],
)
def test_bad_input_names_its_place(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        enterprise(service(**changes))
    assert caught.value.field == f"enterprises[0].services[0].{field}"


@st.composite
def services(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        service(
            f"s{at}",
            ordered_at=f"2021-11-{draw(st.integers(1, 30)):02d}T08:00:00",
            value=format_yuan(draw(st.integers(0, 400_000_00))),
            contracted_on=draw(st.sampled_from([None, "2021-11-04", "2021-11-05", "2021-12-31"])),
            kind=draw(st.sampled_from(["other", "other", "financing"])),
        )
        for at in range(draw(st.integers(0, 6)))
    ]


@given(services(), st.randoms(use_true_random=False))
def test_the_cap_holds_and_the_order_of_input_never_matters(rows: list[dict[str, Any]], random: Any) -> None:
    line = enterprise(*rows)
    counting = [row for row in rows if row["kind"] == "other" and row["contracted_on"] in {"2021-11-05", "2021-12-31"}]
    assert line.total_fen == min(CAP, sum(int(row["value"].replace(".", "")) for row in counting))
    assert line.total_fen == sum(line.items_fen.values()) == line.steps[-1].amount_fen
    assert line == enterprise(*random.sample(rows, len(rows)))
