"""What a check of a claim answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What a check says."""

    PASS = "pass"  # noqa: S105 - a word, no password
    REFER = "refer"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check found: ``text`` is a msgid with ``params``, ``rule`` the citation, ``field`` where to mend it."""

    id: str
    outcome: Outcome
    text: str
    rule: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For storage with the claim."""
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "text": self.text,
            "rule": self.rule,
            "params": dict(self.params),
        }
