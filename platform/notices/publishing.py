"""Opening a public notice (公示), and closing it when its time is over and nothing is unanswered."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.changes import change_state
from audit.trail import record
from foundation.actors import SYSTEM, Actor, Principal
from foundation.clock import add_working_days, today
from foundation.database import Base
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from foundation.open_deadlines import OpenDeadlines, register
from foundation.periodic import Due
from notices.events import notice_closed, notice_extended
from notices.models import NoticeState, Objection, PublicNotice
from notices.states import NOTICE


def publish(session: Session, actor: Actor, *, subject: Base, title: str, body: str, working_days: int) -> PublicNotice:
    """Announce ``subject`` from today for ``working_days`` full working days; objections are taken on the last day too.

    It is the notice of the actor's bureau, or of the one for which it acts.
    """
    if actor.organisation_id is None:
        raise ValueError("a public notice is a bureau's")
    whose = actor.principal or Principal(actor.organisation_id, actor.organisation_name, actor.region_path)
    notice = PublicNotice(
        number=new_number("GS", today()),
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        title=title,
        body=body,
        issuer=whose.name,
        bureau_id=whose.organisation_id,
        region_path=whose.region_path,
        opens_on=today(),
        closes_on=add_working_days(today(), working_days),
        working_days=working_days,
        state=NoticeState.OPEN,
    )
    session.add(notice)
    session.flush()
    record(session, actor, "notice.publish", notice, after={"title": title, "closes_on": notice.closes_on.isoformat()})
    return notice


def due() -> Due:
    """Notices whose last day is over and whose objections are all answered."""
    unanswered = select(Objection.id).where(Objection.notice_id == PublicNotice.id, Objection.answer.is_(None))
    return select(PublicNotice.id).where(
        PublicNotice.state == NoticeState.OPEN, PublicNotice.closes_on < today(), ~unanswered.exists()
    )


def close_if_due(session: Session, notice_id: UUID) -> bool:
    """Close a notice that nothing holds open any more; says whether it did.

    The lock keeps an objection of the last second out: it is raised under the same lock.
    """
    notice = lock_row(session, PublicNotice, notice_id)
    if not may_close(notice, today()):
        return False
    close(session, SYSTEM, notice)
    return True


def close(session: Session, actor: Actor, notice: PublicNotice) -> None:
    """Close a notice and tell whoever waits for it."""
    change_state(session, actor, notice, NOTICE, "close")
    notice_closed.send(notice, session=session, actor=actor)


def moving(session: Session) -> Collection[UUID]:
    """Open notices whose last day would be later if it were counted now."""
    return [
        notice.id
        for notice in session.scalars(select(PublicNotice).where(PublicNotice.state == NoticeState.OPEN))
        if counted_again(notice) != notice.closes_on
    ]


def extend(session: Session, notice_id: UUID) -> bool:
    """Give an open notice the later last day; False where it has closed or need not move."""
    notice = lock_row(session, PublicNotice, notice_id)
    before, after = notice.closes_on, counted_again(notice)
    if notice.state is not NoticeState.OPEN or after == before:
        return False
    notice.closes_on = after
    session.flush()
    record(
        session,
        SYSTEM,
        "notice.extend",
        notice,
        before={"closes_on": before.isoformat()},
        after={"closes_on": after.isoformat()},
    )
    notice_extended.send(notice, session=session)
    return True


def counted_again(notice: PublicNotice) -> date:
    """The last day by the present calendar, never before the one that was announced."""
    return max(notice.closes_on, add_working_days(notice.opens_on, notice.working_days))


def may_close(notice: PublicNotice, day: date) -> bool:
    """Whether nothing holds the notice open any more on ``day``."""
    return (
        notice.state is NoticeState.OPEN
        and notice.closes_on < day
        and all(objection.answer is not None for objection in notice.objections)
    )


def upheld(notice: PublicNotice) -> bool:
    """Whether an objection was found right."""
    return any(objection.upheld for objection in notice.objections)


register(OpenDeadlines("notices", N_("公示截止日"), moving, extend))
