"""Jobs: work after the commit, queued in PostgreSQL in the caller's own transaction (procrastinate).

So a job of a rolled-back change never runs, and none of a committed change is lost. A job runs at least once: its
function must do no harm when it runs twice. Functions stand in ``<package>/jobs.py``, where the worker finds them. Jobs of the clock
(``periodic``) do one thing in one short transaction and note how they ran; nothing that a job does may sleep.
"""

import asyncio
import logging
import math
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import JobDeferrer, Status
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation import job_runs
from foundation.job_connector import WorkerConnector
from foundation.job_runs import DEAD_WORKER_SECONDS
from foundation.logs import belongs_to
from foundation.periodic import Each, Periodic, Place, Repeat, Tally, said
from foundation.unit_of_work import unit_of_work

P = ParamSpec("P")
Work = Callable[Concatenate[Session, P], None]

# Waits of 3, 9, 27, 81, 243, 729 and 2187 seconds: an hour for a mail or search server to come back.
_RETRIES: Final = 7
_WAIT_BASE: Final = 3

# A job that was given up by so many dead workers is probably what kills them.
_MOST_ATTEMPTS: Final = 10
_KEEP_FAILED_HOURS: Final = 90 * 24
# A long run of a job of the clock goes on in a further job, so that the others get their turn.
_TURN_SECONDS: Final = 20
_ASK_SECONDS: Final = 1.0
# A worker that has lost the database ends, and waits for it this long at each of its last steps.
_CONNECTION_SECONDS: Final = 10
# By then the run of the present point of time has begun, unless it was missed.
_GRACE: Final = timedelta(seconds=90)

_logger = logging.getLogger(__name__)
_app: Final = App(connector=PsycopgConnector())
_periodic: Final[dict[str, Periodic]] = {}


def queue(session: Session, name: str, /, **arguments: Any) -> int:
    """Queue the job ``name`` in the transaction of ``session`` and return its number; arguments must be JSON values."""
    return _configured(session, name).defer(**arguments)


def job(name: str, *, retry: int = _RETRIES, queue: str = "default") -> Callable[[Work[P]], Work[P]]:
    """Register ``function(session, **arguments)`` as the job ``name``: one unit of work, tried again when it raises.

    ``retry`` is how often it is tried again, with growing waits. The function itself stays as it is.
    """

    def register(function: Work[P]) -> Work[P]:
        strategy = RetryStrategy(max_attempts=retry, exponential_wait=_WAIT_BASE) if retry else False
        _app.task(name=name, queue=queue, retry=strategy, pass_context=True)(_in_unit_of_work(function))
        return function

    return register


def periodic(name: str, cron: str, *parts: Each | Repeat) -> Periodic:
    """Register a job that runs by ``cron`` (in UTC: 18:00 is 02:00 in China), however many workers run.

    Once for each point of time; two runs never overlap, and one that is still waiting is not queued again. What fell due
    while no worker ran is done when the next one starts.
    """
    made = Periodic(name, cron, parts)
    task = _app.task(name=name, lock=name, queueing_lock=name, pass_context=True)(_turn(made))
    _app.periodic(cron=cron)(task)
    _periodic[name] = made
    return made


def queue_once(session: Session, name: str, /, *, key: str, seconds: float = 0, **arguments: Any) -> bool:
    """Queue the job as ``queue`` does, due in so many seconds, unless one with this ``key`` waits; says whether it did."""
    waiting = text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :key AND status = 'todo'")
    if session.scalar(waiting, {"key": key}) is not None:
        return False
    # Somebody else's may come between: then theirs is the one that waits, and this transaction goes on.
    with suppress(AlreadyEnqueued), session.begin_nested():
        due = {"schedule_in": {"milliseconds": math.ceil(seconds * 1000)}} if seconds > 0 else {}
        _configured(session, name, queueing_lock=key, **due).defer(**arguments)
        return True
    return False


def periodic_jobs() -> dict[str, Periodic]:
    """All jobs of the clock that this process knows, by name."""
    return dict(_periodic)


def registered_jobs() -> frozenset[str]:
    """Names of all jobs that this process knows."""
    return frozenset(_app.tasks)


class WorkerLost(Exception):
    """The worker ended although nobody told it to: most likely it has lost the database."""


def run_worker(engine: Engine, *, concurrency: int = 2, wait: bool = True) -> None:
    """Work off jobs until SIGTERM or Ctrl-C (a running job is finished first), or with ``wait=False`` until none is due.

    Raises WorkerLost when it ends by itself: else a service manager would take it for done, and not start it again.
    """
    if wait:
        with unit_of_work(engine) as session:
            job_runs.know(session, list(_periodic.values()))
            queue_missed(session, grace=timedelta(0))

    async def work() -> None:
        async with _app.open_async():
            working = asyncio.create_task(
                _app.run_worker_async(
                    concurrency=concurrency,
                    wait=wait,
                    listen_notify=wait,
                    # A job that is due at a moment to come is found by asking, not by being told.
                    fetch_job_polling_interval=_ASK_SECONDS,
                    delete_jobs="successful",
                    stalled_worker_timeout=DEAD_WORKER_SECONDS,
                    additional_context={"engine": engine},
                    install_signal_handlers=False,
                )
            )
            if wait:
                for number in (signal.SIGINT, signal.SIGTERM):
                    asyncio.get_running_loop().add_signal_handler(number, working.cancel)
            try:
                await working
            except asyncio.CancelledError:
                return
            if wait:
                raise WorkerLost("the worker has ended by itself: it has lost the database, or see the log above")

    while True:
        connector = WorkerConnector(
            conninfo=conninfo(engine), min_size=1, max_size=concurrency + 2, timeout=_CONNECTION_SECONDS
        )
        with _app.replace_connector(connector):
            asyncio.run(work())
        # A worker that does not wait ends when it finds nothing, though a job that still ran may have queued another.
        if wait or not _any_due(engine):
            return


def _any_due(engine: Engine) -> bool:
    """Whether a job could be begun now: due, and no other one with its lock is running."""
    due = text("""
        SELECT EXISTS (
            SELECT FROM procrastinate_jobs AS job
            WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) AND NOT EXISTS (
                SELECT FROM procrastinate_jobs AS other WHERE other.status = 'doing' AND other.lock = job.lock
            )
        )
    """)
    with unit_of_work(engine) as session:
        return bool(session.scalar(due))


def conninfo(engine: Engine) -> str:
    """The database of ``engine`` as libpq reads it: SQLAlchemy writes a blank in a URL as +, which libpq takes as it is."""
    url = engine.url
    return make_conninfo(**{**url.translate_connect_args(username="user", database="dbname"), **url.query})


def queue_missed(session: Session, *, grace: timedelta = _GRACE) -> None:
    """Queue each job of the clock that should have run by now and did not, or that left something behind."""
    for each in job_runs.due_again(session, list(_periodic.values()), grace=grace):
        queue_once(session, each.name, key=each.name, timestamp=int(time.time()))


def _configured(session: Session, name: str, **options: Any) -> JobDeferrer:
    """The job, to be queued over the connection of ``session``."""
    return _app.configure_task(name, connection=session.connection().connection.driver_connection, **options)


def _in_unit_of_work(function: Callable[..., None]) -> Callable[Concatenate[JobContext, ...], None]:
    def run(context: JobContext, **arguments: Any) -> None:
        engine = context.additional_context["engine"]
        belongs_to(f"job {context.job.task_name}")
        try:
            with unit_of_work(engine) as session:
                function(session, **arguments)
        except Exception as error:
            # Where the database is away this cannot be noted either, and the first error is the one to tell.
            with suppress(SQLAlchemyError), unit_of_work(engine) as session:
                job_runs.failed(session, context.job.task_name, said(error))
            raise

    return run


def _turn(made: Periodic) -> Callable[..., None]:
    """The run of a job of the clock, or the rest of one that took too long; failures are noted and shown, not raised."""

    def run(
        context: JobContext,
        *,
        timestamp: int = 0,  # noqa: ARG001 - procrastinate passes it
        part: int = 0,
        after: list[str] | None = None,
        failed: int = 0,
        error: str | None = None,
    ) -> None:
        open_unit = partial(unit_of_work, context.additional_context["engine"])
        belongs_to(f"job {made.name}")
        with open_unit() as session:
            job_runs.begun(session, made)
        tally = Tally(failed=failed, error=error)
        place = Place(part, tuple(map(UUID, after)) if after else None)
        rest = made.run(open_unit, tally, begin=place, seconds=_TURN_SECONDS)
        with open_unit() as session:
            job_runs.ended(session, made.name, tally)
            if rest is not None:
                reached = [str(each) for each in rest.after] if rest.after else None
                left: dict[str, Any] = {
                    "part": rest.part,
                    "after": reached,
                    "failed": tally.failed,
                    "error": tally.error,
                }
                queue_once(session, made.name, key=made.name, timestamp=0, **left)

    return run


async def _pick_up_abandoned(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give the jobs of dead workers to the living ones."""
    manager = context.app.job_manager
    for abandoned in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_WORKER_SECONDS):
        _logger.warning("job %s was abandoned by a worker that died", abandoned.call_string)
        if abandoned.attempts >= _MOST_ATTEMPTS:
            await manager.finish_job(abandoned, status=Status.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(abandoned)
        except UniqueViolation:
            # One of the same key waits already and will do the same work.
            await manager.finish_job(abandoned, status=Status.FAILED, delete_job=True)


async def _forget_old(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Delete what failed long ago; what succeeded is deleted at once."""
    await context.app.job_manager.delete_old_jobs(nb_hours=_KEEP_FAILED_HOURS, include_failed=True)


periodic("jobs.catch_up", "* * * * *", Repeat(queue_missed))

for _name, _cron, _task in (
    ("jobs.pick_up_abandoned", "* * * * *", _pick_up_abandoned),
    ("jobs.forget_old", "17 19 * * *", _forget_old),
):
    _app.periodic(cron=_cron)(_app.task(name=_name, queueing_lock=_name, pass_context=True)(_task))
