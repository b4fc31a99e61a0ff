"""Days are those of China, and working days follow the State Council's notices."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import (
    add_working_days,
    at,
    day_of,
    end_of,
    is_working_day,
    local,
    now,
    stopped,
    today,
    travel,
    travel_together,
    working_days_between,
    year_without_notice,
)

pytestmark = pytest.mark.clock


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_moments_at_the_ends_of_the_calendar_can_be_shown(zone: timezone) -> None:
    """One such row must not take a list down."""
    assert local(datetime.min.replace(tzinfo=zone)).year == 1
    assert day_of(datetime.max.replace(tzinfo=zone)) == date.max
    assert end_of(date.max) > now()
    assert day_of(end_of(date(9999, 12, 30))) == date.max


DAYS = st.dates(date(2019, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 16, 0, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2025, 12, 31, 16, 0, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_china(moment: datetime, day: date) -> None:
    with travel(moment):
        assert (today(), now().tzinfo) == (day, UTC)


def test_a_deadline_passes_with_the_day() -> None:
    day = date(2026, 2, 28)
    assert local(end_of(day)).isoformat() == "2026-03-01T00:00:00+08:00"
    assert at(day).astimezone(UTC) == datetime(2026, 2, 28, 1, 0, tzinfo=UTC)


def test_a_stopped_clock_stands() -> None:
    moment = datetime(2026, 3, 31, 16, 0, 0, 250000, tzinfo=UTC)
    with stopped(moment):
        assert [now(), now(), today()] == [moment, moment, date(2026, 4, 1)]
    assert now() != moment


def test_travels_nest_and_end() -> None:
    began = now()
    with travel_together(at(date(2030, 1, 1))):
        assert today() == date(2030, 1, 1)
        with travel(at(date(2020, 1, 1))):
            assert today() == date(2020, 1, 1)
        assert today() == date(2030, 1, 1)
    assert timedelta(0) <= now() - began < timedelta(seconds=5)


def test_the_day_of_a_moment_is_chinas_whatever_the_moment_is_written_in() -> None:
    moment = datetime(2027, 12, 31, 16, 0, tzinfo=UTC)
    assert day_of(moment) == day_of(local(moment)) == day_of(moment.astimezone(timezone(-timedelta(hours=8))))
    assert day_of(moment) == date(2028, 1, 1)
    assert day_of(moment - timedelta(microseconds=1)) == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 1, 28), False),  # 除夕
        (date(2025, 1, 26), True),  # a Sunday that is made up
        (date(2025, 10, 1), False),
        (date(2025, 10, 11), True),  # a Saturday that is made up
        (date(2025, 5, 10), False),
        (date(2024, 2, 4), True),  # a make-up Sunday that a notice of before the regulation's change named
        (date(2099, 5, 4), True),  # no notice yet: Monday to Friday
        (date(2099, 5, 9), False),
        (date(2099, 5, 1), False),  # but for statutory days
        (date(2028, 2, 29), True),  # a leap day is a day like any other
        (date(1999, 10, 1), True),
    ],
)
def test_holidays_and_days_made_up(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_five_working_days_over_the_national_holiday() -> None:
    """2025: 1 to 8 October free, Sunday 28 September and Saturday 11 October made up."""
    assert add_working_days(date(2025, 9, 26), 5) == date(2025, 10, 10)
    assert add_working_days(date(2025, 9, 30), 3) == date(2025, 10, 11)


@pytest.mark.parametrize(
    "day",
    ["2027-01-01", "2027-02-05", "2027-02-06", "2027-02-08", "2027-04-05", "2027-06-09", "2027-09-15", "2027-10-01"],
)
def test_statutory_days_of_a_year_without_a_notice_are_free(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


def test_what_a_notice_might_add_is_not_assumed() -> None:
    """1 May 2027 is a Saturday; which Monday makes up for it is for the notice to say."""
    assert not is_working_day(date(2027, 5, 1))
    assert is_working_day(date(2027, 5, 3))
    assert is_working_day(date(2027, 2, 9))


def test_working_days_over_the_edge_of_a_year_without_a_notice() -> None:
    assert add_working_days(date(2026, 12, 28), 5) == date(2027, 1, 5)
    assert working_days_between(date(2026, 11, 28), date(2027, 2, 1)) == 45
    assert add_working_days(date(2027, 2, 4), 1) == date(2027, 2, 9)


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (date(2026, 9, 30), None),
        (date(2026, 10, 1), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2025, 12, 31), None),
    ],
)
def test_from_october_on_the_next_years_notice_is_missed(day: date, missing: int | None) -> None:
    assert year_without_notice(day) == missing


@given(DAYS, st.integers(0, 40))
def test_counting_there_and_back_agree(day: date, count: int) -> None:
    reached = add_working_days(day, count)
    assert working_days_between(day, reached) == count
    assert working_days_between(reached, day) == 0
    assert count == 0 or is_working_day(reached)
