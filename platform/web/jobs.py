"""What the shell keeps for a while and then forgets: parked forms for a day, answers of forms for a month."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.jobs import periodic
from web.models import ParkedForm, Submission

PARKED_FOR: Final = timedelta(days=1)
ANSWERS_FOR: Final = timedelta(days=30)


@periodic("web.forget", "45 * * * *")
def forget(session: Session) -> None:
    """Delete what nobody will come back for."""
    session.execute(delete(ParkedForm).where(ParkedForm.at < now() - PARKED_FOR))
    session.execute(delete(Submission).where(Submission.at < now() - ANSWERS_FOR))
