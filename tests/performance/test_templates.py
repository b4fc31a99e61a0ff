"""The Beijing table of 2021: its rows, and what may be filled in."""

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from cli.targets import targets
from foundation.errors import NotFound
from performance.templates import Count, RowValues, Template, faults_of, get_template

BEIJING = get_template("beijing-2021-annex4")


def values(baseline: str, target: str, *parts: str) -> RowValues:
    return RowValues(Decimal(baseline), Decimal(target), *(Decimal(part) for part in parts))


def test_thirteen_indicators_in_twenty_four_rows() -> None:
    both = [f"ind{number:02d}-{tier}" for number in range(1, 12) for tier in ("srdi", "giant")]
    assert [row.id for row in BEIJING.rows] == [*both, "ind12", "ind13"]
    assert all(row.optional for row in BEIJING.rows)


def test_what_is_marked_cumulative_and_how_figures_are_counted() -> None:
    indicators = {indicator.number: indicator for indicator in BEIJING.indicators}
    assert {number for number, one in indicators.items() if one.cumulative} == {4, 5, 6, 9}
    assert {number for number, one in indicators.items() if one.count is Count.ENTERPRISES} == {4, 5, 9}
    assert {number for number, one in indicators.items() if one.unit == "万元"} == {8, 11}
    assert {number for number, one in indicators.items() if one.decimals} == {8, 11}
    assert {number for number, one in indicators.items() if one.of_which} == {3}


def test_names_and_units_stand_as_in_the_annex() -> None:
    printed = (
        "转化 项",
        "合作项目 项",
        "专利 项",
        "上云 家",
        "数字化改造 家",
        "设计工具 项",
        "工业设计 项",
        "融资 万元",
    )
    printed += ("上市 家", "管理咨询 项", "订单 万元", "培训 场", "法律 项")
    for indicator, (word, unit) in zip(BEIJING.indicators, map(str.split, printed), strict=True):
        assert word in indicator.label
        assert indicator.unit == unit
    assert len(BEIJING.notes) == 3


def test_tiers_by_title() -> None:
    assert list(BEIJING.row("ind01-srdi").titles) == ["srdi"]
    assert list(BEIJING.row("ind01-giant").titles) == ["little_giant", "key_little_giant"]
    assert set(BEIJING.row("ind13").titles) == {"srdi", "little_giant", "key_little_giant"}
    with pytest.raises(NotFound):
        BEIJING.row("ind14")


@pytest.mark.parametrize(
    ("row", "filled"),
    [
        ("ind01-srdi", values("3", "2")),
        ("ind04-giant", values("3", "3")),
        ("ind08-giant", values("0", "1200.5")),
        ("ind03-srdi", values("5", "5", "5", "0")),
        ("ind12", values("0", "0")),
    ],
)
def test_good_figures(row: str, filled: RowValues) -> None:
    assert faults_of(BEIJING, {row: filled}) == []


@pytest.mark.parametrize(
    ("row", "filled", "field"),
    [
        ("ind01-srdi", values("1.5", "2"), "ind01-srdi.baseline"),
        ("ind01-srdi", values("1", "-1"), "ind01-srdi.target"),
        ("ind01-srdi", values("1", "NaN"), "ind01-srdi.target"),
        ("ind01-srdi", values("1", "1E+99999"), "ind01-srdi.target"),
        ("ind08-srdi", values("1.00001", "2"), "ind08-srdi.baseline"),
        ("ind04-giant", values("3", "2"), "ind04-giant.target"),
        ("ind03-srdi", values("5", "5", "6", "0"), "ind03-srdi.baseline_part"),
        ("ind03-srdi", values("5", "5", "5", "6"), "ind03-srdi.target_part"),
        ("ind03-srdi", values("5", "5", "5"), "ind03-srdi.target_part"),
        ("ind01-srdi", values("5", "5", "5"), "ind01-srdi.baseline_part"),
        ("ind14", values("5", "5"), "ind14"),
    ],
)
def test_a_bad_figure_names_its_field(row: str, filled: RowValues, field: str) -> None:
    assert [fault.field for fault in faults_of(BEIJING, {row: filled})] == [field]


def test_an_empty_table_is_a_fault() -> None:
    assert len(faults_of(BEIJING, {})) == 1


@pytest.mark.parametrize("changes", [{"measure": "miles"}, {"unit": "件"}, {"number": 2}])
def test_an_indicator_must_fit_its_measure(changes: dict[str, object]) -> None:
    data = BEIJING.model_dump(mode="json")
    data["indicators"][0] |= changes
    with pytest.raises(ValidationError):
        Template.model_validate(data)


def test_the_command_lists_and_shows() -> None:
    assert BEIJING.id in CliRunner().invoke(targets, ["list"]).stdout
    plain = CliRunner().invoke(targets, ["show", BEIJING.id])
    rows = [line for line in plain.stdout.splitlines() if line.startswith("ind")]
    assert [line.split()[0] for line in rows] == [row.id for row in BEIJING.rows]
    assert {line[3:5] for line in rows if "＊" in line} == {"04", "05", "06", "09"}
    assert "＊ 为年末累计数" in plain.stdout
    answer = json.loads(CliRunner().invoke(targets, ["show", BEIJING.id, "--json"]).stdout)
    assert len(answer["rows"]) == 24
    assert answer["notes"] == list(BEIJING.notes)
    assert answer["columns"]["target"] == {"label": "实施期满一年目标", "year": 2021}
    unknown = CliRunner().invoke(targets, ["show", "nowhere"])
    assert (unknown.exit_code, unknown.stderr.count("\n")) == (2, 1)
