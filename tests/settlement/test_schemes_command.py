"""The command: shape of the answer, exit codes and one clear line; and what holds for every scheme."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from cli.schemes import schemes
from settlement.schemes import Scheme, list_schemes

XIAMEN_CASE = {
    "enterprises": [
        {
            "id": "e",
            "title_valid": True,
            "services": [
                {
                    "id": "s",
                    "ordered_at": "2021-11-06T09:00:00+08:00",
                    "value": "500000.01",
                    "contracted_on": "2021-12-31",
                    "kind": "other",
                }
            ],
        }
    ]
}


def simulate(tmp_path: Path, scheme: str, content: bytes, *options: str) -> Any:
    file = tmp_path / "case.json"
    file.write_bytes(content)
    return CliRunner().invoke(schemes, ["simulate", scheme, "--input", str(file), *options])


def test_the_answer_has_the_promised_shape(tmp_path: Path) -> None:
    result = simulate(tmp_path, "xiamen-2021", b"\xef\xbb\xbf" + json.dumps(XIAMEN_CASE).encode(), "--json")
    answer = json.loads(result.stdout)
    steps = answer["lines"][0].pop("steps")
    assert (result.exit_code, result.stderr) == (0, "")
    assert answer == {
        "scheme": "xiamen-2021",
        "version": "2021-11-05",
        "lines": [{"id": "e", "total": "500000.00"}],
        "total": "500000.00",
        "scale": None,
    }
    assert [(step["rule"], step["amount"]) for step in steps] == [
        ("service_value", "500000.01"),
        ("cap_per_enterprise", "500000.00"),
        ("total_value", "500000.00"),
    ]
    assert all(set(step) == {"rule", "text", "citation", "amount"} and step["citation"] for step in steps)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"enterprises": 1}', "enterprises"),
        (b'{"enterprises": [], "enterprises": []}', "enterprises"),
        (b'{"enterprises": [', "line 1"),
        (b'{"enterprises": [NaN]}', "NaN"),
        (b'{"enterprises": ["\xff"]}', "UTF-8"),
        (b"[" * 100_000, "nesting"),
        (b'{"enterprises": [' + b"1" * 5000 + b"]}", "too long"),
        (b"", "JSON"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, content: bytes, told: str) -> None:
    result = simulate(tmp_path, "xiamen-2021", content, "--json")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "case.json: " in result.stderr
    assert told in result.stderr


def test_many_faults_still_make_one_short_line(tmp_path: Path) -> None:
    result = simulate(tmp_path, "xiamen-2021", json.dumps({"enterprises": [{}] * 50}).encode())
    assert result.stderr.count("\n") == 1
    assert "and 147 more" in result.stderr


@pytest.mark.parametrize("arguments", [["show", "nowhere"], ["simulate", "nowhere", "--input", "none.json"]])
def test_an_unknown_scheme_names_those_there_are(arguments: list[str]) -> None:
    result = CliRunner().invoke(schemes, arguments)
    assert result.exit_code == 2
    assert "beijing-2021-batch1" in result.stderr


def test_a_file_that_is_not_there_is_exit_2() -> None:
    result = CliRunner().invoke(schemes, ["simulate", "xiamen-2021", "--input", "none.json"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("scheme", list_schemes(), ids=lambda scheme: scheme.id)
def test_schemes_are_listed_and_shown(scheme: Scheme) -> None:
    assert scheme.id in CliRunner().invoke(schemes, ["list"]).stdout
    shown = json.loads(CliRunner().invoke(schemes, ["show", scheme.id, "--json"]).stdout)
    assert Scheme.model_validate(shown) == scheme
    assert yaml.safe_load(CliRunner().invoke(schemes, ["show", scheme.id]).stdout) == shown


def test_a_scheme_whose_steps_ask_for_unknown_facts_is_refused() -> None:
    data = list_schemes()[0].model_dump(mode="json", exclude_none=True)
    data["lines"]["items"]["steps"][0]["fact"] = "price"
    with pytest.raises(ValidationError, match="price"):
        Scheme.model_validate(data)


@pytest.mark.parametrize("reason", ["%(price)s", "100% of it", "%(id)d"])
def test_a_scheme_whose_reason_cannot_be_filled_is_refused(reason: str) -> None:
    data = list_schemes()[0].model_dump(mode="json", exclude_none=True)
    data["lines"]["items"]["conditions"][0]["reason"] = reason
    with pytest.raises(ValidationError, match="served_enterprise"):
        Scheme.model_validate(data)
