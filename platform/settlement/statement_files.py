"""The printed form of statements: made once, by a job after the commit, from what was issued and from nothing else."""

import io
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.canonical import canonical_hash
from documents.statement import StatementContent, render_statement
from files.intake import Upload, take
from files.kinds import PDF
from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.jobs import queue
from foundation.locking import lock_row
from settlement.models import Statement, StatementFile

JOB = "settlement.print"

_CONTENT = TypeAdapter(StatementContent)


def plan(session: Session, statement: Statement, *, address: str) -> None:
    """Note that a statement is to be printed, with ``address`` in its QR code, and queue the job that does it."""
    made = StatementFile(statement_id=statement.id, address=address)
    session.add(made)
    session.flush()
    queue(session, JOB, file=str(made.id))


def print_file(session: Session, file_id: UUID) -> bool:
    """Print a statement and keep the file; False when it has been printed before.

    Raises ValueError when what is stored is not what was issued: such a paper is never printed.
    """
    row = lock_row(session, StatementFile, file_id)
    if row.blob_id is not None:
        return False
    statement = session.get_one(Statement, row.statement_id)
    content = issued_content(statement, address=row.address)
    pdf = render_statement(content)
    upload = Upload(io.BytesIO(pdf), f"{statement.number}.pdf")
    kept = take(session, SYSTEM, upload, subject=statement, kind="statement", field="file", allowed=(PDF,))
    row.blob_id, row.sha256, row.printed_at = kept.blob_id, kept.blob.sha256, now()
    session.flush()
    return True


def print_unprinted(session: Session) -> None:
    """Print what is still to be printed, in the transaction of ``session``: for whoever has no worker."""
    for file_id in session.scalars(select(StatementFile.id).where(StatementFile.blob_id.is_(None))).all():
        print_file(session, file_id)


def issued_content(statement: Statement, *, address: str) -> StatementContent:
    """What the statement says, as it was issued; ValueError when its hash is another one."""
    content = _CONTENT.validate_python({**statement.content, "verification_url": address})
    if canonical_hash(content) != statement.content_hash:
        raise ValueError(f"what is stored of statement {statement.number} is not what was issued")
    return content


def file_of(session: Session, statement: Statement) -> StatementFile | None:
    """The printed form of a statement; None while it is not printed yet."""
    return session.scalar(
        select(StatementFile).where(StatementFile.statement_id == statement.id, StatementFile.blob_id.is_not(None))
    )
