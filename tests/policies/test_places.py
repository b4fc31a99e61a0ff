"""Every citation in the data says where it stands, and there it stands: document, date and figures.

The compendium itself is no part of the repository. Where it lies beside it, the second half looks into it.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from foundation.yaml_files import read_yaml
from policies.places import PLACE

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT.parent / "shared" / "seeds" / "parts"
FILES = {str(path.relative_to(ROOT)): read_yaml(path) for path in sorted((ROOT / "platform").glob("*/data/*.yaml"))}
SECONDARY = {name for name, data in FILES.items() if data.get("source") == "secondary"}

# A place is the beginning of a passage: this many characters of it are looked at, blanks left out.
PASSAGE = 420

# Keys under which a data file names the text that it follows.
_CITING = {"citation", "article", "document", "source", "valid_years_citation"}


def citations(node: Any) -> Iterator[str]:
    """Every text under a citing key; a document that is spelled out in parts counts by its title."""
    if isinstance(node, dict):
        for key, value in node.items():
            # The source of a scheme's fact says from where in the house it is taken, and cites nothing.
            if key == "source" and "type" in node:
                continue
            if key in _CITING and isinstance(value, str):
                yield value
            elif key == "document" and isinstance(value, dict):
                yield value["title"]
            elif key != "places":
                yield from citations(value)
    elif isinstance(node, list):
        for value in node:
            yield from citations(value)


def places(name: str) -> dict[str, list[str]]:
    given = FILES[name].get("places", {})
    return {citation: [lines] if isinstance(lines, str) else list(lines) for citation, lines in given.items()}


def cited(name: str) -> set[str]:
    return set(citations({key: value for key, value in FILES[name].items() if key != "source"})) | (
        {FILES[name]["defaults"]["source"]} if "defaults" in FILES[name] else set()
    )


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_citation_has_its_place_and_each_place_a_citation(name: str) -> None:
    assert (set() if name in SECONDARY else cited(name)) == set(places(name))
    assert all(re.match(PLACE, line) for lines in places(name).values() for line in lines)


def test_what_rests_on_a_secondary_source_says_so() -> None:
    assert {"platform/policies/data/platform-national-2017.yaml"} == SECONDARY
    assert all("二手资料" in "".join(FILES[name]["notes"]) for name in SECONDARY)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@cache
def part(number: str) -> str:
    return (PARTS / f"part{number}.txt").read_text(encoding="utf8")


def found_at(line: str) -> tuple[str, list[str]]:
    """The passage at a place, and the words that should stand in it."""
    place, *words = line.split(" ")
    number, offset = place.removeprefix("P").split("@")
    start = int(offset)
    return squeezed(part(number)[start : start + 2 * PASSAGE])[:PASSAGE], words


def absent(name: str) -> dict[str, list[str]]:
    """Place → words that do not stand there."""
    missing = {}
    for lines in places(name).values():
        for line in lines:
            passage, words = found_at(line)
            if lacking := [word for word in words if squeezed(word) not in passage]:
                missing[line] = lacking
    return missing


@pytest.mark.skipif(not PARTS.is_dir(), reason="the compendium does not lie beside the repository")
def test_what_is_cited_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {name: lacking for name in FILES if (lacking := absent(name))} == {}
    monkeypatch.setitem(FILES, "wrong.yaml", {"places": {"x": "P2@10635 31万元"}})
    assert absent("wrong.yaml") == {"P2@10635 31万元": ["31万元"]}


def spoken(value: float) -> set[str]:
    """How a notice may write a number: 2 as 两 too, 10000 (万元) as 1亿."""
    said = {f"{value:g}"}
    if value == 2:
        said.add("两")
    if value >= 10_000 and value % 10_000 == 0:
        said.add(f"{value / 10_000:g}亿")
    return said


def thresholds(node: Any) -> Iterator[float]:
    """The numbers that the conditions of a rule set compare with."""
    if isinstance(node, dict):
        if isinstance(node.get("value"), int | float):
            yield node["value"]
        for value in node.values():
            yield from thresholds(value)
    elif isinstance(node, list):
        for value in node:
            yield from thresholds(value)


def figures() -> Iterator[tuple[str, str, set[str]]]:
    """File, citation and the ways to write it of every figure that decides something."""
    for name, data in FILES.items():
        if name in SECONDARY:
            continue
        for criterion in data.get("criteria", ()):
            # Above nothing is written as growth, without a figure.
            for value in filter(None, thresholds(criterion["condition"])):
                yield name, criterion["citation"], spoken(value)
        for rule, fen in data.get("terms", {}).items():
            if rule.startswith("cap_per_") and rule in data["terms"]["citations"]:
                yield name, data["terms"]["citations"][rule]["article"], {f"{fen // 1_000_000}万元"}
        for step in [*_steps(data.get("lines", {}))]:
            if "limit" in step:
                yield name, step["citation"], {f"{int(float(step['limit'])) // 10_000}万元"}
            if "last" in step:
                day = step["last"]
                yield name, step["citation"], {f"{day.year}年{day.month}月{day.day}日"}


def _steps(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "step" in node:
            yield node
        for value in node.values():
            yield from _steps(value)
    elif isinstance(node, list):
        for value in node:
            yield from _steps(value)


@pytest.mark.parametrize(("name", "citation", "ways"), list(figures()))
def test_a_figure_stands_among_the_words_of_its_place(name: str, citation: str, ways: set[str]) -> None:
    words = [word for line in places(name)[citation] for word in line.split(" ")[1:]]
    assert any(re.search(rf"(?<![\d.]){re.escape(way)}(?![\d.])", word) for way in ways for word in words)


def test_a_wrong_figure_is_noticed() -> None:
    assert not any(re.search(rf"(?<![\d.]){re.escape(way)}(?![\d.])", "不少于20人") for way in spoken(2) | spoken(120))
