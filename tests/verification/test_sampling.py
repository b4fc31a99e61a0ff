"""Draws: exact sizes, repeatable by the published recipe, strict about the list."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli.sample import sample
from foundation.errors import BadInput
from verification.sampling import draw, parse_rate, read_population

IDS = st.lists(st.text(min_size=1, alphabet=st.characters(codec="utf-8")), unique=True, max_size=60)
RATES = st.decimals(min_value="0.01", max_value=100, places=2)


@pytest.mark.parametrize(
    ("rate", "size", "take"),
    [
        ("7", 200, 14),
        ("5", 0, 0),
        ("5", 1, 1),
        ("5", 20, 1),
        ("5", 21, 2),
        ("0.01", 10000, 1),
        ("0.01", 10001, 2),
        ("100", 9, 9),
        ("33.3", 1000, 333),
    ],
)
def test_take_is_rounded_up_exactly(rate: str, size: int, take: int) -> None:
    result = draw([f"id{number}" for number in range(size)], parse_rate(rate), "s")
    assert (result.population, result.take, len(result.ids)) == (size, take, take)


@pytest.mark.parametrize("text", ["0", "0.00", "100.0000000001", "-5", "5%", "1e1", "NaN", "", " 5", "５"])
def test_rate_outside_its_range_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_rate(text)


@given(IDS, RATES, st.text(alphabet=st.characters(codec="utf-8")))
def test_anyone_can_recompute_the_draw(ids: list[str], rate: Decimal, seed: str) -> None:
    result = draw(ids, rate, seed)
    by_recipe = sorted(ids, key=lambda name: hashlib.sha256((seed + "\n" + name).encode("utf-8")).hexdigest())
    assert set(result.ids) == set(by_recipe[: result.take])
    assert list(result.ids) == sorted(result.ids)
    assert result == draw(ids[::-1], rate, seed)


@given(IDS, RATES, RATES)
def test_a_higher_rate_takes_all_that_a_lower_one_takes(ids: list[str], one: Decimal, other: Decimal) -> None:
    fewer, more = draw(ids, min(one, other), "seed"), draw(ids, max(one, other), "seed")
    assert set(fewer.ids) <= set(more.ids)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("id\n", []),
        ("name,id\r\n甲,a\r\n乙,b\r\n", ["a", "b"]),
        ('id,name\n"x,1","y\nz"\n" 2 ",q', ["x,1", " 2 "]),
        ("id\n01\n1\n\n１\n", ["01", "1", "１"]),
        ('id,name\n"a ""b"""\n', ['a "b"']),
    ],
)
def test_ids_are_taken_verbatim(text: str, ids: list[str]) -> None:
    assert read_population(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name\na\n",
        "id,id\na,b\n",
        "ID\na\n",
        "id\na\na\n",
        'id\n""\n',
        "name,id\nx\n",
        "id\na,b\n",
        'id\n"a',
        "id,x\n,y\n",
    ],
)
def test_a_list_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_population(text)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(sample, ["draw", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_command_accepts_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("\ufeffid,名称\r\n甲,x\r\n乙,y\r\n丙,z\r\n".encode())
    code, out, _ = run("--population", str(file), "--rate", "33.4", "--seed", "2021上半年", "--json")
    answer = json.loads(out)
    expected = sorted(sorted("甲乙丙", key=lambda name: hashlib.sha256(f"2021上半年\n{name}".encode()).digest())[:2])
    assert code == 0
    assert answer == {"seed": "2021上半年", "rate": 33.4, "population": 3, "take": 2, "ids": expected}


@pytest.mark.parametrize(
    ("content", "rate"),
    [(b"id\na\na\n", "5"), ("id\n甲\n".encode("gb18030"), "5"), (None, "5"), (b"id\na\n", "0"), (b"id\na\n", "101")],
)
def test_command_refuses_in_one_line(tmp_path: Path, content: bytes | None, rate: str) -> None:
    file = tmp_path / "list.csv"
    if content is not None:
        file.write_bytes(content)
    code, out, err = run("--population", str(file), "--rate", rate, "--seed", "s", "--json")
    assert (code, out, err.count("\n")) == (2, "", 1)
