"""Sealing the trail into a hash chain, in batches, and verifying it.

A chain over single rows would be one hot row for every writer. Instead a job seals, each minute,
all that is committed and that no seal covers yet; what is not yet sealed is counted and should be younger than that.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditSeal
from audit.retention import pruned_up_to, untold_prunings
from foundation.clock import now
from foundation.locking import lock_key
from foundation.many import among, not_among

BATCH: Final = 10_000
LOOK_BACK: Final = 60
GENESIS: Final = hashlib.sha256(b"huiqi audit trail").hexdigest()
LATE: Final = timedelta(minutes=5)


@dataclass(slots=True)
class AuditReport:
    """What ``verify`` found."""

    events: int
    sealed: int
    unsealed: int
    oldest_unsealed: datetime | None
    head: str
    pruned: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no row was changed, removed or moved."""
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values; ``head`` is worth keeping elsewhere: it pins all that came before."""
        return {
            "ok": self.ok,
            "events": self.events,
            "sealed": self.sealed,
            "unsealed": self.unsealed,
            "pruned": self.pruned,
            "oldest_unsealed": self.oldest_unsealed.isoformat() if self.oldest_unsealed else None,
            "head": self.head,
            "faults": self.faults,
        }


def seal(session: Session) -> int:
    """Seal what is committed and unsealed, at most ``BATCH`` events; return how many. One sealer at a time.

    Sequence numbers are not commit-ordered: an event may become visible after a later one was sealed. So a seal names
    its events, and the next ones look for latecomers among all numbers above what was sealed ``LOOK_BACK`` seals ago.
    """
    lock_key(session, "audit", "seal")
    links = session.scalars(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(LOOK_BACK + 1)).all()
    floor = links[-1].top if len(links) > LOOK_BACK else 0
    recent = [sequence for link in links[:LOOK_BACK] for sequence in link.sequences if sequence > floor]
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.sequence > floor, not_among(AuditEvent.sequence, recent))
        .order_by(AuditEvent.sequence)
        .limit(BATCH)
    ).all()
    if not events:
        return 0
    previous = links[0].digest if links else GENESIS
    session.add(
        AuditSeal(
            position=links[0].position + 1 if links else 1,
            sequences=[event.sequence for event in events],
            top=max(events[-1].sequence, links[0].top if links else 0),
            previous_digest=previous,
            digest=_digest(previous, events),
        )
    )
    session.flush()
    return len(events)


def verify(session: Session, *, head: str | None = None) -> AuditReport:
    """Recompute the whole chain; faults name the seal and what does not fit: changed, missing or reordered rows.

    ``head`` is one that was kept elsewhere: it must be in the chain, which cannot tell by itself that its end is gone.
    """
    report = AuditReport(events=0, sealed=0, unsealed=0, oldest_unsealed=None, head=GENESIS)
    report.events = session.scalar(text("SELECT count(*) FROM audit_events")) or 0
    seen: set[int] = set()
    pruned = pruned_up_to(session)
    pinned, top = head in {None, GENESIS}, 0
    for position, link in enumerate(session.scalars(select(AuditSeal).order_by(AuditSeal.position)), start=1):
        if link.position != position or link.previous_digest != report.head:
            report.faults.append(f"seal {link.position}: the chain is broken before it")
        if seen.intersection(link.sequences):
            report.faults.append(f"seal {link.position}: covers events that an earlier seal covers")
        top = max([top, *link.sequences])
        if link.top != top:
            report.faults.append(f"seal {link.position}: its highest number is not that of its events")
        if link.position > pruned:
            _check_seal(session, report, link)
        else:
            _check_pruned(session, report, link)
        seen.update(link.sequences)
        pinned = pinned or link.digest == head
        report.sealed += len(link.sequences)
        report.head = link.digest
    if not pinned:
        report.faults.append(f"the head {head} is not in the chain: seals were taken away or made anew")
    report.faults += [f"seal {place}: removed, but no event of the trail tells" for place in untold_prunings(session)]
    _count_unsealed(session, report, seen)
    return report


def _check_seal(session: Session, report: AuditReport, link: AuditSeal) -> None:
    events = list(
        session.scalars(
            select(AuditEvent).where(among(AuditEvent.sequence, link.sequences)).order_by(AuditEvent.sequence)
        )
    )
    missing = sorted(set(link.sequences) - {event.sequence for event in events})
    if missing:
        report.faults.append(f"seal {link.position}: events missing: {', '.join(map(str, missing[:20]))}")
    elif link.digest not in {_digest(link.previous_digest, events, narrow=narrow) for narrow in (False, True)}:
        report.faults.append(f"seal {link.position}: an event was changed or reordered")
    session.expunge_all()


def _check_pruned(session: Session, report: AuditReport, link: AuditSeal) -> None:
    if session.scalar(select(AuditEvent.id).where(among(AuditEvent.sequence, link.sequences)).limit(1)) is not None:
        report.faults.append(f"seal {link.position}: said to be removed, but its events are there")
    report.pruned += len(link.sequences)


def _count_unsealed(session: Session, report: AuditReport, seen: set[int]) -> None:
    rows = session.execute(select(AuditEvent.sequence, AuditEvent.at).order_by(AuditEvent.sequence))
    waiting = [(sequence, at) for sequence, at in rows if sequence not in seen]
    report.unsealed = len(waiting)
    report.oldest_unsealed = min((at for _, at in waiting), default=None)
    highest = max(seen, default=0)
    for sequence, at in waiting:
        if sequence < highest and now() - at > LATE:
            report.faults.append(f"event {sequence}: older than the newest seal, and no seal covers it")


def _digest(previous: str, events: Sequence[AuditEvent], *, narrow: bool = False) -> str:
    """SHA-256 over the previous digest and each event as canonical JSON, in the order given."""
    digest = hashlib.sha256(previous.encode())
    for event in events:
        digest.update(b"\n" + canonical(event, narrow=narrow).encode())
    return digest.hexdigest()


def canonical(event: AuditEvent, *, narrow: bool = False) -> str:
    """An event as JSON with sorted keys: the same bytes for the same row, whoever computes them.

    Every column is in it; ``narrow`` is how the first seals were made, which left two out.
    """
    ids = {} if narrow else {"id": str(event.id), "organisation_id": _text(event.organisation_id)}
    return json.dumps(
        {
            **ids,
            "sequence": event.sequence,
            "at": event.at.astimezone(UTC).isoformat(),
            "user": _text(event.user_id),
            "person": event.person,
            "organisation": event.organisation,
            "role": event.role,
            "ip": event.ip,
            "action": event.action,
            "subject": [event.subject_type, _text(event.subject_id)],
            "before": event.before,
            "after": event.after,
            "note": event.note,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def _text(identifier: UUID | None) -> str | None:
    return str(identifier) if identifier else None
