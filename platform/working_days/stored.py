"""The entered years as this process knows them: read once, and again when another process has entered one.

``refresh`` is called at the start of each request, job and command. It asks the database at most every few seconds, by a
connection of its own before the work begins, and keeps what it knows when the database does not answer.
"""

from collections import defaultdict
from datetime import date
from threading import Lock
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation import calendars
from foundation.unit_of_work import before_work
from working_days.models import CalendarDay, CalendarYear, DayKind

SECONDS: Final = 10.0
"""After so long at most a year that another process entered counts here too."""


class _Known:
    """What was read, from which database and when; one for the process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.database: str | None = None
        self.revisions: tuple[Any, ...] = ()
        self.asked_at = 0.0

    def is_fresh(self, database: str) -> bool:
        return self.database == database and monotonic() - self.asked_at < SECONDS


_known: Final = _Known()


def refresh(bind: Engine | Connection, *, at_once: bool = False) -> None:
    """Know the years that are entered in this database; ``at_once`` asks although it was asked just now."""
    database = bind.engine.url.render_as_string(hide_password=True)
    if not at_once and _known.is_fresh(database):
        return
    with _known.lock:
        if not at_once and _known.is_fresh(database):
            return
        try:
            with Session(bind, join_transaction_mode="create_savepoint") as session:
                _read(session, database)
        except SQLAlchemyError:
            # Not migrated yet, or away: the work itself will say so. Asking each time would make each one wait.
            _known.database, _known.revisions = database, ()
        _known.asked_at = monotonic()


def forget() -> None:
    """Know no entered year, as a new process does; for tests, which leave none behind."""
    if calendars.current().entered:
        calendars.use({})
    _known.forget()


def _read(session: Session, database: str) -> None:
    """Revisions first: days that change in between are newer than their revision, and are read again next time."""
    revisions = tuple(
        tuple(row)
        for row in session.execute(select(CalendarYear.year, CalendarYear.revision).order_by(CalendarYear.year))
    )
    if database != _known.database or revisions != _known.revisions:
        years: defaultdict[int, dict[date, bool]] = defaultdict(dict)
        days = select(CalendarDay.year, CalendarDay.day, CalendarDay.kind)
        for year, day, kind in session.execute(days) if revisions else ():
            years[year][day] = kind is DayKind.WORKDAY
        calendars.use(years)
    _known.database, _known.revisions = database, revisions


before_work.append(refresh)
