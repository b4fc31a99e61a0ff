"""What every visitor sees alike may be kept for a few seconds in each process: never what belongs to a person.

Two processes or hosts may differ by that time and no more.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

from foundation.clock import now

_Value = TypeVar("_Value")

LONGEST: Final = 60
"""Seconds after which nothing is shown any more: figures of money on public pages are no older than this."""


class _Holder(Protocol):
    extensions: dict[str, Any]


class Kept:
    """Made values by key, each for ``seconds`` (0: nothing is kept); the one that was not asked for longest goes first."""

    def __init__(self, seconds: int, *, most: int = 256) -> None:
        if not 0 <= seconds <= LONGEST:
            raise ValueError(f"between 0 and {LONGEST} seconds, not {seconds}")
        self._life = timedelta(seconds=seconds)
        self._most = most
        self._entries: OrderedDict[Hashable, tuple[datetime, Any]] = OrderedDict()
        self._lock = Lock()

    @property
    def on(self) -> bool:
        """Whether anything is kept at all."""
        return bool(self._life)

    def find(self, key: Hashable) -> Any:
        """What was put there less than its time ago; None when nothing was."""
        entry = self._find(key)
        return None if entry is None else entry[1]

    def _find(self, key: Hashable) -> tuple[datetime, Any] | None:
        with self._lock:
            entry = self._entries.get(key)
            # A clock that was put back makes nothing younger.
            if entry is None or not timedelta() <= now() - entry[0] < self._life:
                return None
            self._entries.move_to_end(key)
            return entry

    def put(self, key: Hashable, value: Any, made_at: datetime) -> None:
        """Keep ``value``; ``made_at`` is the moment before its making began, as it may show figures of that moment."""
        if not self.on:
            return
        with self._lock:
            self._entries[key] = made_at, value
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def made(self, key: Hashable, make: Callable[[], _Value]) -> tuple[_Value, datetime]:
        """The value kept under ``key``, or a new one, and since when it is. It must hold for everybody who has this key.

        What is made of it and kept again is as old as it.
        """
        entry = self._find(key)
        if entry is None:
            began = now()
            entry = began, make()
            self.put(key, entry[1], began)
        return entry[1], entry[0]


def install(app: _Holder, seconds: int) -> None:
    """One store for an app."""
    app.extensions["huiqi_kept"] = Kept(seconds)


def kept(app: _Holder) -> Kept:
    """The app's store."""
    store: Kept = app.extensions["huiqi_kept"]
    return store
