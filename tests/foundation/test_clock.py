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
)

pytestmark = pytest.mark.clock

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
        (date(2099, 5, 4), True),  # no notice yet: Monday to Friday
        (date(2099, 5, 9), False),
        (date(1999, 10, 1), True),
    ],
)
def test_holidays_and_days_made_up(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_five_working_days_over_the_national_holiday() -> None:
    """2025: 1 to 8 October free, Sunday 28 September and Saturday 11 October made up."""
    assert add_working_days(date(2025, 9, 26), 5) == date(2025, 10, 10)
    assert add_working_days(date(2025, 9, 30), 3) == date(2025, 10, 11)


@given(DAYS, st.integers(0, 40))
def test_counting_there_and_back_agree(day: date, count: int) -> None:
    reached = add_working_days(day, count)
    assert working_days_between(day, reached) == count
    assert working_days_between(reached, day) == 0
    assert count == 0 or is_working_day(reached)
