"""Printing of statements after their commit. What the queue gave up, a job of the clock takes up again."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.jobs import job, periodic
from foundation.periodic import Due, Each
from settlement.models import StatementFile
from settlement.statement_files import JOB, print_file

# The job itself is tried again for an hour.
_LEFT_BEHIND: Final = timedelta(hours=1)


@job(JOB)
def print_one(session: Session, *, file: str) -> None:
    """Print the statement of a row of ``statement_files``."""
    print_file(session, UUID(file))


def left_behind() -> Due:
    """Statements whose printing was given up, because the store was away for longer than a job is tried again."""
    return select(StatementFile.id).where(
        StatementFile.blob_id.is_(None), StatementFile.created_at < now() - _LEFT_BEHIND
    )


every_hour = periodic("settlement.unprinted", "25 * * * *", Each(left_behind, print_file))
