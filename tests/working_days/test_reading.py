"""A year's notice as a table: what is read, and every fault with its line and column."""

from datetime import date

import pytest
from calendar_cases import SPRING_2027

from foundation.errors import BadInput, DomainError, Faults
from working_days.models import DayKind
from working_days.reading import MOST_BYTES, decode, read, written


def test_days_come_in_order_with_or_without_a_byte_order_mark() -> None:
    notice = read(decode(b"\xef\xbb\xbf" + SPRING_2027.replace("\n", "\r\n").encode()))
    assert notice.year == 2027
    assert [one.day for one in notice.days] == sorted(one.day for one in notice.days)
    assert notice.days[0].kind is DayKind.WORKDAY
    assert read(written(notice.days)) == notice
    assert read("\ufeff" + SPRING_2027, year=2027) == notice


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "第 1 行应为表头"),
        ("day,kind,name\n", "第 1 行应为表头"),
        ("date,kind,name\n", "没有列出任何日期"),
        ("date,kind,name\n2027-01-01,holiday\n", "第 2 行有 2 列"),
        ("date,kind,name\n20270101,holiday,元旦\n", "第 2 行第 1 列（date）：“20270101”不是日期"),
        ("date,kind,name\n2027-02-29,holiday,春节\n", "第 2 行第 1 列（date）：“2027-02-29”不是日期"),
        ("date,kind,name\n2028-01-01,holiday,元旦\n", "第 2 行第 1 列（date）：2028-01-01 不在 2027 年"),
        (
            "date,kind,name\n2027-01-01,holiday,元旦\n\n2027-01-01,holiday,元旦\n",
            "第 4 行第 1 列（date）：2027-01-01 在第 2 行已经有了",
        ),
        ("date,kind,name\n2027-01-01,free,元旦\n", "第 2 行第 2 列（kind）：“free”不是"),
        ("date,kind,name\n2027-02-22,workday,春节\n", "第 2 行第 2 列（kind）：2027-02-22 不是星期六或星期日"),
        ("date,kind,name\n2027-01-01,holiday,\n", "第 2 行第 3 列（name）：缺少节日名称"),
        ('date,kind,name\n2027-01-01,holiday,"元旦\n', "不是完整的 CSV 行"),
    ],
)
def test_a_fault_says_line_and_column(text: str, told: str) -> None:
    with pytest.raises(DomainError) as refused:
        read(text, year=2027)
    assert told in refused.value.text()


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Faults) as refused:
        read("date,kind,name\n2027-13-01,holiday,元旦\n2027-01-01,free,元旦\n2026-01-02,holiday,元旦\n", year=2027)
    assert len(refused.value.faults) == 3


def test_a_leap_day_is_taken() -> None:
    assert read("date,kind,name\n2028-02-29,holiday,假\n").days[0].day == date(2028, 2, 29)


@pytest.mark.parametrize("data", ["日期".encode("gb18030"), b"x" * (MOST_BYTES + 1)])
def test_what_is_no_text_of_ours(data: bytes) -> None:
    with pytest.raises(BadInput):
        decode(data)
