"""How jobs of the clock ran: failing, late and missed ones are known, told in one word, and done again by themselves."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Uuid, func, literal, select, text, union_all

from foundation import jobs as jobs_module
from foundation.clock import now, travel
from foundation.errors import Busy
from foundation.job_runs import begun, due_again, ended, know
from foundation.jobs import periodic, periodic_jobs, queue, queue_missed, run_worker
from foundation.jobs_health import jobs_health, troubles
from foundation.models import JobRun
from foundation.periodic import Each, Periodic, Repeat, Tally
from foundation.unit_of_work import unit_of_work

pytestmark = pytest.mark.clock

WORKER = Path(__file__).with_name("worker_process.py")
NEVER_BY_ITSELF = "0 0 1 1 *"
THINGS = [UUID(int=number) for number in range(1, 4)]
NIGHTLY = Periodic("test.nightly", "5 16 * * *", ())

sick: dict[UUID, Exception] = {}
"""What is wrong with which thing."""


def things():
    return select(union_all(*(select(literal(each, Uuid).label("id")) for each in THINGS)).subquery().c.id)


def visit(session, thing):
    session.execute(text("INSERT INTO visits VALUES (:thing)"), {"thing": str(thing)})
    if thing in sick:
        raise sick[thing]


periodic("test.visits", NEVER_BY_ITSELF, Each(things, visit))


@pytest.fixture
def jobs_engine(own_engine):
    sick.clear()
    with unit_of_work(own_engine) as session:
        session.execute(text("CREATE TABLE visits (thing text)"))
        session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    return own_engine


def run(engine):
    with unit_of_work(engine) as session:
        queue(session, "test.visits", timestamp=0)
    run_worker(engine, wait=False)


def row(engine, name="test.visits"):
    with unit_of_work(engine) as session:
        return session.scalar(select(JobRun).where(JobRun.name == name))


def visits(engine):
    with unit_of_work(engine) as session:
        return session.scalar(text("SELECT count(*) FROM visits"))


def health(engine):
    with unit_of_work(engine) as session:
        return jobs_health(session)


def test_a_failing_thing_is_counted_told_and_tried_again_until_it_is_well(jobs_engine):
    sick[THINGS[0]] = RuntimeError("sick on purpose")
    run(jobs_engine)
    ran = row(jobs_engine)
    assert (ran.done_items, ran.failed_items, visits(jobs_engine)) == (2, 1, 2)
    assert "sick on purpose" in ran.last_error
    assert str(THINGS[0]) in ran.last_error
    assert health(jobs_engine) == "failing"
    since = ran.failing_since
    run(jobs_engine)
    assert row(jobs_engine).failing_since == since
    sick.clear()
    run(jobs_engine)
    ran = row(jobs_engine)
    assert (ran.failing_since, ran.last_error, ran.failed_items, ran.done_items) == (None, None, 0, 3)
    assert health(jobs_engine) == "ok"
    with unit_of_work(jobs_engine) as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")) == 0


def test_who_is_busy_is_no_failure_and_comes_again(jobs_engine):
    sick[THINGS[1]] = Busy("somebody else")
    run(jobs_engine)
    ran = row(jobs_engine)
    assert (ran.done_items, ran.busy_items, ran.failed_items) == (2, 1, 0)
    assert health(jobs_engine) == "ok"
    job = periodic_jobs()["test.visits"]
    with unit_of_work(jobs_engine) as session:
        assert due_again(session, [job], grace=timedelta(0)) == []
        with travel(now() + timedelta(minutes=11)):
            assert due_again(session, [job], grace=timedelta(0)) == [job]


def test_a_long_run_goes_on_in_further_jobs_from_where_it_was(jobs_engine, monkeypatch):
    monkeypatch.setattr(jobs_module, "_TURN_SECONDS", 0)
    sick[THINGS[0]] = RuntimeError("sick on purpose")
    run(jobs_engine)
    for _ in THINGS:
        run_worker(jobs_engine, wait=False)
    assert visits(jobs_engine) == 2, "each of the others once"
    ran = row(jobs_engine)
    assert ran.failed_items == 1, "what failed in an earlier part of the run is not forgotten"
    assert "sick on purpose" in ran.last_error


def test_without_a_sign_of_a_worker_there_is_none(jobs_engine):
    assert health(jobs_engine) == "ok"
    with unit_of_work(jobs_engine) as session:
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'"))
    assert health(jobs_engine) == "no_worker"


NIGHT = datetime(2026, 3, 2, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ran", "at", "missed", "late"),
    [
        (NIGHT - timedelta(days=1), NIGHT - timedelta(minutes=1), False, False),
        # The present run may still be waiting in the queue.
        (NIGHT - timedelta(days=1), NIGHT + timedelta(minutes=1), False, False),
        (NIGHT - timedelta(days=1), NIGHT + timedelta(minutes=3), True, True),
        (NIGHT - timedelta(days=9), NIGHT - timedelta(minutes=3), True, True),
        (NIGHT + timedelta(seconds=1), NIGHT + timedelta(hours=3), False, False),
        # Noted while the clock was a year ahead.
        (NIGHT + timedelta(days=365), NIGHT, True, True),
    ],
)
def test_a_night_that_was_missed_is_known(session, ran, at, missed, late):
    with travel(ran):
        know(session, [NIGHTLY])
        begun(session, NIGHTLY)
        ended(session, NIGHTLY.name, Tally())
    with travel(at):
        assert due_again(session, [NIGHTLY], grace=timedelta(seconds=90)) == ([NIGHTLY] if missed else [])
        assert ("late" in {one.word for one in troubles(session)}) is late


def test_a_job_that_is_new_is_run_at_once_but_not_late(session):
    know(session, [NIGHTLY])
    assert due_again(session, [NIGHTLY], grace=timedelta(seconds=90)) == [NIGHTLY]
    assert "late" not in {one.word for one in troubles(session)}
    know(session, [])
    assert session.scalar(select(func.count()).select_from(JobRun)) == 0, "a job that is gone is forgotten"


def test_what_the_clock_jumped_over_is_queued_once(session):
    know(session, list(periodic_jobs().values()))
    for each in periodic_jobs().values():
        begun(session, each)
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'test.visits'")
    queue_missed(session)
    assert session.scalar(waiting) == 0
    with travel(now() + timedelta(days=400)):
        queue_missed(session)
        queue_missed(session)
    assert session.scalar(waiting) == 1


# The worker is a process of its own, with the machine's clock.
@pytest.mark.present
@pytest.mark.concurrency
def test_what_fell_due_while_no_worker_ran_is_done_at_the_next_start(own_engine):
    with unit_of_work(own_engine) as session:
        session.execute(text("CREATE TABLE marks (name text)"))
        yearly = Periodic("test.yearly", NEVER_BY_ITSELF, (Repeat(lambda _session: None),))
        with travel(now() - timedelta(days=400)):
            begun(session, yearly)
            ended(session, yearly.name, Tally())
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, WORKER, own_engine.url.render_as_string(hide_password=False)],
        env={**os.environ, "PYTHONPATH": f"{root / 'platform'}:{root}"},
    )
    try:
        deadline = time.monotonic() + 30
        done = 0
        while not done and time.monotonic() < deadline:
            time.sleep(0.2)
            with unit_of_work(own_engine) as session:
                done = session.scalar(text("SELECT count(*) FROM marks WHERE name = 'yearly'"))
        assert done == 1
        assert health(own_engine) == "ok"
    finally:
        process.terminate()
        process.wait(30)
