"""What the clock does with certifications."""

from sqlalchemy.orm import Session

from foundation.jobs import periodic
from providers.standing import turn_with_the_clock


@periodic("providers.night", "15 16 * * *")
def every_night(session: Session) -> None:
    """Just after midnight in China: reminders, expiries, and requests for information that were not answered."""
    turn_with_the_clock(session)
