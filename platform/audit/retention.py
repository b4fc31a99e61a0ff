"""How long the trail is kept: for ever unless the installation says otherwise, and never less than six months.

Network logs are kept at least six months (网络安全法 第二十一条（三）). What is older may be removed, seal by seal and
oldest first; the seals stay, so the chain still proves that nothing else is missing.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPruning, AuditSeal
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.many import among

SHORTEST_DAYS: Final = 184
SEALS_AT_ONCE: Final = 100
"""Seals whose events are removed in one transaction."""


def prune(session: Session, days: int | None, *, most: int = SEALS_AT_ONCE) -> int:
    """Remove events of the oldest seals, at most so many, all of whose events are older than ``days``; returns how many.

    None keeps everything.

    The trigger lets a row go only when it is older than six months and this transaction says that it is pruning.
    """
    if days is None:
        return 0
    limit = now() - timedelta(days=max(days, SHORTEST_DAYS))
    done = session.scalar(select(func.max(AuditPruning.up_to))) or 0
    removed = 0
    last = done
    for link in session.scalars(_kept(done).limit(most)):
        young = session.scalar(
            select(AuditEvent.id).where(among(AuditEvent.sequence, link.sequences), AuditEvent.at >= limit).limit(1)
        )
        if young is not None:
            break
        session.execute(text("SET LOCAL huiqi.pruning = 'on'"))
        session.execute(delete(AuditEvent).where(among(AuditEvent.sequence, link.sequences)))
        session.execute(text("SET LOCAL huiqi.pruning = 'off'"))
        removed += len(link.sequences)
        last = link.position
    if last > done:
        session.add(AuditPruning(up_to=last, events=removed))
        # In the trail itself, so that it is sealed: a row of the table alone would excuse any gap.
        record(session, SYSTEM, "audit.pruned", None, after={"up_to": last, "events": removed})
        session.flush()
    return removed


def _kept(done: int) -> Select[AuditSeal]:
    return select(AuditSeal).where(AuditSeal.position > done).order_by(AuditSeal.position)


def untold_prunings(session: Session) -> list[int]:
    """Where something is said to be removed, and no event says so."""
    told = select(AuditEvent.after["up_to"].as_integer()).where(AuditEvent.action == "audit.pruned")
    # The event about an early removal may have been removed since, so only the newest removal is checked.
    newest = session.scalar(select(func.max(AuditPruning.up_to)))
    return [newest] if newest is not None and newest not in set(session.scalars(told)) else []


def pruned_up_to(session: Session) -> int:
    """The position of the last seal whose events were removed; 0 when none were."""
    return session.scalar(select(func.max(AuditPruning.up_to))) or 0
