"""What the clock does with public notices."""

from sqlalchemy.orm import Session

from foundation.jobs import periodic
from notices.publishing import close_due


@periodic("notices.close_due", "5 16 * * *")
def every_night(session: Session) -> None:
    """Just after midnight in China: notices whose last day is over close, unless an objection is unanswered."""
    close_due(session)
