"""Running a proof by the clock: each night what came since the last good one, at least once a week the whole."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit import heads
from audit import verification as trail
from audit.models import AuditHead
from config import load_settings
from foundation.clock import now
from foundation.proofs import known
from foundation.unit_of_work import one_snapshot
from ledger import verification
from ledger.models import Transfer
from proofs.models import ProofRun, Subject
from proofs.queries import last_whole, latest

WHOLE_EVERY: Final = timedelta(days=7)
_EARLY: Final = timedelta(hours=6)
"""A night's run may begin some hours earlier than that of a week ago."""
_KEPT_FAULTS: Final = 50

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proof:
    """How one subject is proven: ``whole`` gives the faults of all there is, ``since`` those after a number.

    ``newest`` gives the highest number that there is. Without ``since`` each proof is of the whole.
    """

    subject: Subject
    command: str
    newest: Callable[[Session], int]
    whole: Callable[[Session], Sequence[str]]
    since: Callable[[Session, int], Sequence[str]] | None = None


def trail_faults(session: Session, since: int = 0) -> Sequence[str]:
    """What is wrong with the trail after the head ``since`` (all of it for 0), held against the heads that were written out."""
    report = trail.verify(session, since=since or None)
    heads.check(session, report, load_settings())
    return report.faults


PROOFS: Final = {
    proof.subject: proof
    for proof in (
        Proof(
            Subject.LEDGER,
            "huiqi ledger verify",
            lambda session: session.scalar(select(func.max(Transfer.sequence))) or 0,
            lambda session: verification.verify(session, proving=known()).faults,
        ),
        Proof(
            Subject.TRAIL,
            "huiqi audit verify",
            lambda session: session.scalar(select(func.max(AuditHead.position))) or 0,
            trail_faults,
            trail_faults,
        ),
    )
}


def prove(session: Session, subject: Subject) -> ProofRun:
    """Prove what is due: the whole when that is a week ago, or when the last proof found something, else what came since.

    All of it sees one moment of the database, so that what people do meanwhile is no fault, and it may take its time.
    """
    one_snapshot(session)
    session.execute(text("SET LOCAL statement_timeout = 0"))
    proof, started = PROOFS[subject], now()
    before = latest(session, subject)
    through = proof.newest(session)
    if before is None or proof.since is None or _whole_is_due(session, before):
        whole, faults = True, proof.whole(session)
    else:
        whole, faults = False, proof.since(session, before.through)
    for fault in faults[:_KEPT_FAULTS]:
        _logger.error("%s: %s", proof.command, fault)
    run = ProofRun(
        subject=subject,
        whole=whole,
        started_at=started,
        finished_at=max(started, now()),
        through=through,
        fault_count=len(faults),
        faults=list(faults[:_KEPT_FAULTS]),
    )
    session.add(run)
    session.flush()
    return run


def _whole_is_due(session: Session, before: ProofRun) -> bool:
    if not before.ok:
        return True
    whole = last_whole(session, before.subject)
    return whole is None or whole.started_at <= now() - WHOLE_EVERY + _EARLY
