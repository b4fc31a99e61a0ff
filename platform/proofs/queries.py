"""Reads of the proofs."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.pages import Page, page_of
from proofs.models import ProofRun, Subject


def latest(session: Session, subject: Subject) -> ProofRun | None:
    """The proof of ``subject`` that ended last."""
    return session.scalar(
        select(ProofRun)
        .where(ProofRun.subject == subject)
        .order_by(ProofRun.finished_at.desc(), ProofRun.id.desc())
        .limit(1)
    )


def last_whole(session: Session, subject: Subject) -> ProofRun | None:
    """The last proof of the whole that found nothing."""
    good = select(ProofRun).where(ProofRun.subject == subject, ProofRun.whole, ProofRun.fault_count == 0)
    return session.scalar(good.order_by(ProofRun.finished_at.desc(), ProofRun.id.desc()).limit(1))


def runs(session: Session, number: int) -> Page[ProofRun]:
    """All proofs, the newest first."""
    return page_of(session, select(ProofRun).order_by(ProofRun.finished_at.desc(), ProofRun.id.desc()), number)
