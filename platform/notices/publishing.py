"""Opening a public notice (公示), and closing it when its time is over and nothing is unanswered."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.changes import change_state
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import add_working_days, today
from foundation.database import Base
from foundation.identifiers import new_number
from foundation.locking import lock_row
from foundation.periodic import Due
from notices.events import notice_closed
from notices.models import NoticeState, Objection, PublicNotice
from notices.states import NOTICE


def publish(session: Session, actor: Actor, *, subject: Base, title: str, body: str, working_days: int) -> PublicNotice:
    """Announce ``subject`` from today for ``working_days`` full working days; objections are taken on the last day too."""
    notice = PublicNotice(
        number=new_number("GS", today()),
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        title=title,
        body=body,
        issuer=actor.organisation_name,
        region_path=actor.region_path,
        opens_on=today(),
        closes_on=add_working_days(today(), working_days),
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
