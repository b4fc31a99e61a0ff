"""What the clock and the queue do with programmes and vouchers; each job may run twice without harm.

A programme, and a voucher, has a transaction of its own: terms that cannot be read stop their own programme and no other.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from foundation.jobs import job, periodic
from foundation.periodic import Each
from vouchers.claiming import allot, decide_soon, outlived_lines, programmes_in_line, undecided
from vouchers.expiry import expire, expiring, lapse_line
from vouchers.programmes import running, turn_with_the_clock


@job("vouchers.allot")
def decide_queue(session: Session, programme_id: str) -> None:
    """Decide the claims of a second in which money was short, and have those decided that came meanwhile."""
    allot(session, UUID(programme_id))
    if undecided(session, UUID(programme_id)):
        decide_soon(session, UUID(programme_id))


# Claim windows open and close, and what still lies in a line is decided.
every_minute = periodic(
    "vouchers.minute", "* * * * *", Each(running, turn_with_the_clock), Each(programmes_in_line, allot)
)

# Just after midnight in China: vouchers past their last day give back their money. After that, because whoever waits
# still moves up by it, the lines of programmes whose vouchers have expired lapse.
every_night = periodic("vouchers.night", "10 16 * * *", Each(expiring, expire))
lapse_lines = periodic("vouchers.lapse", "40 16 * * *", Each(outlived_lines, lapse_line))
