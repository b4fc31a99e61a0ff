"""What may happen without end (failed sign-ins, refused pages) is told twice in a quarter of an hour, however often it was.

The first time is an event at once, written with the count in one statement; when the quarter is over a second event says
how often it was in all, and where. So nobody fills the disc by being refused, and the trail misses no attempt. Who is not
known here counts by network address, at most ``MOST_ADDRESSES`` of them for themselves in a quarter.
"""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, select, tuple_
from sqlalchemy.orm import Session

from audit.models import AUDIT_REPEATS, AuditEvent
from audit.trail import WRITE_EVENT, facts_of_event
from foundation.actors import Actor
from foundation.clock import now
from foundation.database import Base
from foundation.statements import run

QUARTER: Final = timedelta(minutes=15)
MOST_ADDRESSES: Final = 100
MOST_SEEN: Final = 20
"""Different addresses or pages that the count names."""
BATCH: Final = 1_000
_LONGEST: Final = 200
_ANYWHERE: Final = "address"
# Requests of the quarter's last moment may still be under way, and hosts' clocks differ a little.
_PATIENCE: Final = timedelta(minutes=1)

_COUNT: Final = f"""
    WITH counted AS (
        INSERT INTO audit_repeats AS noted (action, key, since, first_id, times, last_at, seen)
        SELECT %(event_action)s::varchar,
               CASE WHEN %(by_address)s AND %(most)s <= (
                        SELECT count(*) FROM audit_repeats AS other
                        WHERE other.action = %(event_action)s AND other.since = %(since)s
                          AND starts_with(other.key, '{_ANYWHERE} ') AND other.key <> %(key)s
                    ) THEN '{_ANYWHERE}' ELSE %(key)s END,
               %(since)s::timestamptz, %(event_id)s::uuid, 1, %(event_at)s::timestamptz, ARRAY[%(seen)s]::varchar[]
        ON CONFLICT (action, key, since) DO UPDATE SET
            times = noted.times + 1,
            last_at = greatest(noted.last_at, excluded.last_at),
            seen = CASE WHEN noted.seen @> excluded.seen OR cardinality(noted.seen) >= {MOST_SEEN}
                        THEN noted.seen ELSE noted.seen || excluded.seen END
        RETURNING times
    )
    {WRITE_EVENT} FROM counted WHERE counted.times = 1
"""  # noqa: S608 - constants of ours


def record_repeated(
    session: Session, actor: Actor, action: str, subject: type[Base] | None, subject_id: UUID | None, *, seen: str
) -> None:
    """Count that ``action`` happened, by its thing or else by the actor's address; the first of the quarter is an event.

    ``seen`` is the page or address to be named with the count. One statement, whether it is the first time or not.
    """
    # A path may hold what no text of the database can.
    seen = seen.replace("\x00", "�").encode(errors="replace").decode()[:_LONGEST]
    key = f"{subject.__tablename__} {subject_id}" if subject is not None else f"{_ANYWHERE} {_network(actor.ip)}"
    facts = facts_of_event(actor, action, subject, subject_id, before=None, after={"seen": [seen]})
    facts |= {
        "key": key,
        "since": _quarter_of(now()),
        "by_address": subject is None,
        "most": MOST_ADDRESSES,
        "seen": seen,
    }
    run(session, _COUNT, facts)


def tell_counts(session: Session) -> bool:
    """Write the counts of a batch of quarters that are over; True when there may be more."""
    rows = AUDIT_REPEATS.c
    names = (rows.action, rows.key, rows.since)
    over = select(*names).where(rows.since <= now() - QUARTER - _PATIENCE).order_by(rows.since).limit(BATCH)
    gone = session.execute(delete(AUDIT_REPEATS).where(tuple_(*names).in_(over)).returning(*AUDIT_REPEATS.c)).all()
    for row in gone:
        if row.times > 1:
            session.add(_told(session.get_one(AuditEvent, row.first_id), row))
    session.flush()
    return len(gone) == BATCH


def _told(first: AuditEvent, counted: Row[Any]) -> AuditEvent:
    after = {
        "times": counted.times,
        "counted_from": counted.since.isoformat(),
        "last_time": counted.last_at.isoformat(),
        "seen": list(counted.seen),
    }
    return AuditEvent(
        user_id=first.user_id,
        person=first.person,
        organisation_id=first.organisation_id,
        organisation=first.organisation,
        role=first.role,
        ip=first.ip,
        action=first.action,
        subject_type=first.subject_type,
        subject_id=first.subject_id,
        before=None,
        after=after,
        note=None,
    )


def _quarter_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def _network(ip: str | None) -> str:
    """The address; of the newer kind the network of one household or office, which alone holds more than can be counted."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return "unknown"
    return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)
