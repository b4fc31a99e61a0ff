"""Counting open deadlines again when a year's notice has come: one job finds them for each room, one job moves each."""

from uuid import UUID

from sqlalchemy.orm import Session

from foundation.jobs import job, periodic, queue
from foundation.open_deadlines import registered
from foundation.periodic import Repeat
from working_days.stored import refresh


def queue_counting(session: Session) -> None:
    """Queue the counting of every room's open deadlines in the caller's transaction."""
    for name in registered():
        queue(session, "working_days.count", kind=name)


@job("working_days.count")
def count(session: Session, *, kind: str) -> None:
    """Find the open deadlines of one kind that lie later by the present calendar, and queue each for itself."""
    # This process may have asked just before the year was entered.
    refresh(session.get_bind(), at_once=True)
    for thing in registered()[kind].moving(session):
        queue(session, "working_days.extend", kind=kind, thing=str(thing))


@job("working_days.extend")
def extend(session: Session, *, kind: str, thing: str) -> None:
    """Move one deadline, in a transaction of its own: one that fails is tried again and stops no other."""
    refresh(session.get_bind())
    registered()[kind].extend(session, UUID(thing))


# After midnight in China: what a newer library knows, and deadlines that another process stored by an older calendar.
every_night = periodic("working_days.every_night", "35 16 * * *", Repeat(queue_counting))
