"""What the calendar puts on a desk: for the administrator, a year whose notice has not been entered."""

from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import Actor, Role
from foundation.clock import at, year_without_notice
from foundation.desk import SHOWN, DeskItem, Figure, Lying, task
from foundation.i18n import N_

_ENTER: Final = task("calendar.enter", N_("录入放假安排"), N_("录入"))


def waiting(_session: Session, actor: Actor, _most: int = SHOWN) -> Lying:
    """For the administrator from October on the next year's notice, as long as it is missing."""
    year = year_without_notice() if actor.role is Role.ADMINISTRATOR else None
    if year is None:
        return Lying()
    return Lying(
        [
            DeskItem(
                task=_ENTER,
                title=str(year),
                endpoint="working_days.enter",
                arguments={"year": year},
                since=at(date(year - 1, 10, 1)),
                blocks=N_("录入之前，这一年的期限只按法定节假日推算；国务院办公厅公布通知后录入"),
            )
        ]
    )


def others(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing."""
    return Lying()


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None."""
    return []
