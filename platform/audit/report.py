"""What a verification of the trail found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

MOST_FAULTS: Final = 100
"""So many are told one by one: a table that was replaced would fill the report."""


@dataclass(slots=True)
class AuditReport:
    """What ``verify`` found; ``restored`` names the heads that were lost and by whom that was signed."""

    head: str
    events: int = 0
    transfers: int = 0
    sealed: int = 0
    unsealed: int = 0
    oldest_unsealed: datetime | None = None
    pruned: int = 0
    position: int = 0
    size: int = 0
    heads_held_against: int = 0
    restored: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    more_faults: int = 0

    @property
    def ok(self) -> bool:
        """Whether no row was changed, removed, moved or brought in, and nothing waits too long to be sealed."""
        return not self.faults

    def fault(self, told: str) -> None:
        """Note a fault; after ``MOST_FAULTS`` only their number."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(told)
        else:
            self.more_faults += 1

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values; ``head`` is worth keeping elsewhere: it pins all that came before."""
        more = [f"and {self.more_faults} more"] if self.more_faults else []
        return {
            "ok": self.ok,
            "events": self.events,
            "transfers": self.transfers,
            "sealed": self.sealed,
            "unsealed": self.unsealed,
            "pruned": self.pruned,
            "oldest_unsealed": self.oldest_unsealed.isoformat() if self.oldest_unsealed else None,
            "head": self.head,
            "position": self.position,
            "size": self.size,
            "heads_held_against": self.heads_held_against,
            "restored": self.restored,
            "faults": [*self.faults, *more],
        }
