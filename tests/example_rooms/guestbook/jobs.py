"""Its job."""

from sqlalchemy.orm import Session

from foundation.jobs import job


@job("guestbook.turn_the_page")
def turn_the_page(_session: Session) -> None:
    """Nothing to do."""
