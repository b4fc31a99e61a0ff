"""Jobs: work after the commit, queued in PostgreSQL in the caller's own transaction (procrastinate).

So a job of a rolled-back change never runs, and none of a committed change is lost. A job runs at least once: its
function must bear running twice. Functions stand in ``<package>/jobs.py``, where the worker finds them.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Job, Status
from procrastinate.schema import SchemaManager
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from foundation.job_connector import WorkerConnector
from foundation.unit_of_work import unit_of_work

P = ParamSpec("P")
Work = Callable[Concatenate[Session, P], None]

# Waits of 3, 9, 27, 81, 243, 729 and 2187 seconds: an hour for a mail or search server to come back.
_RETRIES: Final = 7
_WAIT_BASE: Final = 3

# A worker that gave no sign for so long is dead; its jobs go to the next one.
_DEAD_WORKER_SECONDS: Final = 30
# A job that was given up by so many dead workers is probably what kills them.
_MOST_ATTEMPTS: Final = 10
# A due job that nobody has fetched for so long means that no worker runs, or too few.
_LATE_SECONDS: Final = 120
_KEEP_FAILED_HOURS: Final = 90 * 24

_logger = logging.getLogger(__name__)
_app: Final = App(connector=PsycopgConnector())


def queue(session: Session, name: str, /, **arguments: Any) -> int:
    """Queue the job ``name`` in the transaction of ``session`` and return its number; arguments must be JSON values."""
    connection = session.connection().connection.driver_connection
    return _app.configure_task(name, connection=connection).defer(**arguments)


def job(name: str, *, retry: int = _RETRIES, queue: str = "default") -> Callable[[Work[P]], Work[P]]:
    """Register ``function(session, **arguments)`` as the job ``name``: one unit of work, tried again when it raises.

    ``retry`` is how often it is tried again, with growing waits. The function itself stays as it is.
    """

    def register(function: Work[P]) -> Work[P]:
        strategy = RetryStrategy(max_attempts=retry, exponential_wait=_WAIT_BASE) if retry else False
        _app.task(name=name, queue=queue, retry=strategy, pass_context=True)(_in_unit_of_work(function))
        return function

    return register


def periodic(name: str, cron: str) -> Callable[[Work[[]]], Work[[]]]:
    """Register ``function(session)`` to run by ``cron`` (in UTC: 18:00 is 02:00 in China), however many workers run.

    Once for each point of time; two runs never overlap, and one that is still waiting is not queued again.
    """

    def register(function: Work[[]]) -> Work[[]]:
        def ignore_timestamp(session: Session, *, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
            function(session)

        make_task = _app.task(name=name, lock=name, queueing_lock=name, pass_context=True)
        _app.periodic(cron=cron)(make_task(_in_unit_of_work(ignore_timestamp)))
        return function

    return register


def registered_jobs() -> frozenset[str]:
    """Names of all jobs that this process knows."""
    return frozenset(_app.tasks)


class WorkerLost(Exception):
    """The worker ended although nobody told it to: most likely it has lost the database."""


def run_worker(engine: Engine, *, concurrency: int = 2, wait: bool = True) -> None:
    """Work off jobs until SIGTERM or Ctrl-C (a running job is finished first), or with ``wait=False`` until none is due.

    Raises WorkerLost when it ends by itself: else a service manager would take it for done, and not start it again.
    """
    connector = WorkerConnector(conninfo=conninfo(engine), min_size=1, max_size=concurrency + 2)

    async def work() -> None:
        async with _app.open_async():
            working = asyncio.create_task(
                _app.run_worker_async(
                    concurrency=concurrency,
                    wait=wait,
                    listen_notify=wait,
                    delete_jobs="successful",
                    stalled_worker_timeout=_DEAD_WORKER_SECONDS,
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

    with _app.replace_connector(connector):
        asyncio.run(work())


def conninfo(engine: Engine) -> str:
    """The database of ``engine`` as libpq reads it: SQLAlchemy writes a blank in a URL as +, which libpq takes as it is."""
    url = engine.url
    return make_conninfo(**{**url.translate_connect_args(username="user", database="dbname"), **url.query})


def jobs_health(session: Session) -> str:
    """``late`` when a job has been due for over two minutes, else ``ok``."""
    age = session.scalar(
        text("""
            SELECT extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at)))
            FROM procrastinate_jobs AS job
            JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
            WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
        """)
    )
    return "late" if age is not None and age > _LATE_SECONDS else "ok"


def failed_jobs(session: Session) -> int:
    """How many jobs were given up after their last try; they are kept for ninety days."""
    return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")) or 0


def procrastinate_schema_sql() -> str:
    """The queue's tables and functions as SQL, for a migration; several statements, so run without parameters."""
    return SchemaManager.get_schema()


def install_queue(connection: Connection) -> None:
    """Make the queue's tables in the transaction of ``connection``; for a migration."""
    driver_connection = connection.connection.driver_connection
    if driver_connection is None:
        raise RuntimeError("the connection is closed")
    driver_connection.execute(procrastinate_schema_sql())


def _in_unit_of_work(function: Callable[..., None]) -> Callable[Concatenate[JobContext, ...], None]:
    def run(context: JobContext, **arguments: Any) -> None:
        with unit_of_work(context.additional_context["engine"]) as session:
            function(session, **arguments)

    return run


async def _pick_up_abandoned(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give the jobs of dead workers to the living ones."""
    manager = context.app.job_manager
    for abandoned in await manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_WORKER_SECONDS):
        _logger.warning("job %s was abandoned by a worker that died", abandoned.call_string)
        if abandoned.attempts < _MOST_ATTEMPTS:
            await manager.retry_job(abandoned)
        else:
            await _give_up(context, abandoned)


async def _give_up(context: JobContext, abandoned: Job) -> None:
    await context.app.job_manager.finish_job(abandoned, status=Status.FAILED, delete_job=False)


async def _forget_old(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Delete what failed long ago; what succeeded is deleted at once."""
    await context.app.job_manager.delete_old_jobs(nb_hours=_KEEP_FAILED_HOURS, include_failed=True)


for _name, _cron, _task in (
    ("jobs.pick_up_abandoned", "* * * * *", _pick_up_abandoned),
    ("jobs.forget_old", "17 19 * * *", _forget_old),
):
    _app.periodic(cron=_cron)(_app.task(name=_name, queueing_lock=_name, pass_context=True)(_task))
