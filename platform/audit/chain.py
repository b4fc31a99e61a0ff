"""The chain by which older versions sealed the trail: it is still verified, and its head is the first leaf of the tree.

Each seal held the digest of the one before and of each event of a batch. The events of the chain are leaves of the tree
as well, so they may be removed or proved one by one like all others.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditPruning, AuditSeal
from audit.sources import CHAIN
from audit.tree import Leaf
from foundation.many import among

GENESIS: Final = hashlib.sha256(b"huiqi audit trail").hexdigest()
AT_ONCE: Final = 20


def first_leaf(session: Session) -> tuple[int, Leaf] | None:
    """Position of the chain's last seal and the leaf for it; None where there is no chain."""
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    if last is None:
        return None
    return last.position, (CHAIN, last.position, True, hashlib.sha256(last.digest.encode()).digest())


def verify_chain(session: Session) -> tuple[list[str], str | None]:
    """What does not fit in the chain, by seal: changed, missing or reordered rows; and the digest of its last seal.

    Where events of the chain were removed one by one, the digests of its seals cannot be made again: then only its links
    are looked at, and the tree holds the events.
    """
    faults: list[str] = []
    previous, top, position = GENESIS, 0, 0
    done = session.scalars(select(AuditPruning.up_to)).all()
    last = session.scalar(select(AuditSeal.position).order_by(AuditSeal.position.desc()).limit(1)) or 0
    pruned = max((each for each in done if each <= last), default=0)
    whole = all(each <= last for each in done)
    seals = session.scalars(
        select(AuditSeal).order_by(AuditSeal.position).execution_options(yield_per=AT_ONCE, populate_existing=True)
    )
    for position, link in enumerate(seals, start=1):
        if link.position != position or link.previous_digest != previous:
            faults.append(f"seal {link.position}: the chain is broken before it")
        top = max([top, *link.sequences])
        if link.top != top:
            faults.append(f"seal {link.position}: its highest number is not that of its events")
        if link.position <= pruned:
            faults += _check_pruned(session, link)
        elif whole:
            faults += _check_seal(session, link)
        previous = link.digest
        session.expunge(link)
    return faults, previous if position else None


def _check_seal(session: Session, link: AuditSeal) -> list[str]:
    query = select(AuditEvent).where(among(AuditEvent.sequence, link.sequences)).order_by(AuditEvent.sequence)
    events = list(session.scalars(query.execution_options(populate_existing=True)))
    missing = sorted(set(link.sequences) - {event.sequence for event in events})
    fits = not missing and link.digest in {
        digest_of_seal(link.previous_digest, events, narrow=narrow) for narrow in (False, True)
    }
    for event in events:
        session.expunge(event)
    if missing:
        return [f"seal {link.position}: events missing: {', '.join(map(str, missing[:20]))}"]
    return [] if fits else [f"seal {link.position}: an event was changed or reordered"]


def _check_pruned(session: Session, link: AuditSeal) -> list[str]:
    there = select(AuditEvent.id).where(among(AuditEvent.sequence, link.sequences)).limit(1)
    if session.scalar(there) is not None:
        return [f"seal {link.position}: said to be removed, but its events are there"]
    return []


def digest_of_seal(previous: str, events: Sequence[AuditEvent], *, narrow: bool = False) -> str:
    """SHA-256 over the previous digest and each event as canonical JSON, in the order given."""
    digest = hashlib.sha256(previous.encode())
    for event in events:
        digest.update(b"\n" + canonical(event, narrow=narrow).encode())
    return digest.hexdigest()


def canonical(event: AuditEvent, *, narrow: bool = False) -> str:
    """An event as the chain has it: JSON with sorted keys, of every column that there was then.

    ``narrow`` is how the first seals were made, which left two out.
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
