"""What the page of the proofs and the desks show of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from foundation.clock import now
from proofs.models import ProofRun, Subject
from proofs.queries import latest
from proofs.running import PROOFS

LATE: Final = timedelta(hours=36)
"""A proof a night: one that is older than this was missed."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One proof; ``command`` proves the same by hand and shows each fault."""

    subject: Subject
    whole: bool
    at: datetime
    faults: int
    command: str
    late: bool = False


def proof_rows(runs: Sequence[ProofRun]) -> list[ProofRow]:
    """The proofs as rows."""
    return [_row(run) for run in runs]


def standing(session: Session) -> list[ProofRow]:
    """The last proof of each subject; none of what was never proven."""
    found = [run for subject in Subject if (run := latest(session, subject)) is not None]
    return [_row(run, late=run.finished_at < now() - LATE) for run in found]


def _row(run: ProofRun, *, late: bool = False) -> ProofRow:
    return ProofRow(run.subject, run.whole, run.finished_at, run.fault_count, PROOFS[run.subject].command, late)
