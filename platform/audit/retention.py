"""How long the trail is kept: for ever unless the installation says otherwise, and never less than six months.

Network logs are kept at least six months (网络安全法 第二十一条（三）). What is older may be removed, seal by seal and
oldest first; what carries money or a decision stays for ever. The leaves stay too, so the tree still proves that nothing
else is missing, and each event that is kept can be shown to be in it.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from audit.models import AUDIT_LEAVES, AUDIT_RETENTION, AuditEvent, AuditHead, AuditPruning, AuditSeal
from audit.seals import carries
from audit.sources import EVENTS
from foundation.many import among

SHORTEST_DAYS: Final = 184
SEALS_AT_ONCE: Final = 100
"""Seals whose events are removed in one transaction."""

# Migration 0035: removes them, and tells it by a row and an event.
_REMOVE: Final = text("SELECT remove_events(CAST(:numbers AS bigint[]), :through)")

REMOVED_THROUGH: Final = """(
    SELECT max(seal.sealed_at) + interval '5 minutes' FROM audit_seals AS seal
    WHERE seal.position <= (SELECT max(up_to) FROM audit_prunings WHERE up_to <= (SELECT max(position) FROM audit_seals))
)"""
"""As SQL: up to when older versions removed events, also such as carry money; NULL where they did not. What happened before
(by clocks that differ by as much) may have lost the event that told of it."""


def keep_for(session: Session, days: int | None) -> None:
    """Say how many days the trail is kept from now on, None for ever; only the owner of the tables may, by ``huiqi migrate``."""
    if kept_days(session) != days:
        session.execute(insert(AUDIT_RETENTION).values(days=days))


def kept_days(session: Session) -> int | None:
    """How many days the trail is kept; None for ever."""
    return session.scalar(select(AUDIT_RETENTION.c.days).order_by(AUDIT_RETENTION.c.set_at.desc()).limit(1))


def prune(session: Session, *, most: int = SEALS_AT_ONCE) -> int:
    """Remove events of the oldest seals, at most so many, all of whose events are older than the trail is kept; returns of
    how many events it has decided, those included that carry money or a decision and stay.

    Web and worker may remove no event themselves; a function of the tables' owner does it, lets go only what is old enough
    and was sealed as passing, and tells of it in the trail.
    """
    limit = _kept_since(session)
    if limit is None:
        return 0
    last = pruned_up_to(session)
    size = pruned_size(session)
    looked, through, gone = 0, None, list[int]()
    for head in session.scalars(
        select(AuditHead).where(AuditHead.position > last).order_by(AuditHead.position).limit(most)
    ):
        leaves = session.execute(
            select(AUDIT_LEAVES.c.sequence, AUDIT_LEAVES.c.kept).where(
                AUDIT_LEAVES.c.source == EVENTS, AUDIT_LEAVES.c.number >= size, AUDIT_LEAVES.c.number < head.size
            )
        ).all()
        mine = among(AuditEvent.sequence, [leaf.sequence for leaf in leaves])
        if session.scalar(select(AuditEvent.id).where(mine, AuditEvent.at >= limit).limit(1)) is not None:
            break
        passing = among(AuditEvent.sequence, [leaf.sequence for leaf in leaves if not leaf.kept])
        # What its thing has become since counts too: a file that was handed in for what was decided later.
        gone += session.scalars(select(AuditEvent.sequence).where(passing, ~carries())).all()
        looked, through, size = looked + len(leaves), head.position, head.size
    if through is not None:
        session.execute(_REMOVE, {"numbers": gone, "through": through})
    return looked


def _kept_since(session: Session) -> datetime | None:
    """Older events may go; by the database's clock, which decides it. None where they are kept for ever."""
    days = kept_days(session)
    if days is None:
        return None
    return session.scalar(select(func.now() - func.make_interval(0, 0, 0, max(days, SHORTEST_DAYS))))


def untold_prunings(session: Session) -> list[int]:
    """Where something is said to be removed, and no event says so."""
    told = select(AuditEvent.after["up_to"].as_integer()).where(AuditEvent.action == "audit.pruned")
    # The event about an early removal may have been removed since, so only the newest removal is checked.
    newest = session.scalar(select(func.max(AuditPruning.up_to)))
    return [newest] if newest is not None and newest not in set(session.scalars(told)) else []


def pruned_up_to(session: Session) -> int:
    """The position of the last seal whose events were removed; that of the older chain's end before any were."""
    chain = session.scalar(select(func.max(AuditSeal.position))) or 0
    return max(session.scalar(select(func.max(AuditPruning.up_to))) or 0, chain)


def pruned_size(session: Session) -> int:
    """Of how many leaves, from the first on, the passing events may have been removed."""
    up_to = session.scalar(select(func.max(AuditPruning.up_to))) or 0
    return session.scalar(select(func.max(AuditHead.size)).where(AuditHead.position <= up_to)) or 0
