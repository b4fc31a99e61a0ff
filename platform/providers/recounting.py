"""Deadlines of certification, counted again when the calendar has changed."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import add_working_days
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.open_deadlines import OpenDeadlines, register
from notices.events import notice_extended
from notices.models import PublicNotice
from providers.models import Certification, CertificationState


def moving(session: Session) -> Collection[UUID]:
    """Applications whose day for answering would be later if it were counted now."""
    asked = select(Certification).where(Certification.state == CertificationState.MORE_INFORMATION)
    return [one.id for one in session.scalars(asked) if counted_again(one) != one.due_on]


def extend(session: Session, certification_id: UUID) -> bool:
    """Give an application the later day; False where it was answered meanwhile. A day that a person chose stays."""
    certification = lock_row(session, Certification, certification_id)
    before, after = certification.due_on, counted_again(certification)
    if (
        certification.state is not CertificationState.MORE_INFORMATION
        or before is None
        or after is None
        or after == before
    ):
        return False
    certification.due_on = after
    session.flush()
    record(
        session,
        SYSTEM,
        "certification.extend",
        certification,
        before={"due_on": before.isoformat()},
        after={"due_on": after.isoformat()},
    )
    return True


def counted_again(certification: Certification) -> date | None:
    """The day for answering by the present calendar, never before the one that the provider was told."""
    due, begun, count = certification.due_on, certification.due_from, certification.due_working_days
    return due if due is None or begun is None or count is None else max(due, add_working_days(begun, count))


@notice_extended.connect
def _with_its_notice(notice: PublicNotice, *, session: Session) -> None:
    """A public notice that lasts longer holds its application longer."""
    if notice.subject_type == Certification.__tablename__:
        certification = session.get_one(Certification, notice.subject_id)
        certification.due_on = notice.closes_on
        session.flush()


register(OpenDeadlines("certifications", N_("补充认定材料的期限"), moving, extend))
