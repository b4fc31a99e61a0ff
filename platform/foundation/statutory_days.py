"""The days that are free by law alone (全体公民放假的假日), for years whose notice has not come yet.

Source: 全国年节及纪念日放假办法, article 2, as revised by 国务院令第795号 (in force since 2025-01-01). Where such a day falls on
a weekend, article 6 has it made up on a working day; which one is for the yearly notice to say, so none is assumed here.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from foundation.i18n import N_

FIRST_YEAR: Final = 2025
"""Before it other days were free, and the notices of those years are known."""

# Year, then 正月初一, 清明, 端午 (五月初五) and 中秋 (八月十五) as month-day. Computed by the rules of GB/T 33661-2017 (农历的编算
# 和颁行) with two independent programs (lunardate 0.3, borax 4.1), which agree on every day of these years.
_LUNAR: Final = """
2025 01-29 04-04 05-31 10-06    2026 02-17 04-05 06-19 09-25    2027 02-06 04-05 06-09 09-15
2028 01-26 04-04 05-28 10-03    2029 02-13 04-04 06-16 09-22    2030 02-03 04-05 06-05 09-12
2031 01-23 04-05 06-24 10-01    2032 02-11 04-04 06-12 09-19    2033 01-31 04-04 06-01 09-08
2034 02-19 04-05 06-20 09-27    2035 02-08 04-05 06-10 09-16    2036 01-28 04-04 05-30 10-04
2037 02-15 04-04 06-18 09-24    2038 02-04 04-05 06-07 09-13    2039 01-24 04-05 05-27 10-02
2040 02-12 04-04 06-14 09-20    2041 02-01 04-04 06-03 09-10    2042 01-22 04-04 06-22 09-28
2043 02-10 04-05 06-11 09-17    2044 01-30 04-04 05-31 10-05    2045 02-17 04-04 06-19 09-25
2046 02-06 04-04 06-08 09-15    2047 01-26 04-05 05-29 10-04    2048 02-14 04-04 06-15 09-22
2049 02-02 04-04 06-04 09-11    2050 01-23 04-04 06-23 09-30
"""

_NEW_YEAR: Final = N_("元旦")
_SPRING: Final = N_("春节")
_QINGMING: Final = N_("清明节")
_LABOUR: Final = N_("劳动节")
_DRAGON_BOAT: Final = N_("端午节")
_MID_AUTUMN: Final = N_("中秋节")
_NATIONAL: Final = N_("国庆节")


@lru_cache(maxsize=64)
def statutory_days(year: int) -> dict[date, str]:
    """The statutory holidays of ``year`` by date, with their names (msgids), in order; none before 2025.

    After 2050 only those with a fixed date. Where 中秋 falls into the days of 国庆, as in 2028, the day is named 中秋节.
    """
    if year < FIRST_YEAR:
        return {}
    days = []
    if year in _moving():
        first, qingming, dragon_boat, mid_autumn = _moving()[year]
        # 除夕 and 正月初一 to 初三.
        days += [(first + timedelta(days=step), _SPRING) for step in (-1, 0, 1, 2)]
        days += [(qingming, _QINGMING), (dragon_boat, _DRAGON_BOAT), (mid_autumn, _MID_AUTUMN)]
    days.append((date(year, 1, 1), _NEW_YEAR))
    days += [(date(year, 5, day), _LABOUR) for day in (1, 2)]
    days += [(date(year, 10, day), _NATIONAL) for day in (1, 2, 3)]
    named: dict[date, str] = {}
    for day, name in days:
        named.setdefault(day, name)
    return dict(sorted(named.items()))


@lru_cache(maxsize=1)
def _moving() -> dict[int, tuple[date, ...]]:
    words = _LUNAR.split()
    rows = (words[place : place + 5] for place in range(0, len(words), 5))
    return {int(year): tuple(date.fromisoformat(f"{year}-{day}") for day in days) for year, *days in rows}
