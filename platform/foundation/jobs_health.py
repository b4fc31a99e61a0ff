"""Whether the jobs are well: a worker lives, no job of the clock is failing or late, nothing waits for long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.job_runs import DEAD_WORKER_SECONDS, WRONG_CLOCK, tick
from foundation.models import JobRun

LATE: Final = timedelta(minutes=2)
"""A run that should have begun so long ago has not; a due job that waits so long means that workers are too few."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with the jobs; ``word`` is what ``/healthz`` says (CONTRACTS.md)."""

    word: str
    job: str
    since: datetime | None
    error: str | None = None
    items: int = 0


def jobs_health(session: Session) -> str:
    """``ok``, or in one word the worst that is wrong: ``no_worker``, ``failing``, ``late`` (CONTRACTS.md)."""
    found = troubles(session)
    if found:
        return found[0].word
    return "late" if waiting_is_late(session) else "ok"


def waiting_is_late(session: Session) -> bool:
    """Whether a job has been due for over two minutes and nobody has fetched it."""
    age = session.scalar(
        text("""
            SELECT extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at)))
            FROM procrastinate_jobs AS job
            JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
            WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
        """)
    )
    return age is not None and age > LATE.total_seconds()


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Queued jobs of one name that failed for good: how many, since when, and why the last one failed."""

    name: str
    count: int
    since: datetime | None
    error: str | None


def given_up(session: Session) -> list[GivenUp]:
    """Jobs that were given up after their last try, by name; they are kept for ninety days."""
    rows = session.execute(
        text("""
            SELECT job.task_name, count(DISTINCT job.id), min(event.at), max(run.last_error)
            FROM procrastinate_jobs AS job
            LEFT JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'failed'
            LEFT JOIN job_runs AS run ON run.name = job.task_name
            WHERE job.status = 'failed' GROUP BY job.task_name ORDER BY job.task_name
        """)
    )
    return [GivenUp(*row) for row in rows]


def troubles(session: Session) -> list[Trouble]:
    """All that is wrong with the jobs, the worst first."""
    moment = now()
    found = [] if workers(session) else [Trouble("no_worker", "", _last_sign(session))]
    runs = session.scalars(select(JobRun).where(JobRun.cron.is_not(None)).order_by(JobRun.name)).all()
    found += [
        Trouble("failing", run.name, run.failing_since, run.last_error, run.failed_items)
        for run in runs
        if run.failing_since is not None
    ]
    found += [Trouble("late", run.name, run.started_at) for run in runs if _late(run, moment)]
    return found


def workers(session: Session) -> int:
    """How many workers live."""
    sign = text(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
    )
    return session.scalar(sign, {"seconds": DEAD_WORKER_SECONDS}) or 0


def _last_sign(session: Session) -> datetime | None:
    last: datetime | None = session.scalar(select(func.max(func.greatest(JobRun.started_at, JobRun.finished_at))))
    return last


def _late(run: JobRun, moment: datetime) -> bool:
    begun_at = run.started_at or run.known_since
    return begun_at > moment + WRONG_CLOCK or begun_at < tick(run.cron or "", moment - LATE)
