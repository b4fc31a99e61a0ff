"""Now, today and working days. Storage is UTC; days are those of China (UTC+8 without summer time)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from foundation import calendars

CHINA: Final = ZoneInfo("Asia/Shanghai")
# From here on the State Council's office may publish the notice of the next year any day; it mostly came in November.
_NOTICE_MONTH: Final = 10

_shift: ContextVar[timedelta | None] = ContextVar("clock_shift", default=None)
_stopped: ContextVar[datetime | None] = ContextVar("clock_stopped", default=None)
# The shift of every thread that does not travel by itself; the last one counts.
_shifts_for_all: Final = [timedelta(0)]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    if still := _stopped.get():
        return still
    own = _shift.get()
    return datetime.now(UTC) + (_shifts_for_all[-1] if own is None else own)


def moved(moment: datetime) -> datetime:
    """``moment`` of the database's clock as this program tells it: travelling with ``now()``, and else unchanged.

    For what several hosts judge (the end of a session): their own clocks may differ, the database has one.
    """
    if still := _stopped.get():
        return still
    own = _shift.get()
    return moment.astimezone(UTC) + (_shifts_for_all[-1] if own is None else own)


def shift() -> timedelta:
    """By how much ``moved`` moves: for statements that ask the database's clock themselves."""
    moment = datetime.now(UTC)
    return moved(moment) - moment


def today() -> date:
    """The present day in China."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """China's day at ``moment``; the day that ``moment`` itself tells is UTC's, an earlier one for eight hours."""
    return local(moment).date()


def local(moment: datetime) -> datetime:
    """``moment`` as the clocks in China show it."""
    try:
        return moment.astimezone(CHINA)
    except OverflowError:
        # A stored moment at either end of the calendar must not take down the page or list that shows it.
        return moment.replace(tzinfo=CHINA)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """The moment of a clock time on ``day`` in China."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)


def end_of(day: date) -> datetime:
    """The first moment after ``day`` in China: a deadline "by that day" has passed from here on."""
    return datetime.max.replace(tzinfo=CHINA) if day == date.max else at(day + timedelta(days=1), 0)


@contextmanager
def travel(moment: datetime) -> Iterator[None]:
    """Let ``now()`` run on from ``moment``: for tests, and for demonstration data with a history."""
    token = _shift.set(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shift.reset(token)


@contextmanager
def stopped(moment: datetime) -> Iterator[None]:
    """Let ``now()`` stand at ``moment``: for tests in which nothing may depend on how fast the machine is."""
    token = _stopped.set(moment)
    try:
        yield
    finally:
        _stopped.reset(token)


@contextmanager
def travel_together(moment: datetime) -> Iterator[None]:
    """Let ``now()`` run on from ``moment`` in all threads of this process: for a server that is tested or drilled."""
    _shifts_for_all.append(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shifts_for_all.pop()


def is_working_day(day: date) -> bool:
    """Whether offices work: weekends, statutory holidays and the make-up days of the State Council's yearly notice.

    In a year that no notice covers yet the regulation's own days are free, and weekends (``foundation/statutory_days.py``).
    """
    return calendars.current().works(day)


def notice_covers(year: int) -> bool:
    """Whether the notice of ``year`` is known; else its working days are reckoned by the regulation."""
    return calendars.current().source(year) is not calendars.Source.REGULATION


def year_without_notice(day: date | None = None) -> int | None:
    """The year whose notice should be known on ``day`` (today) and is not: the day's own, and from October the next."""
    day = day or today()
    wanted = [day.year, *([day.year + 1] if day.month >= _NOTICE_MONTH else [])]
    return next((year for year in wanted if not notice_covers(year)), None)


def add_working_days(day: date, count: int) -> date:
    """The day that stands ``count`` working days after ``day``; the day itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return day


def working_days_between(first: date, last: date) -> int:
    """Working days after ``first`` up to and with ``last``; 0 when ``last`` is not later."""
    span = (last - first).days
    return sum(1 for step in range(1, span + 1) if is_working_day(first + timedelta(days=step)))
