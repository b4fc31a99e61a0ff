"""Entering the notice of a year: its days replace what stood there, and open deadlines are counted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.trail import record
from foundation import calendars
from foundation.actors import Actor, Role
from foundation.clock import is_working_day, now
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_key
from foundation.open_deadlines import registered
from foundation.unit_of_work import afterwards
from working_days.jobs import queue_counting
from working_days.models import CalendarDay, CalendarYear, DayKind
from working_days.reading import Notice
from working_days.stored import refresh

_LONGEST_DOCUMENT: Final = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a notice would change: days that become free or worked, and how many open deadlines move, by their kind's label."""

    freed: tuple[date, ...]
    worked: tuple[date, ...]
    moving: Mapping[str, int]


def enter(session: Session, actor: Actor, notice: Notice, *, document: str | None = None) -> CalendarYear:
    """Enter ``notice`` as the one of its year, in place of what was entered before; ``document`` is its number (文号).

    NotAllowed for anybody but an administrator or the command line. All open deadlines are counted again by jobs.
    """
    if actor.role not in {Role.ADMINISTRATOR, Role.SYSTEM}:
        raise NotAllowed(N_("放假安排由系统管理员录入"))
    document = (document or "").strip() or None
    if document is not None and len(document) > _LONGEST_DOCUMENT:
        raise BadInput(N_("最多 %(most)s 字"), field="document", most=_LONGEST_DOCUMENT)
    lock_key(session, "calendar", str(notice.year))
    year = session.scalar(
        select(CalendarYear).where(CalendarYear.year == notice.year).execution_options(populate_existing=True)
    )
    before = _facts(year, year.days) if year is not None else None
    if year is None:
        year = CalendarYear(year=notice.year)
        session.add(year)
    else:
        session.execute(delete(CalendarDay).where(CalendarDay.year == notice.year))
        session.expire(year, ["days"])
        year.revision += 1
    year.document, year.entered_by, year.entered_at = document, actor.name, now()
    session.flush()
    days = [CalendarDay(year=notice.year, day=one.day, kind=one.kind, name=one.name) for one in notice.days]
    session.add_all(days)
    session.flush()
    record(session, actor, "calendar.enter", None, before=before, after={**_facts(year, days), "year": notice.year})
    queue_counting(session)
    afterwards(session, lambda ended: refresh(ended.get_bind(), at_once=True))
    return year


def outcome(session: Session, notice: Notice) -> Outcome:
    """What entering ``notice`` would change, counted as if it were entered; nothing is written."""
    days = [date(notice.year, 1, 1) + timedelta(days=step) for step in range(366)]
    days = [day for day in days if day.year == notice.year]
    before = {day: is_working_day(day) for day in days}
    with calendars.trying(notice.year, notice.worked()):
        changed = [day for day in days if is_working_day(day) is not before[day]]
        moving = {kind.label: len(kind.moving(session)) for kind in registered().values()}
    return Outcome(
        freed=tuple(day for day in changed if before[day]),
        worked=tuple(day for day in changed if not before[day]),
        moving=moving,
    )


def _facts(year: CalendarYear, days: Sequence[CalendarDay]) -> dict[str, Any]:
    """For the trail: the document and all days, in words that a later reader needs no table for."""
    return {
        "document_number": year.document,
        "holidays": [f"{one.day} {one.name}" for one in days if one.kind is DayKind.HOLIDAY],
        "workdays": [f"{one.day} {one.name}" for one in days if one.kind is DayKind.WORKDAY],
    }
