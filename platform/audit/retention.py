"""How long the trail is kept: for ever unless the installation says otherwise, and never less than six months.

Network logs are kept at least six months (网络安全法 第二十一条（三）). What is older may be removed, seal by seal and
oldest first; what carries money or a decision stays for ever. The leaves stay too, so the tree still proves that nothing
else is missing, and each event that is kept can be shown to be in it.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit.models import AUDIT_LEAVES, AuditEvent, AuditHead, AuditPruning, AuditSeal
from audit.seals import carries
from audit.sources import EVENTS
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.many import among

SHORTEST_DAYS: Final = 184
SEALS_AT_ONCE: Final = 100
"""Seals whose events are removed in one transaction."""

# Migration 0032.
_REMOVE: Final = text("SELECT remove_events(CAST(:numbers AS bigint[]))")

REMOVED_THROUGH: Final = """(
    SELECT max(seal.sealed_at) + interval '5 minutes' FROM audit_seals AS seal
    WHERE seal.position <= (SELECT max(up_to) FROM audit_prunings WHERE up_to <= (SELECT max(position) FROM audit_seals))
)"""
"""As SQL: up to when older versions removed events, also such as carry money; NULL where they did not. What happened before
(by clocks that differ by as much) may have lost the event that told of it."""


def prune(session: Session, days: int | None, *, most: int = SEALS_AT_ONCE) -> int:
    """Remove events of the oldest seals, at most so many, all of whose events are older than ``days``; returns of how many
    events it has decided, those included that carry money or a decision and stay.

    None keeps everything. Web and worker may remove no event themselves; a function of the tables' owner does it, and lets
    go only what is older than six months and was sealed as passing.
    """
    if days is None:
        return 0
    limit = now() - timedelta(days=max(days, SHORTEST_DAYS))
    done = pruned_up_to(session)
    size = pruned_size(session)
    looked, removed, last = 0, 0, done
    for head in session.scalars(
        select(AuditHead).where(AuditHead.position > done).order_by(AuditHead.position).limit(most)
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
        gone = session.scalars(select(AuditEvent.sequence).where(passing, ~carries())).all()
        session.execute(_REMOVE, {"numbers": list(gone)})
        looked, removed, last, size = looked + len(leaves), removed + len(gone), head.position, head.size
    if last > done:
        session.add(AuditPruning(up_to=last, events=removed))
        # In the trail itself, so that it is sealed: a row of the table alone would excuse any gap.
        record(session, SYSTEM, "audit.pruned", None, after={"up_to": last, "events": removed})
        session.flush()
    return looked


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
