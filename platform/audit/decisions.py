"""What people decide about other people's things, appended and never overwritten.

The thing itself keeps its present state; here every decision stays, with its reasons and the checks it rested on, so that a later
one (a claim that was returned, mended and verified) takes nothing away from the earlier.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import Decision
from audit.trail import record
from foundation.actors import Actor
from foundation.clock import now
from foundation.database import Base


def decide(
    session: Session,
    actor: Actor,
    event: str,
    subject: Base,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str | None = None,
    reasons: Sequence[str] = (),
    checks: Sequence[Any] = (),
) -> Decision:
    """Append a decision and record it in the trail; ``event`` is ``<thing>.<verb>``, the trail's action.

    ``reasons`` are codes of the room's own list, ``checks`` JSON values as they were when it was decided.
    """
    record(session, actor, event, subject, before=before, after=after, note=note)
    made = keep(session, actor, event, subject, note=note, reasons=reasons, checks=checks)
    session.flush()
    return made


def keep(
    session: Session,
    actor: Actor,
    event: str,
    subject: Base,
    *,
    note: str | None = None,
    reasons: Sequence[str] = (),
    checks: Sequence[Any] = (),
) -> Decision:
    """Append a decision whose row in the trail the caller writes.

    A thing that was judged by rules says by which and on what (``rests_on``); that is kept, too.
    """
    rules_id, facts = getattr(subject, "rests_on", (None, None))
    made = Decision(
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        event=event,
        reasons=list(reasons),
        checks=list(checks),
        rules_id=rules_id,
        note=note,
        by_id=actor.user_id,
        person=actor.name,
        organisation_id=actor.organisation_id,
        organisation=actor.office,
        role=actor.role.value,
        at=now(),
    )
    if facts is not None:
        made.facts = facts
    session.add(made)
    return made


def decisions_about(session: Session, subject_type: str, subject_id: UUID) -> Sequence[Decision]:
    """Everything that was decided about a thing, oldest first."""
    query = select(Decision).where(Decision.subject_type == subject_type, Decision.subject_id == subject_id)
    return session.scalars(query.order_by(Decision.sequence)).all()
