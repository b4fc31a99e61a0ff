"""Work of the clock over many things: one thing, one short transaction, so that a failing one stops no neighbour."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, text, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation.errors import Busy
from foundation.locking import as_busy

PAGE: Final = 200
"""Things that are listed at a time."""

_logger = logging.getLogger(__name__)
_LONGEST_ERROR: Final = 300

Key = tuple[UUID, ...]
Due = Select[Any] | Select[Any, Any]
"""A query for the key columns of what is due."""
OpenUnit = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction that is committed at the end of the block."""


@dataclass(slots=True)
class Tally:
    """What became of the things of a run; ``error`` is the first failure's."""

    done: int = 0
    busy: int = 0
    failed: int = 0
    error: str | None = None

    def attempt(self, what: str, open_unit: OpenUnit, work: Callable[[Session], object]) -> object:
        """Do ``work`` in a transaction of its own and count it; returns what it answers, False when it did not succeed.

        Only a database that is away ends the run: then nothing else would succeed either.
        """
        try:
            with open_unit() as session:
                answer = work(session)
        except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not suffer for it
            self.note(what, open_unit, error)
            return False
        self.done += answer is not False
        return answer

    def note(self, what: str, open_unit: OpenUnit, error: Exception) -> None:
        """Count what did not succeed; raises when that is because the database is away."""
        with open_unit() as session:
            session.execute(text("SELECT 1"))
        if isinstance(error, Busy) or as_busy(error):
            self.busy += 1
            _logger.info("%s: left for the next run, somebody else is at it", what)
            return
        self.failed += 1
        self.error = self.error or f"{what}: {said(error)}"
        _logger.error("%s failed", what, exc_info=error)


@dataclass(frozen=True, slots=True)
class Each:
    """Do ``work(session, *key)`` for each row of ``due()``, a query for the key columns (UUIDs).

    ``work`` locks, looks again whether it is still to be done, and answers False when it is not.
    """

    due: Callable[[], Due]
    work: Callable[..., object]

    def keys(self, session: Session, after: Key | None = None) -> list[Key]:
        """The next page of what is due, in the order of the keys."""
        query = self.due()
        columns = list(query.selected_columns)
        if after is not None:
            query = query.where(tuple_(*columns) > tuple_(*after))
        return [tuple(row) for row in session.execute(query.order_by(None).order_by(*columns).limit(PAGE))]

    def run(self, name: str, open_unit: OpenUnit, tally: Tally, *, after: Key | None, until: float) -> Key | None:
        """Work from ``after`` on; returns None when nothing is left, else the key that was reached when time was up."""
        while True:
            with open_unit() as session:
                keys = self.keys(session, after)
            for key in keys:
                what = f"{name} {' '.join(map(str, key))}"
                tally.attempt(what, open_unit, lambda session, key=key: self.work(session, *key))  # type: ignore[misc]
                if time.monotonic() > until:
                    return key
            if len(keys) < PAGE:
                return None
            after = keys[-1]

    def within(self, session: Session) -> None:
        """Do all of it in the transaction of ``session``."""
        after = None
        while keys := self.keys(session, after):
            for key in keys:
                try:
                    with session.begin_nested():
                        self.work(session, *key)
                except Busy:
                    _logger.info("somebody else is at it")
            after = keys[-1]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Do ``work(session)`` until it answers that nothing is left (anything but True), each time in a transaction of its own."""

    work: Callable[[Session], object]

    def run(self, name: str, open_unit: OpenUnit, tally: Tally, *, after: Key | None, until: float) -> Key | None:  # noqa: ARG002 - as Each.run
        """Work until nothing is left (None) or time is up."""
        while tally.attempt(name, open_unit, self.work) is True:
            if time.monotonic() > until:
                return ()
        return None

    def within(self, session: Session) -> None:
        """Do all of it in the transaction of ``session``."""
        while self.work(session) is True:
            pass


@dataclass(frozen=True, slots=True)
class Place:
    """How far a run has come: its part, and the key in it that was done last."""

    part: int = 0
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job of the clock; ``parts`` are done one after the other."""

    name: str
    cron: str
    parts: tuple[Each | Repeat, ...]

    def __call__(self, session: Session) -> None:
        """Do all of it in the transaction of ``session``, where a failure is the caller's: for the demonstration and tests."""
        for part in self.parts:
            part.within(session)

    def run(self, open_unit: OpenUnit, tally: Tally, *, begin: Place, seconds: float) -> Place | None:
        """Work from ``begin`` on for so long; returns where to go on, or None when all is done."""
        until = time.monotonic() + seconds
        after = begin.after
        for number in range(begin.part, len(self.parts)):
            try:
                reached = self.parts[number].run(self.name, open_unit, tally, after=after, until=until)
            except Exception as error:  # noqa: BLE001 - a part that cannot even list its things does not stop the next
                tally.note(self.name, open_unit, error)
                reached = None
            if reached is not None:
                return Place(number, reached or None)
            after = None
        return None


def said(error: Exception) -> str:
    """An error in one line, without what was sent to the database."""
    cause = (getattr(error, "orig", None) or error) if isinstance(error, SQLAlchemyError) else error
    lines = [line.strip() for line in str(cause).splitlines()] or [""]
    # What follows the first line of the database's sentence repeats the row.
    told = lines[0] if isinstance(error, SQLAlchemyError) else " ".join(lines)
    return f"{type(cause).__name__}: {told}"[:_LONGEST_ERROR]
