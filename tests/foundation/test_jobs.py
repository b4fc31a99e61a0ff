"""Jobs against a real PostgreSQL: only committed ones run, failing ones are tried again, abandoned ones taken over."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, make_url, text

from foundation.database import make_engine
from foundation.jobs import conninfo, job, queue, queue_once, registered_jobs, run_worker
from foundation.jobs_health import given_up, jobs_health
from foundation.roles import EMBEDDED_ROLE
from foundation.unit_of_work import current_session, unit_of_work

pytestmark = pytest.mark.clock

WORKER = Path(__file__).with_name("worker_process.py")


@job("test.mark")
def mark(session, *, name):
    assert session is current_session()
    session.execute(text("INSERT INTO marks VALUES (:name)"), {"name": name})


@job("test.stumble", retry=1)
def stumble(session, *, name):
    mark(session, name=name)
    raise RuntimeError("stumbled on purpose")


@job("test.chain", retry=0)
def chain(session, *, names):
    """Marks the first and queues itself for the rest."""
    if names:
        mark(session, name=names[0])
        queue(session, "test.chain", names=names[1:])


@job("test.slow")
def quick_now(session):
    """The job that the killed worker had begun; this process is quick with it."""
    mark(session, name="taken over")


@pytest.fixture
def jobs_engine(own_engine):
    with unit_of_work(own_engine) as session:
        session.execute(text("CREATE TABLE marks (name text)"))
        session.execute(text(f"GRANT INSERT ON marks TO {EMBEDDED_ROLE}"))
    return own_engine


@pytest.fixture
def marks(jobs_engine):
    def read():
        with unit_of_work(jobs_engine) as session:
            return sorted(session.scalars(text("SELECT name FROM marks WHERE name <> 'tick'")))

    return read


@pytest.fixture
def worker_process(jobs_engine, limited_url):
    """As in an installation, at the database as the role that owns nothing."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, WORKER, limited_url(jobs_engine.url.render_as_string(hide_password=False))],
        env={**os.environ, "PYTHONPATH": f"{root / 'platform'}:{root}"},
    )
    yield process
    process.kill()
    process.wait()


def _until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _make_due(engine):
    with unit_of_work(engine) as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))


def test_a_committed_job_runs_once(jobs_engine, marks):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.mark", name="committed")
    run_worker(jobs_engine, wait=False)
    run_worker(jobs_engine, wait=False)
    assert marks() == ["committed"]


def test_a_job_of_a_rolled_back_change_never_runs(jobs_engine, marks):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.mark", name="rolled back")
        session.rollback()
    run_worker(jobs_engine, wait=False)
    assert marks() == []


def test_of_a_kind_that_is_queued_once_one_waits_and_it_waits_its_time(jobs_engine, marks):
    with unit_of_work(jobs_engine) as session:
        queued = [queue_once(session, "test.mark", key="one", seconds=delay, name="once") for delay in (30, 0)]
        assert queued == [True, False]
        assert queue_once(session, "test.mark", key="another", name="another")
    run_worker(jobs_engine, wait=False)
    assert marks() == ["another"]
    _make_due(jobs_engine)
    run_worker(jobs_engine, wait=False)
    assert marks() == ["another", "once"]


def test_two_that_queue_the_same_at_once_queue_one_and_both_go_on(jobs_engine, marks, monkeypatch):
    """Neither sees the other's: the second is told by the index, and its transaction is whole."""
    with unit_of_work(jobs_engine) as first, ThreadPoolExecutor(1) as pool:

        def second():
            with unit_of_work(jobs_engine) as session:
                mark(session, name="what the second did")
                return queue_once(session, "test.mark", key="same", name="the second's")

        assert queue_once(first, "test.mark", key="same", name="the first's")
        waiting = pool.submit(second)
        time.sleep(0.3)
        assert not waiting.done()
        first.commit()
        assert waiting.result(10) is False
    run_worker(jobs_engine, wait=False)
    assert marks() == ["the first's", "what the second did"]


def test_a_job_cannot_carry_what_json_cannot(jobs_engine):
    with pytest.raises(TypeError), unit_of_work(jobs_engine) as session:
        queue(session, "test.mark", name=object())


def test_a_failing_job_writes_nothing_is_tried_again_and_then_given_up(jobs_engine, marks):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.stumble", name="half done")
    run_worker(jobs_engine, wait=False)
    with unit_of_work(jobs_engine) as session:
        waiting = session.execute(text("SELECT status, attempts, scheduled_at > now() FROM procrastinate_jobs")).all()
        assert waiting == [("todo", 1, True)]
    _make_due(jobs_engine)
    run_worker(jobs_engine, wait=False)
    with unit_of_work(jobs_engine) as session:
        (told,) = given_up(session)
        assert (told.name, told.count, told.error) == ("test.stumble", 1, "RuntimeError: stumbled on purpose")
        assert told.since is not None
    assert marks() == []


def test_an_unknown_job_fails_loudly_and_is_kept(jobs_engine):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.nobody_wrote_this")
    run_worker(jobs_engine, wait=False)
    with unit_of_work(jobs_engine) as session:
        assert [(one.name, one.count) for one in given_up(session)] == [("test.nobody_wrote_this", 1)]


@pytest.mark.concurrency
def test_the_job_of_a_killed_worker_is_taken_over(jobs_engine, marks, worker_process):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.slow")
    _until(lambda: marks() == ["begun"])
    worker_process.send_signal(signal.SIGKILL)
    worker_process.wait()
    run_worker(jobs_engine, wait=False)
    assert marks() == ["begun"], "a worker that may still live keeps its job"
    with unit_of_work(jobs_engine) as session:
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'"))
        queue(session, "jobs.pick_up_abandoned", timestamp=0)
    run_worker(jobs_engine, wait=False)
    run_worker(jobs_engine, wait=False)
    assert marks() == ["begun", "taken over"]


@pytest.mark.concurrency
def test_a_worker_queues_periodic_jobs_and_stops_when_told(jobs_engine, worker_process):
    def ticked():
        with unit_of_work(jobs_engine) as session:
            return session.scalar(text("SELECT count(*) FROM marks WHERE name = 'tick'")) >= 1

    _until(ticked)
    worker_process.send_signal(signal.SIGTERM)
    assert worker_process.wait(timeout=20) == 0


@pytest.mark.concurrency
def test_a_worker_that_loses_the_database_does_not_end_as_if_it_were_done(jobs_engine, worker_process, server_url):
    def ticked():
        with unit_of_work(jobs_engine) as session:
            return session.scalar(text("SELECT count(*) FROM procrastinate_workers")) >= 1

    _until(ticked)
    name = jobs_engine.url.database
    admin = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
    admin.dispose()
    assert worker_process.wait(timeout=60) not in {0, None}


def test_health_is_late_when_a_due_job_waits_too_long(jobs_engine):
    with unit_of_work(jobs_engine) as session:
        session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        assert jobs_health(session) == "ok"
        queue(session, "test.mark", name="waiting")
        assert jobs_health(session) == "ok"
        session.execute(text("UPDATE procrastinate_events SET at = at - interval '121 seconds'"))
        assert jobs_health(session) == "late"
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"))
        assert jobs_health(session) == "ok"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://huiqi@/huiqi?host=/srv/a%20b%2B/%E6%95%B0", {"host": "/srv/a b+/数", "user": "huiqi"}),
        ("postgres://me:p%40ss%20w@db.example:6432/x?sslmode=require", {"password": "p@ss w", "port": "6432"}),
        ("postgresql+psycopg://me@db/x", {"host": "db", "dbname": "x"}),
    ],
)
def test_the_worker_reaches_the_same_database_as_the_pages(url, said):
    assert said.items() <= conninfo_to_dict(conninfo(make_engine(url))).items()


def test_every_job_is_known_by_its_name():
    assert {"test.mark", "jobs.pick_up_abandoned", "jobs.forget_old"} <= registered_jobs()


def test_a_job_queues_another_one_in_its_own_transaction(jobs_engine, marks):
    with unit_of_work(jobs_engine) as session:
        queue(session, "test.chain", names=["one", "two", "three"])
    run_worker(jobs_engine, wait=False)
    assert marks() == ["one", "three", "two"]
