"""Noting how the jobs of the clock run, and finding those that should have run and did not."""

from datetime import datetime, timedelta
from typing import Final

from croniter import croniter
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.models import JobRun
from foundation.periodic import Periodic, Tally

AGAIN: Final = timedelta(minutes=10)
"""Things that failed or were busy are tried again after this, also by a job that runs once a night."""
WRONG_CLOCK: Final = timedelta(minutes=5)
"""A run that began so far ahead of now was noted while the clock was wrong."""
DEAD_WORKER_SECONDS: Final = 30
"""A worker that gave no sign for so long is dead; its jobs go to the next one."""


def know(session: Session, jobs: list[Periodic]) -> None:
    """Note the jobs that this program has and forget those that it no longer has."""
    names = [job.name for job in jobs]
    session.execute(delete(JobRun).where(JobRun.cron.is_not(None), JobRun.name.not_in(names)))
    for job in jobs:
        _upsert(session, job.name, job.cron)


def begun(session: Session, job: Periodic) -> None:
    """Note that a run begins."""
    _upsert(session, job.name, job.cron)
    session.execute(update(JobRun).where(JobRun.name == job.name).values(started_at=now(), finished_at=None))


def ended(session: Session, name: str, tally: Tally) -> None:
    """Note how a run has ended."""
    failing = {"failing_since": func.coalesce(JobRun.failing_since, now())} if tally.failed else {"failing_since": None}
    session.execute(
        update(JobRun)
        .where(JobRun.name == name)
        .values(
            finished_at=now(),
            done_items=tally.done,
            busy_items=tally.busy,
            failed_items=tally.failed,
            last_error=tally.error,
            **failing,
        )
    )


def failed(session: Session, name: str, error: str) -> None:
    """Note why a queued job has just failed: the queue itself does not keep it."""
    _upsert(session, name, None)
    session.execute(
        update(JobRun).where(JobRun.name == name, JobRun.cron.is_(None)).values(finished_at=now(), last_error=error)
    )


def due_again(session: Session, jobs: list[Periodic], *, grace: timedelta) -> list[Periodic]:
    """The jobs that should have run by now: none did while no worker ran, or the clock was put forward.

    And those whose last run left something behind ten minutes ago. ``grace`` is how long a run of the present point of
    time may still be waiting in the queue.
    """
    runs = {run.name: run for run in session.scalars(select(JobRun))}
    moment = now()
    return [job for job in jobs if _missed(runs.get(job.name), job.cron, moment, grace)]


def _upsert(session: Session, name: str, cron: str | None) -> None:
    new = insert(JobRun).values(name=name, cron=cron)
    same = new.on_conflict_do_update(index_elements=["name"], set_={"cron": cron}, where=JobRun.cron != cron)
    session.execute(same)


def _missed(run: JobRun | None, cron: str, moment: datetime, grace: timedelta) -> bool:
    if run is None or run.started_at is None:
        return True
    if run.started_at > moment + WRONG_CLOCK or run.started_at < tick(cron, moment - grace):
        return True
    left = run.failed_items or run.busy_items
    return bool(left) and run.finished_at is not None and run.finished_at < moment - AGAIN


def tick(cron: str, moment: datetime) -> datetime:
    """The last point of time of ``cron`` (UTC) up to ``moment``."""
    last: datetime = croniter(cron, moment + timedelta(microseconds=1)).get_prev(datetime)
    return last
