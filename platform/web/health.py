"""The answer of ``/healthz`` (CONTRACTS.md): what works and what is away."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation.clock import year_without_notice
from foundation.jobs_health import jobs_health


def check(session: Session, search: str) -> tuple[dict[str, str], int]:
    """The answer and its status, ``search`` being the engine that answers: 503 when the database is away, else 200; search has its fall-back.

    A year whose notice is not known changes nothing in the status: its days are reckoned by the regulation.
    """
    missing = year_without_notice()
    calendar = "ok" if missing is None else f"{missing} missing"
    try:
        session.execute(text("SELECT 1"))
        jobs = jobs_health(session)
    except SQLAlchemyError:
        return {
            "status": "unavailable",
            "database": "away",
            "search": search,
            "jobs": "unknown",
            "calendar": calendar,
        }, 503
    return {"status": "ok", "database": "ok", "search": search, "jobs": jobs, "calendar": calendar}, 200
