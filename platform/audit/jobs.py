"""Jobs of the trail: sealing each minute, writing heads out, removing what the installation does not keep, and the nightly
check; a batch a transaction.
"""

import logging
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import heads
from audit.models import AuditEvent
from audit.retention import prune
from audit.seals import BATCH, seal
from audit.trail import record
from audit.verification import verify
from config import load_settings
from foundation.actors import SYSTEM
from foundation.clock import today
from foundation.jobs import periodic
from foundation.periodic import Repeat

VERIFIED: Final = "audit.verified"
_FULL_ON: Final = 7

_logger = logging.getLogger(__name__)


def seal_a_batch(session: Session) -> bool:
    """Seal what is committed; True when one seal did not hold it all."""
    return seal(session) == BATCH


def write_heads_out(session: Session) -> bool:
    """Write what was sealed and committed to the file of this host; True when there may be more."""
    return heads.publish(session, load_settings())


def prune_old_seals(session: Session) -> bool:
    """Remove events of the oldest seals when they are older than ``HUIQI_AUDIT_RETENTION_DAYS``; True when there may be more."""
    return prune(session, load_settings().audit_retention_days) > 0


def check_the_trail(session: Session) -> None:
    """Verify what was sealed since the last good check, on Sundays all of it; the result is an event of the trail."""
    since = None if today().isoweekday() == _FULL_ON else verified_up_to(session)
    report = verify(session, since=since)
    heads.check(session, report, load_settings())
    for fault in report.faults:
        _logger.error("the trail is not whole: %s", fault)
    found = {"up_to": report.position, "whole": since is None, "faults": len(report.faults) + report.more_faults}
    record(session, SYSTEM, VERIFIED, None, after=found)


def verified_up_to(session: Session) -> int | None:
    """The position of the last head up to which no fault was found; None where none was verified."""
    query = select(AuditEvent.after).where(AuditEvent.action == VERIFIED).order_by(AuditEvent.sequence.desc()).limit(1)
    found = session.scalar(query)
    return found["up_to"] if found and not found["faults"] and found["up_to"] else None


seal_what_is_new = periodic("audit.seal", "* * * * *", Repeat(seal_a_batch), Repeat(write_heads_out))
remove_what_is_old = periodic("audit.prune", "30 18 * * *", Repeat(prune_old_seals))
check_each_night = periodic("audit.verify", "50 18 * * *", Repeat(check_the_trail))
