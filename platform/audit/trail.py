"""Writing the audit trail: in the same transaction as the change itself, so that neither exists without the other."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.actors import Actor
from foundation.clock import now
from foundation.database import Base
from foundation.identifiers import new_id


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: Base | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> AuditEvent:
    """Add an event: ``action`` is ``<thing>.<verb>``, before and after hold only what changed, as JSON values."""
    facts = facts_of_actor(actor, action, subject.__tablename__ if subject is not None else "", _identity(subject))
    event = AuditEvent(
        **facts,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        note=note,
    )
    session.add(event)
    return event


_COLUMNS: Final = [
    column.name for column in AuditEvent.__table__.columns if column.identity is column.server_default is None
]

WRITE_EVENT: Final = (
    f"INSERT INTO audit_events ({', '.join(_COLUMNS)}) SELECT {', '.join(f'%(event_{name})s' for name in _COLUMNS)}"
)
"""One event as SQL, for verbs that write it in one statement with the change: a FROM or WHERE may follow."""


def facts_of_event(
    actor: Actor,
    action: str,
    subject: type[Base] | None,
    subject_id: UUID | None,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> dict[str, Any]:
    """The facts of ``WRITE_EVENT``; see ``record``."""
    facts = facts_of_actor(actor, action, subject.__tablename__ if subject is not None else "", subject_id)
    told = Jsonb(before) if before is not None else None
    facts |= {"id": new_id(), "at": now(), "before": told, "after": Jsonb(after), "note": None}
    return {f"event_{name}": value for name, value in facts.items()}


def facts_of_actor(actor: Actor, action: str, subject_type: str = "", subject_id: UUID | None = None) -> dict[str, Any]:
    """Who did what to which thing, as columns of an event."""
    return {
        "user_id": actor.user_id,
        "person": actor.name,
        "organisation_id": actor.organisation_id,
        "organisation": actor.office,
        "role": actor.role.value,
        "ip": actor.ip,
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
    }


def _identity(subject: Base | None) -> UUID | None:
    return subject.id if subject is not None else None
