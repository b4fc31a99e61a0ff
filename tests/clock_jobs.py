"""Doing the work of the clock inside of a test's own transaction."""

from sqlalchemy.orm import Session

from foundation.periodic import Each, Periodic


def done(session: Session, job: Periodic, part: int = 0) -> int:
    """Do one part of a job of the clock; returns for how many things there was something to do. A failure raises."""
    each = job.parts[part]
    assert isinstance(each, Each)
    return sum(bool(each.work(session, *key)) for key in each.keys(session))
