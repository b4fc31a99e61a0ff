"""``huiqi rules`` and ``huiqi uscc``: JSON on standard output, one line on standard error, exit codes of the contract."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from policies_cases import CASES

from cli.rules import rules
from cli.uscc import uscc
from policies.catalogue import rule_sets

SRDI = next(case for case in CASES if case.ruleset == "srdi-beijing-2021")


@pytest.fixture
def facts_file(tmp_path: Path) -> Path:
    return tmp_path / "facts.json"


def run_check(file: Path, content: Any, *more: str, ruleset: str = SRDI.ruleset) -> Result:
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return CliRunner().invoke(rules, ["check", ruleset, "--facts", str(file), *more])


@pytest.mark.parametrize(
    ("change", "outcome", "exit_code"),
    [({}, "eligible", 0), ({"valuation": None}, "refer", 0), ({"valuation": 0}, "ineligible", 1)],
)
def test_check_answers_by_exit_code_too(facts_file: Path, change: dict[str, Any], outcome: str, exit_code: int) -> None:
    result = run_check(facts_file, SRDI.facts | change, "--json", "--on", "2021-05-01")
    answer = json.loads(result.stdout)
    assert (answer["outcome"], answer["on"], result.exit_code, result.stderr) == (outcome, "2021-05-01", exit_code, "")
    table = run_check(facts_file, SRDI.facts | change)
    assert f"on 2021-12-31: {outcome}" in table.stdout
    assert table.exit_code == exit_code


def test_numbers_are_compared_exactly(facts_file: Path) -> None:
    text = json.dumps(SRDI.facts | {"main_revenue_share": 0}).replace(
        '"main_revenue_share": 0', '"main_revenue_share": %s'
    )
    just_below = run_check(facts_file, (text % "49.99999999999999999999").encode(), "--json")
    exactly = run_check(facts_file, b"\xef\xbb\xbf" + (text % "50.00000000000000000000").encode(), "--json")
    assert (just_below.exit_code, exactly.exit_code) == (1, 0)
    share = {one["id"]: one for one in json.loads(just_below.stdout)["criteria"]}["main-business-share"]
    assert share["observed"] == "49.99999999999999999999"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'{"size": "micro", "size": "large"}', "size"),
        (b'{"main_revenue_share": "50"}', "main_revenue_share"),
        (b'{"main_revenue_share": true}', "main_revenue_share"),
        (b'{"main_revenue_share": NaN}', "NaN"),
        (b'{"main_revenue_share": -1}', "main_revenue_share"),
        (b'{"main_revenue_share": 1e999999999}', "main_revenue_share"),
        (b'{"shoe_size": 43}', "shoe_size"),
        (b'{"": 43}', '"": is not a known fact'),
        (b'{"\\ud800": 1}', "facts.json"),
        (b"[]", "facts.json"),
        (b"{", "facts.json"),
        (b"", "facts.json"),
        ("{}".encode("utf-16"), "facts.json"),
    ],
)
def test_bad_facts_are_one_line_and_exit_2(facts_file: Path, content: bytes, named: str) -> None:
    result = run_check(facts_file, content, "--json")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert named in result.stderr
    assert str(facts_file) in result.stderr


@pytest.mark.parametrize("day", ["2021-03-30", "2022-01-01", "2021-02-30", "20210501", "2021-W18-6", "tomorrow", ""])
def test_a_day_that_does_not_do_is_exit_2(facts_file: Path, day: str) -> None:
    result = run_check(facts_file, SRDI.facts, "--on", day)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("--on: ")


def test_missing_file_and_unknown_rule_set_are_exit_2(tmp_path: Path, facts_file: Path) -> None:
    missing = CliRunner().invoke(rules, ["check", SRDI.ruleset, "--facts", str(tmp_path / "none.json"), "--json"])
    unknown = run_check(facts_file, {}, ruleset="srdi-mars-2021")
    assert (missing.exit_code, missing.stderr.count("\n"), "none.json" in missing.stderr) == (2, 1, True)
    assert (unknown.exit_code, unknown.stderr.count("\n"), "srdi-mars-2021" in unknown.stderr) == (2, 1, True)


def test_list_and_show() -> None:
    listed = CliRunner().invoke(rules, ["list"])
    assert all(one.id in listed.stdout and one.document in listed.stdout for one in rule_sets())
    as_json = json.loads(CliRunner().invoke(rules, ["list", "--json"]).stdout)
    assert [one["id"] for one in as_json] == [one.id for one in rule_sets()]
    for one in rule_sets():
        shown = CliRunner().invoke(rules, ["show", one.id])
        criteria = json.loads(CliRunner().invoke(rules, ["show", one.id, "--json"]).stdout)["criteria"]
        assert shown.exit_code == 0
        assert [row["citation"] for row in criteria] == [criterion.citation for criterion in one.criteria]
        assert all(criterion.id in shown.stdout for criterion in one.criteria)


@pytest.mark.parametrize(
    ("code", "valid", "exit_code"), [(" 91110000600037341l", True, 0), ("91110000600037341X", False, 1)]
)
def test_uscc(code: str, valid: bool, exit_code: int) -> None:
    result = CliRunner().invoke(uscc, [code])
    answer = json.loads(result.stdout)
    assert list(answer) == ["input", "normalised", "valid", "reason"]
    assert (answer["input"], answer["valid"], result.exit_code) == (code, valid, exit_code)
    assert CliRunner().invoke(uscc, [code, "--json"]).stdout == result.stdout


def test_the_commands_stay_light() -> None:
    """They answer in about a second because neither database nor web framework is loaded."""
    heavy = "import sys, cli.rules, cli.uscc; print({'sqlalchemy', 'flask', 'rich.table'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "set()"
