"""What the clock and the queue do with programmes and vouchers; each job may run twice without harm."""

import time
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.jobs import job, periodic, queue
from vouchers.claiming import allot, programmes_in_line
from vouchers.expiry import expire_due, lapse_due
from vouchers.programmes import turn_with_the_clock


@job("vouchers.allot")
def decide_queue(session: Session, programme_id: str) -> None:
    """Decide the claims of a second in which money was short, once that second is over."""
    time.sleep(1 - now().microsecond / 1_000_000)
    allot(session, UUID(programme_id))


@periodic("vouchers.minute", "* * * * *")
def every_minute(session: Session) -> None:
    """Open and close claim windows, and decide what still lies in a queue."""
    turn_with_the_clock(session, SYSTEM)
    for programme_id in programmes_in_line(session):
        allot(session, programme_id)


@job("vouchers.expire")
def expire(session: Session) -> None:
    """Let vouchers past their last day give back their money: a batch here, the next in a transaction of its own."""
    if expire_due(session, SYSTEM):
        queue(session, "vouchers.expire")


@periodic("vouchers.night", "10 16 * * *")
def every_night(session: Session) -> None:
    """Just after midnight in China: vouchers past their last day give back their money."""
    expire(session)


@periodic("vouchers.lapse", "40 16 * * *")
def lapse_lines(session: Session) -> None:
    """After that, in a transaction of its own: the lines of programmes whose vouchers have expired lapse."""
    lapse_due(session)
