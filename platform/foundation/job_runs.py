"""What is known of the last runs: which job of the clock is failing, which is late, and whether any worker lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from croniter import croniter
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.models import JobRun
from foundation.periodic import Periodic, Tally

LATE: Final = timedelta(minutes=2)
"""A run that should have begun so long ago has not."""
AGAIN: Final = timedelta(minutes=10)
"""Things that failed or were busy are tried again after this, also by a job that runs once a night."""
DEAD_WORKER_SECONDS: Final = 30
"""A worker that gave no sign for so long is dead; its jobs go to the next one."""
_WRONG_CLOCK: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong with the jobs; ``word`` is what ``/healthz`` says (CONTRACTS.md)."""

    word: str
    job: str
    since: datetime | None
    error: str | None = None
    items: int = 0


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
    return session.scalar(select(func.max(func.greatest(JobRun.started_at, JobRun.finished_at))))


def _upsert(session: Session, name: str, cron: str | None) -> None:
    new = insert(JobRun).values(name=name, cron=cron)
    same = new.on_conflict_do_update(index_elements=["name"], set_={"cron": cron}, where=JobRun.cron != cron)
    session.execute(same)


def _late(run: JobRun, moment: datetime) -> bool:
    begun_at = run.started_at or run.known_since
    return begun_at > moment + _WRONG_CLOCK or begun_at < _tick(run.cron, moment - LATE)


def _missed(run: JobRun | None, cron: str, moment: datetime, grace: timedelta) -> bool:
    if run is None or run.started_at is None:
        return True
    if run.started_at > moment + _WRONG_CLOCK or run.started_at < _tick(cron, moment - grace):
        return True
    left = run.failed_items or run.busy_items
    return bool(left) and run.finished_at is not None and run.finished_at < moment - AGAIN


def _tick(cron: str | None, moment: datetime) -> datetime:
    """The last point of time of ``cron`` (UTC) up to ``moment``."""
    tick: datetime = croniter(cron, moment + timedelta(microseconds=1)).get_prev(datetime)
    return tick
