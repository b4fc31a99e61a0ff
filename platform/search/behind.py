"""Remembers, over processes and restarts, that an engine missed something and must be compared with the database."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from foundation.clock import now


@dataclass(frozen=True, slots=True)
class Gap:
    """Since when an engine is behind, and why."""

    token: str
    since: str
    reason: str


class Behind:
    """A mark in the search folder: readers avoid the engine while it stands, catching up takes it away."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._path = folder / f"{engine}.behind"

    def __bool__(self) -> bool:
        return self._path.exists()

    def gap(self) -> Gap | None:
        """What the mark says; None where there is none. A mark that cannot be read is still a mark."""
        try:
            return Gap(**json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            return Gap("", "", "unreadable mark")

    def mark(self, reason: str) -> None:
        """Note that something was missed; the first date stays."""
        earlier = self.gap()
        since = earlier.since if earlier else now().isoformat(timespec="seconds")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{time.monotonic_ns()}")
        draft.write_text(json.dumps({"token": uuid4().hex, "since": since, "reason": reason}), encoding="utf-8")
        draft.replace(self._path)

    def clear(self, seen: Gap | None) -> None:
        """Take the mark away if it is still the one that was ``seen`` before the comparison."""
        if self.gap() == seen:
            self._path.unlink(missing_ok=True)
