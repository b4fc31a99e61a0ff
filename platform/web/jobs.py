"""What the shell keeps for a while and then forgets: parked forms for a day, answers of forms for a month."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.jobs import periodic
from foundation.periodic import Repeat
from web.models import ParkedForm, Submission

PARKED_FOR: Final = timedelta(days=1)
ANSWERS_FOR: Final = timedelta(days=30)
BATCH: Final = 5_000


def forget_parked(session: Session) -> bool:
    """Delete a batch of parked forms that nobody will come back for; True when there are more."""
    return _forget(session, ParkedForm, PARKED_FOR)


def forget_answers(session: Session) -> bool:
    """Delete a batch of answers that no second sending will ask for; True when there are more."""
    return _forget(session, Submission, ANSWERS_FOR)


def _forget(session: Session, table: type[ParkedForm | Submission], keep: timedelta) -> bool:
    old = select(table.id).where(table.at < now() - keep).order_by(table.at).limit(BATCH)
    gone = session.scalars(delete(table).where(table.id.in_(old)).returning(table.id)).all()
    return len(gone) == BATCH


forget = periodic("web.forget", "45 * * * *", Repeat(forget_parked), Repeat(forget_answers))
