"""Read models of the audit trail."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.reading import Moment, ReadModel
from web.things import names_of


class EventThing(ReadModel):
    """What an event is about: the table and key of the thing, and its number or name as it is now ("": it has none)."""

    kind: str
    id: UUID
    name: str


class EventRow(ReadModel):
    """An event of the audit trail as it was recorded: ``person``, ``organisation`` and ``note`` are what was written then."""

    sequence: int
    at: Moment
    person: str
    organisation: str
    role: str
    ip: str | None
    action: str
    thing: EventThing | None
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]
    note: str | None


def event_rows(session: Session, events: Sequence[AuditEvent]) -> list[EventRow]:
    """Events in their order; what they are about in one query for each kind of thing."""
    names = names_of(session, events)
    return [
        EventRow(
            sequence=one.sequence,
            at=one.at,
            person=one.person,
            organisation=one.organisation,
            role=one.role,
            ip=one.ip,
            action=one.action,
            thing=EventThing(kind=one.subject_type, id=one.subject_id, name=names.get(one.subject_id, ""))
            if one.subject_id
            else None,
            before=one.before or {},
            after=one.after or {},
            note=one.note,
        )
        for one in events
    ]
