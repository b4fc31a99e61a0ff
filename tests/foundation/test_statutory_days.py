"""The regulation's own days, against dates written down independently of the table that the program computes with."""

from datetime import date

import chinese_calendar
import pytest

from foundation import calendars
from foundation.calendars import Calendar, Source
from foundation.statutory_days import statutory_days


def days(year: int, text: str) -> list[date]:
    """``01-01 02-05`` as dates of the year."""
    return [date.fromisoformat(f"{year}-{one}") for one in text.split()]


@pytest.mark.parametrize(
    ("year", "moving"),
    [
        # 除夕 to 初三, 清明, 端午, 中秋 as printed calendars have them.
        (2027, "02-05 02-06 02-07 02-08 04-05 06-09 09-15"),
        (2028, "01-25 01-26 01-27 01-28 04-04 05-28 10-03"),
        (2029, "02-12 02-13 02-14 02-15 04-04 06-16 09-22"),
        (2030, "02-02 02-03 02-04 02-05 04-05 06-05 09-12"),
    ],
)
def test_the_days_of_a_year(year: int, moving: str) -> None:
    fixed = "01-01 05-01 05-02 10-01 10-02 10-03"
    assert list(statutory_days(year)) == sorted({*days(year, fixed), *days(year, moving)})


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_statutory_day_was_free_in_the_notices_since_the_change(year: int) -> None:
    assert len(statutory_days(year)) in {12, 13}
    assert [day for day in statutory_days(year) if chinese_calendar.is_workday(day)] == []


def test_two_festivals_on_one_day() -> None:
    assert statutory_days(2028)[date(2028, 10, 3)] == "中秋节"
    assert len(statutory_days(2031)) == 12


def test_years_without_a_table() -> None:
    assert statutory_days(2024) == {}
    assert list(statutory_days(2051)) == days(2051, "01-01 05-01 05-02 10-01 10-02 10-03")


def test_an_entered_year_wins_over_library_and_regulation() -> None:
    entered = Calendar(
        {
            2026: {date(2026, 3, 2): False},
            2027: {date(2027, 2, 9): False, date(2027, 2, 20): True, date(2027, 1, 2): True},
        }
    )
    assert not entered.works(date(2026, 3, 2))
    assert entered.works(date(2026, 2, 24))
    assert not entered.works(date(2027, 2, 9))
    assert entered.works(date(2027, 2, 20)), "a Saturday that is made up"
    assert not entered.works(date(2027, 2, 8)), "no notice takes a statutory day away by leaving it out"
    assert [entered.source(year) for year in (2025, 2027, 2028)] == [Source.LIBRARY, Source.ENTERED, Source.REGULATION]


def test_a_change_is_not_hidden_by_what_was_worked_out_before() -> None:
    monday = date(2027, 2, 15)
    assert calendars.current().works(monday)
    with calendars.trying(2027, {monday: False}):
        assert not calendars.current().works(monday)
    assert calendars.current().works(monday)
    calendars.use({2027: {monday: False}})
    assert not calendars.current().works(monday)
