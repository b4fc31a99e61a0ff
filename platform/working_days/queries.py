"""Reads of the calendar: the days of a year with where they come from, and what is known of which year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chinese_calendar.constants import Holiday, holidays, workdays
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from foundation import calendars
from foundation.calendars import Source
from foundation.clock import is_working_day, today
from foundation.i18n import N_
from foundation.statutory_days import statutory_days
from working_days.models import CalendarYear, DayKind
from working_days.reading import Day

SOURCES: Final = {
    Source.ENTERED: N_("本平台录入的放假安排"),
    Source.LIBRARY: N_("软件自带的放假安排"),
    Source.REGULATION: N_("《全国年节及纪念日放假办法》第二条"),
}
"""Where days come from, in words (msgids)."""

_CHINESE: Final[dict[str, str]] = {holiday.value: holiday.chinese for holiday in Holiday}


@dataclass(frozen=True, slots=True)
class Line:
    """A day that differs from an ordinary week, or that the law frees; ``weekend`` where it is free in any case."""

    day: date
    kind: DayKind
    name: str
    source: Source

    @property
    def weekend(self) -> bool:
        """Whether it is a Saturday or Sunday."""
        return self.day.weekday() > 4


def entered_year(session: Session, year: int) -> CalendarYear | None:
    """The year as it was entered here, with its days; None where it was not."""
    return session.scalar(
        select(CalendarYear).where(CalendarYear.year == year).options(selectinload(CalendarYear.days))
    )


def lines_of(session: Session, year: int) -> Sequence[Line]:
    """The days of ``year`` as they count: entered ones, else the library's, and what the law frees besides; by date."""
    stored = entered_year(session, year)
    if stored is not None:
        lines = {one.day: Line(one.day, one.kind, one.name, Source.ENTERED) for one in stored.days}
    elif calendars.Calendar({}).source(year) is Source.LIBRARY:
        lines = {
            day: Line(day, DayKind.HOLIDAY, _named(name), Source.LIBRARY)
            for day, name in holidays.items()
            if day.year == year
        }
        lines |= {
            day: Line(day, DayKind.WORKDAY, _named(name), Source.LIBRARY)
            for day, name in workdays.items()
            if day.year == year
        }
    else:
        lines = {}
    if stored is not None or not lines:
        for day, name in statutory_days(year).items():
            lines.setdefault(day, Line(day, DayKind.HOLIDAY, name, Source.REGULATION))
    return [lines[day] for day in sorted(lines)]


def days_to_edit(session: Session, year: int) -> Sequence[Day]:
    """What a form for ``year`` begins with: the days that count now."""
    return [Day(line.day, line.kind, line.name) for line in lines_of(session, year)]


def years(session: Session) -> Sequence[tuple[int, Source, CalendarYear | None]]:
    """The years that matter, newest first: last year to next year, and all that were entered; each with its source."""
    stored = {one.year: one for one in session.scalars(select(CalendarYear))}
    present = today().year
    wanted = sorted({*stored, present - 1, present, present + 1}, reverse=True)
    library = calendars.Calendar({})
    return [(year, Source.ENTERED if year in stored else library.source(year), stored.get(year)) for year in wanted]


def working_days_in(year: int) -> int:
    """How many working days ``year`` has by the present calendar."""
    first = date(year, 1, 1).toordinal()
    days = (date.fromordinal(first + step) for step in range(366))
    return sum(1 for day in days if day.year == year and is_working_day(day))


def _named(name: str) -> str:
    return _CHINESE.get(name, name)
