"""The job of the proofs: at night, the ledger first."""

from sqlalchemy.orm import Session

from foundation.jobs import periodic
from foundation.periodic import Repeat
from proofs.models import Subject
from proofs.running import prove


def prove_ledger(session: Session) -> None:
    """The money."""
    prove(session, Subject.LEDGER)


def prove_trail(session: Session) -> None:
    """The trail."""
    prove(session, Subject.TRAIL)


# 03:10 in China, after the night's other jobs.
prove_each_night = periodic("proofs.nightly", "10 19 * * *", Repeat(prove_ledger), Repeat(prove_trail))
