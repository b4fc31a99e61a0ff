"""The worked calculation: what a statement prints, a simulation shows and a command answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.money import format_yuan

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the working: the sentence (a msgid), its numbers, the rule's citation and the amount so far in fen."""

    rule: str
    text: str
    params: Mapping[str, str]
    citation: str
    amount_fen: int

    def filled(self, translate: Translate = str) -> str:
        """The sentence with its numbers, translated first where a translation is given."""
        return translate(self.text) % self.params


@dataclass(frozen=True, slots=True)
class Line:
    """The working for one organisation: the last step's amount is the total.

    ``items_fen`` is what each item brought in before award and envelope, zero for an item that does not count;
    ``award_fen`` the part of the total that is an award; ``withheld_fen`` what was decided not to pay of an item.
    """

    id: str
    steps: tuple[Step, ...]
    total_fen: int
    items_fen: Mapping[str, int] = field(default_factory=dict)
    award_fen: int = 0
    withheld_fen: Mapping[str, int] = field(default_factory=dict)

    @property
    def subsidy_fen(self) -> int:
        """The total without the award."""
        return self.total_fen - self.award_fen


@dataclass(frozen=True, slots=True)
class SchemeResult:
    """The answer of a scheme: lines as the case gives them, their sum, and the ratio in fen by which all were scaled down."""

    scheme: str
    version: str
    lines: tuple[Line, ...]
    total_fen: int
    scale: tuple[int, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """The answer in the shape that the command promises, with the sentences in Chinese."""
        return {
            "scheme": self.scheme,
            "version": self.version,
            "lines": [_line(line) for line in self.lines],
            "total": format_yuan(self.total_fen),
            "scale": None if self.scale is None else f"{self.scale[0]}/{self.scale[1]}",
        }


def _line(line: Line) -> dict[str, Any]:
    steps = [
        {"rule": step.rule, "text": step.filled(), "citation": step.citation, "amount": format_yuan(step.amount_fen)}
        for step in line.steps
    ]
    return {"id": line.id, "steps": steps, "total": format_yuan(line.total_fen)}
