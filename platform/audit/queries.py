"""Reading the trail."""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.pages import Page, page_of


def events(
    session: Session, organisations: Select[UUID], *, words: str = "", action: str = "", number: int = 1
) -> Page[AuditEvent]:
    """What people of these organisations did, newest first.

    ``words`` is part of a person, organisation or note, ``action`` the beginning of an action.
    """
    query = select(AuditEvent).where(AuditEvent.organisation_id.in_(organisations)).order_by(AuditEvent.sequence.desc())
    if words:
        query = query.where(
            or_(
                *(
                    column.contains(words, autoescape=True)
                    for column in (AuditEvent.person, AuditEvent.organisation, AuditEvent.note)
                )
            )
        )
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    return page_of(session, query, number)
