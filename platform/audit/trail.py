"""Writing the audit trail: in the same transaction as the change itself, so that neither exists without the other."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.actors import Actor
from foundation.database import Base


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
    event = AuditEvent(
        user_id=actor.user_id,
        person=actor.name,
        organisation_id=actor.organisation_id,
        organisation=actor.organisation_name,
        role=actor.role,
        ip=actor.ip,
        action=action,
        subject_type=subject.__tablename__ if subject is not None else "",
        subject_id=_identity(subject),
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        note=note,
    )
    session.add(event)
    return event


def _identity(subject: Base | None) -> UUID | None:
    return subject.id if subject is not None else None
