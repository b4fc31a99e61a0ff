"""What may happen without end (failed sign-ins, refused pages) is told twice in a quarter of an hour, however often it was.

The first time is an event at once, written with the count in one statement; when the quarter is over a second event says
how often it was in all, and where. So nobody fills the disc by being refused, and the trail misses no attempt. Who is not
known here counts by network address, at most ``MOST_ADDRESSES`` of them for themselves in a quarter.
"""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, select, tuple_
from sqlalchemy.orm import Session

from audit.models import AUDIT_REPEATS, AuditEvent
from audit.trail import WRITE_EVENT, facts_of_actor, facts_of_event
from foundation.actors import SYSTEM, Actor
from foundation.clock import shift
from foundation.database import Base
from foundation.statements import run

QUARTER: Final = timedelta(minutes=15)
MOST_ADDRESSES: Final = 100
MOST_SEEN: Final = 20
"""Different addresses or pages that the count names."""
BATCH: Final = 1_000
_LONGEST: Final = 200
_ANYWHERE: Final = "address"
# Requests of the quarter's last moment may still be under way.
_PATIENCE: Final = timedelta(minutes=1)
_OF_THE_ACTOR: Final = tuple(facts_of_actor(SYSTEM, ""))

# By the database's clock, which all hosts share; tests move it.
_NOW: Final = "(clock_timestamp() + %(shift)s)"

_ELSEWHERE: Final = "noted.ip IS DISTINCT FROM excluded.ip AND excluded.ip <> ALL (excluded.seen)"
_SEEN: Final = (
    f"CASE WHEN {_ELSEWHERE} THEN ARRAY[excluded.seen[1] || ' · ' || excluded.ip]::varchar[] ELSE excluded.seen END"
)

_COUNT: Final = f"""
    WITH counted AS (
        INSERT INTO audit_repeats AS noted (action, key, since, first_id, ip, times, last_at, seen)
        SELECT %(event_action)s::varchar,
               CASE WHEN %(by_address)s AND %(most)s <= (
                        SELECT count(*) FROM audit_repeats AS other
                        WHERE other.action = %(event_action)s AND other.since = quarter.since
                          AND starts_with(other.key, '{_ANYWHERE} ') AND other.key <> %(key)s
                    ) THEN '{_ANYWHERE}' ELSE %(key)s END,
               quarter.since, %(event_id)s::uuid, %(event_ip)s::varchar, 1, quarter.at, ARRAY[%(seen)s]::varchar[]
        FROM (
            SELECT moment.at, date_bin('15 minutes', moment.at, timestamptz '2000-01-01 00:00Z') AS since
            FROM (SELECT {_NOW} AS at) AS moment
        ) AS quarter
        ON CONFLICT (action, key, since) DO UPDATE SET
            times = noted.times + 1,
            last_at = greatest(noted.last_at, excluded.last_at),
            seen = CASE WHEN noted.seen @> {_SEEN} OR cardinality(noted.seen) >= {MOST_SEEN}
                        THEN noted.seen ELSE noted.seen || {_SEEN} END
        RETURNING times
    )
    {WRITE_EVENT} FROM counted WHERE counted.times = 1
"""  # noqa: S608 - constants of ours


def record_repeated(
    session: Session, actor: Actor, action: str, subject: type[Base] | None, subject_id: UUID | None, *, seen: str
) -> None:
    """Count that ``action`` happened, by its thing and for whom the actor acts, or else by the actor's address; the first
    of the quarter is an event.

    ``seen`` is the page or address to be named with the count, with the actor's address where it is not that of the first
    time. One statement, whether it is the first time or not.
    """
    # A path may hold what no text of the database can.
    seen = seen.replace("\x00", "�").encode(errors="replace").decode()[:_LONGEST]
    key = f"{_ANYWHERE} {_network(actor.ip)}"
    if subject is not None:
        key = " ".join(str(each) for each in (subject.__tablename__, subject_id, actor.organisation_id) if each)
    facts = facts_of_event(actor, action, subject, subject_id, before=None, after={"seen": [seen]})
    facts |= {
        "key": key,
        "shift": shift(),
        "by_address": subject is None,
        "most": MOST_ADDRESSES,
        "seen": seen,
    }
    run(session, _COUNT, facts)


def tell_counts(session: Session) -> bool:
    """Write the counts of a batch of quarters that are over; True when there may be more."""
    rows = AUDIT_REPEATS.c
    names = (rows.action, rows.key, rows.since)
    over = (
        select(*names)
        .where(rows.since <= func.clock_timestamp() + (shift() - QUARTER - _PATIENCE))
        .order_by(rows.since)
        .limit(BATCH)
    )
    gone = session.execute(delete(AUDIT_REPEATS).where(tuple_(*names).in_(over)).returning(*AUDIT_REPEATS.c)).all()
    for row in gone:
        if row.times > 1:
            session.add(_told(session.get(AuditEvent, row.first_id), row))
    session.flush()
    return len(gone) == BATCH


def _told(first: AuditEvent | None, counted: Row[Any]) -> AuditEvent:
    after = {
        "times": counted.times,
        "counted_from": counted.since.isoformat(),
        "last_time": counted.last_at.isoformat(),
        "seen": list(counted.seen),
    }
    if first is None:
        # Gone meanwhile: the count is still told, and one row stops no other.
        facts = facts_of_actor(replace(SYSTEM, ip=counted.ip), counted.action)
    else:
        facts = {name: getattr(first, name) for name in _OF_THE_ACTOR}
    return AuditEvent(**facts, before=None, after=after, note=None)


def _network(ip: str | None) -> str:
    """The address; of the newer kind the network of one household or office, which alone holds more than can be counted."""
    try:
        address = ip_address(ip or "")
    except ValueError:
        return "unknown"
    return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)
