"""Reading a year's notice from a table of days: ``date,kind,name``, each fault with its line and column."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Final

from foundation.errors import BadInput, DomainError, Faults
from foundation.i18n import N_
from working_days.models import DayKind

COLUMNS: Final = ("date", "kind", "name")
MOST_BYTES: Final = 256 * 1024
_LONGEST_NAME: Final = 40
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Day:
    """A day that a notice names."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The days of a year's notice, in order."""

    year: int
    days: tuple[Day, ...]

    def worked(self) -> Mapping[date, bool]:
        """Whether each of its days is worked, as ``foundation.calendars`` takes it."""
        return {one.day: one.kind is DayKind.WORKDAY for one in self.days}


def decode(data: bytes) -> str:
    """The text of an uploaded file: UTF-8 with or without a byte order mark; BadInput for anything else, or too much."""
    if len(data) > MOST_BYTES:
        raise BadInput(N_("文件太大，一年的放假安排不过几十行"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            N_("文件不是 UTF-8 编码（第 %(place)s 字节）"), place=error.start + 1, remedy=N_("另存为 CSV UTF-8 再上传")
        ) from error


def read(text: str, *, year: int | None = None) -> Notice:
    """The notice in ``text``; without ``year`` it is the year of the first day.

    Faults name every line and column that cannot be used: another heading, no such day, another year, a day given twice,
    an unknown kind, a make-up day that is no weekend, a missing or overlong name.
    """
    reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise BadInput(N_("第 %(line)s 行不是完整的 CSV 行"), line=reader.line_num) from error
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise BadInput(N_("第 %(line)s 行应为表头 date,kind,name"), line=rows[0][0] if rows else 1)
    days: dict[date, tuple[int, Day]] = {}
    faults: list[DomainError] = []
    for line, row in rows[1:]:
        try:
            one = _day(line, row, year)
        except BadInput as fault:
            faults.append(fault)
            continue
        year = year or one.day.year
        if one.day in days:
            faults.append(
                BadInput(
                    N_("第 %(line)s 行第 1 列（date）：%(day)s 在第 %(first)s 行已经有了"),
                    line=line,
                    day=one.day,
                    first=days[one.day][0],
                )
            )
        days.setdefault(one.day, (line, one))
    if faults:
        raise Faults(faults) if len(faults) > 1 else faults[0]
    if year is None or not days:
        raise BadInput(N_("没有列出任何日期"))
    return Notice(year, tuple(one for _line, one in sorted(days.values(), key=lambda found: found[1].day)))


def written(days: Sequence[Day]) -> str:
    """The table of these days, as ``read`` takes it."""
    made = StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((one.day.isoformat(), one.kind.value, one.name) for one in days)
    return made.getvalue()


def _day(line: int, row: Sequence[str], year: int | None) -> Day:
    if len(row) != len(COLUMNS):
        raise BadInput(N_("第 %(line)s 行有 %(count)s 列，应为 3 列：date,kind,name"), line=line, count=len(row))
    text, kind, name = row
    try:
        # date.fromisoformat also takes 20270101 and 2027-W01-1.
        day = date.fromisoformat(text) if len(text) == len("2027-01-01") and text[4] == text[7] == "-" else None
    except ValueError:
        day = None
    if day is None:
        raise BadInput(N_("第 %(line)s 行第 1 列（date）：“%(text)s”不是日期，应写作 2027-01-01"), line=line, text=text)
    if year is not None and day.year != year:
        raise BadInput(N_("第 %(line)s 行第 1 列（date）：%(day)s 不在 %(year)s 年"), line=line, day=day, year=year)
    if kind not in set(DayKind):
        raise BadInput(
            N_("第 %(line)s 行第 2 列（kind）：“%(text)s”不是 holiday（放假）或 workday（上班）"), line=line, text=kind
        )
    if kind == DayKind.WORKDAY and day.weekday() < _SATURDAY:
        raise BadInput(
            N_("第 %(line)s 行第 2 列（kind）：%(day)s 不是星期六或星期日，不能是调休上班日"), line=line, day=day
        )
    if not name:
        raise BadInput(N_("第 %(line)s 行第 3 列（name）：缺少节日名称"), line=line)
    if len(name) > _LONGEST_NAME:
        raise BadInput(N_("第 %(line)s 行第 3 列（name）：节日名称最多 %(most)s 字"), line=line, most=_LONGEST_NAME)
    return Day(day, DayKind(kind), name)
