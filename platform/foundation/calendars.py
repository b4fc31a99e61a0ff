"""Which days are worked: years that were entered here, else those that the library knows, else the regulation's days.

Pure and quick: nothing here asks a database. Whoever reads the entered years hands them in (``use``), once for the process;
a calendar never changes, so what one has worked out stays true for as long as it is the current one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from enum import StrEnum
from typing import Final

import chinese_calendar

from foundation.statutory_days import statutory_days

_KEPT: Final = 8192


class Source(StrEnum):
    """Where the days of a year come from."""

    ENTERED = "entered"
    LIBRARY = "library"
    REGULATION = "regulation"


class Calendar:
    """Working days, with the years that were entered: for each the days that its notice names, and whether they are worked."""

    def __init__(self, entered: Mapping[int, Mapping[date, bool]]) -> None:
        self.entered: Final = {year: dict(days) for year, days in entered.items()}
        self._known: dict[date, bool] = {}

    def works(self, day: date) -> bool:
        """Whether offices work on ``day``."""
        known = self._known.get(day)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known = {}
            known = self._known[day] = self._work_out(day)
        return known

    def source(self, year: int) -> Source:
        """Where the days of ``year`` come from."""
        if year in self.entered:
            return Source.ENTERED
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return Source.REGULATION
        return Source.LIBRARY

    def _work_out(self, day: date) -> bool:
        if day.year in self.entered:
            named = self.entered[day.year].get(day)
            return _by_law(day) if named is None else named
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return _by_law(day)


def _by_law(day: date) -> bool:
    """Monday to Friday but for statutory days: a notice may move working days about, it cannot take these away."""
    return day.weekday() < 5 and day not in statutory_days(day.year)


# One element, exchanged as a whole: threads see the old calendar or the new one.
_current: Final = [Calendar({})]
_tried: ContextVar[Calendar | None] = ContextVar("calendar_tried", default=None)


def current() -> Calendar:
    """The calendar that counts here."""
    return _tried.get() or _current[0]


def use(entered: Mapping[int, Mapping[date, bool]]) -> None:
    """Let these entered years count from now on, in all threads of this process."""
    _current[0] = Calendar(entered)


@contextmanager
def trying(year: int, days: Mapping[date, bool]) -> Iterator[None]:
    """Count with ``days`` as the year's notice for the block, to see what it would change."""
    token = _tried.set(Calendar({**_current[0].entered, year: days}))
    try:
        yield
    finally:
        _tried.reset(token)
