"""Actuals: what counts when, for whom, and which records stand behind it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.measures import measures
from performance.measures import MeasuredRecord, Period, RowActual, actuals
from performance.templates import Count, get_template

BEIJING = get_template("beijing-2021-annex4")
YEAR = Period.year(2021)


def record(name: str, day: str, enterprise: str = "e", title: str = "srdi", **measured: str) -> MeasuredRecord:
    figures = {key: Decimal(value) for key, value in measured.items()}
    return MeasuredRecord(name, enterprise, title, date.fromisoformat(day), figures)


def figure(row: str, *records: MeasuredRecord) -> RowActual:
    return next(actual for actual in actuals(BEIJING, records, YEAR) if actual.row_id == row)


@pytest.mark.parametrize(
    ("day", "flow", "cumulative"),
    [("2020-12-31", 0, 2), ("2021-01-01", 2, 2), ("2021-12-31", 2, 2), ("2022-01-01", 0, 0)],
)
def test_a_flow_is_of_the_year_and_a_total_up_to_its_end(day: str, flow: int, cumulative: int) -> None:
    one = record("r", day, commercialisations="2", design_tools="2")
    assert figure("ind01-srdi", one).value == flow
    assert figure("ind06-srdi", one).value == cumulative


@pytest.mark.parametrize(
    ("title", "rows"),
    [
        ("srdi", {"ind07-srdi", "ind13"}),
        ("little_giant", {"ind07-giant", "ind13"}),
        ("key_little_giant", {"ind07-giant", "ind13"}),
        ("none", set()),
        ("innovative", set()),
    ],
)
def test_the_frozen_title_decides_the_row(title: str, rows: set[str]) -> None:
    one = record("r", "2021-05-01", title=title, design_products="1", legal_problems="1")
    assert {actual.row_id for actual in actuals(BEIJING, [one], YEAR) if actual.value} == rows


def test_amounts_are_added_exactly_with_their_records() -> None:
    rows = [record("b", "2021-05-02", financing_wan="0.1"), record("a", "2021-05-02", financing_wan="0.2")]
    nothing = record("c", "2021-05-01", financing_wan="0")
    assert figure("ind08-srdi", *rows, nothing) == RowActual("ind08-srdi", Decimal("0.3"), ("a", "b"))


def test_inventions_are_shown_beside_patents() -> None:
    some = record("a", "2021-05-01", patents="3", invention_patents="1")
    none = record("b", "2021-05-02", patents="2", invention_patents="0")
    assert figure("ind03-srdi", some, none) == RowActual("ind03-srdi", Decimal(5), ("a", "b"), Decimal(1), ("a",))


def test_an_enterprise_counts_once_in_the_tier_of_its_latest_record() -> None:
    rows = [
        record("a", "2020-05-01", "x", "srdi", cloud_enterprises="1"),
        record("b", "2021-05-01", "x", "little_giant", cloud_enterprises="1"),
        record("c", "2021-05-01", "y", "srdi", cloud_enterprises="1"),
        record("d", "2021-05-01", "z", "srdi", cloud_enterprises="0"),
    ]
    assert figure("ind04-giant", *rows) == RowActual("ind04-giant", Decimal(1), ("a", "b"))
    assert figure("ind04-srdi", *rows) == RowActual("ind04-srdi", Decimal(1), ("c",))


DAYS = st.integers(-400, 800).map(lambda days: date(2021, 1, 1) + timedelta(days=days))


@st.composite
def record_lists(draw: st.DrawFn) -> list[MeasuredRecord]:
    records = []
    for at in range(draw(st.integers(0, 12))):
        measured = {key: Decimal(draw(st.integers(0, 3))) for key in draw(st.sets(st.sampled_from(sorted(measures()))))}
        measured["invention_patents"] = min(measured.get("patents", Decimal(0)), Decimal(draw(st.integers(0, 3))))
        title = draw(st.sampled_from(["srdi", "little_giant", "key_little_giant", "none"]))
        records.append(MeasuredRecord(f"r{at}", draw(st.sampled_from("xyz")), title, draw(DAYS), measured))
    return records


@given(record_lists(), st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(records: list[MeasuredRecord], random: object) -> None:
    shuffled = random.sample(records, len(records))  # type: ignore[attr-defined]
    assert actuals(BEIJING, shuffled, YEAR) == actuals(BEIJING, records, YEAR)


@given(record_lists())
def test_each_figure_can_be_worked_again_from_its_records(records: list[MeasuredRecord]) -> None:
    by_id = {record.record_id: record for record in records}
    for actual in actuals(BEIJING, records, YEAR):
        indicator = BEIJING.row(actual.row_id).indicator
        behind = [by_id[name] for name in actual.record_ids]
        if indicator.count is Count.ENTERPRISES:
            assert actual.value == len({record.enterprise_id for record in behind})
        else:
            assert actual.value == sum(record.measures[indicator.measure] for record in behind)
        assert actual.part is None or actual.part <= actual.value


@given(record_lists())
def test_no_enterprise_counts_in_two_tiers(records: list[MeasuredRecord]) -> None:
    by_id = {record.record_id: record for record in records}
    found = {
        actual.row_id: {by_id[name].enterprise_id for name in actual.record_ids}
        for actual in actuals(BEIJING, records, YEAR)
    }
    for number in ("04", "05", "09"):
        assert not found[f"ind{number}-srdi"] & found[f"ind{number}-giant"]


@given(record_lists(), DAYS, DAYS)
def test_flows_of_two_halves_make_the_whole(records: list[MeasuredRecord], one: date, other: date) -> None:
    first, last = sorted((one, other))
    middle = first + (last - first) // 2
    whole = actuals(BEIJING, records, Period(first, last))
    halves = [
        actuals(BEIJING, records, half) for half in (Period(first, middle), Period(middle + timedelta(days=1), last))
    ]
    for all_of_it, early, late in zip(whole, *halves, strict=True):
        if not BEIJING.row(all_of_it.row_id).indicator.cumulative:
            assert all_of_it.value == early.value + late.value
