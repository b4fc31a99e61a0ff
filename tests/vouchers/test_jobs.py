"""What the clock does with vouchers: in small transactions that take the pools in one order, as often as it likes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from clock_jobs import done
from sqlalchemy import text
from voucher_factories import claimant, open_programme

from foundation.clock import at, day_of, travel
from foundation.jobs import queue, run_worker
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from vouchers import jobs, redemption
from vouchers.claiming import claim
from vouchers.models import ClaimState, VoucherState
from vouchers.queries import vouchers_of

pytestmark = pytest.mark.clock


def queued(session, name):
    return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name"), {"name": name})


@pytest.fixture
def two(session):
    """Two programmes; the one that was made later issued its voucher first."""
    settings = [open_programme(session, money=1000, cap_per_enterprise=1000) for _ in range(2)]
    holders = [claimant(session) for _ in settings]
    for setting, holder in reversed(list(zip(settings, holders, strict=True))):
        claim(session, holder, programme_id=setting.programme.id)
    return settings, [vouchers_of(session, holder).rows[0] for holder in holders]


@pytest.fixture
def the_night(two):
    with travel(at(two[1][0].expires_on + timedelta(days=1), 0, 10)):
        yield


def test_pools_are_taken_in_the_order_of_their_programmes(session, two, the_night, monkeypatch):
    """As the job of the minute takes them: else the two would wait for each other."""
    taken = []
    monkeypatch.setattr(redemption, "allot", lambda _session, programme_id: taken.append(programme_id))
    jobs.every_night(session)
    assert taken == sorted(setting.programme.id for setting in two[0])
    assert all(voucher.state is VoucherState.EXPIRED for voucher in two[1])


def test_a_line_lapses_once(session, two, the_night):
    setting, _ = two
    with travel(setting[0].programme.versions[0].created_at):
        waiting = claim(session, claimant(session), programme_id=setting[0].programme.id)
    assert waiting.state is ClaimState.WAITING
    assert done(session, jobs.lapse_lines) == 1
    assert done(session, jobs.lapse_lines) == 0
    assert waiting.state is ClaimState.LAPSED


def test_a_claim_of_a_running_second_is_decided_when_it_is_over(session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
    second = at(day_of(setting.programme.versions[0].created_at) + timedelta(days=1))
    with travel(second):
        made = claim(session, claimant(session), programme_id=setting.programme.id)
    assert made.state is ClaimState.QUEUED
    assert queued(session, "vouchers.allot") == 1
    with travel(second + timedelta(seconds=1)):
        jobs.decide_queue(session, str(setting.programme.id))
        jobs.every_minute(session)
    assert made.state is ClaimState.ALLOTTED


@pytest.mark.concurrency
def test_a_rush_in_the_opening_second_leaves_one_job_and_other_jobs_run_meanwhile(own_engine):
    """In the tie phase each of many claims wants the line decided: one job does it, and it waits outside of the worker."""
    claims = 60
    with unit_of_work(own_engine) as session:
        setting = open_programme(session, money=claims * 1000, cap_per_enterprise=1000, tie_reserve=claims)
        programme_id = setting.programme.id
        people = [claimant(session) for _ in range(claims)]

    def press(person):
        with unit_of_work(own_engine) as session:
            claim(session, person, programme_id=programme_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, people))
    with unit_of_work(own_engine) as session:
        assert queued(session, "vouchers.allot") == 1
        # The second never ends, as far as the queue knows.
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"))
        queue(session, "vouchers.allot", programme_id=str(open_programme(session).programme.id))
    run_worker(own_engine, wait=False)
    with unit_of_work(own_engine) as session:
        assert queued(session, "vouchers.allot") == 1, "the other job ran, and this one still waits, in the queue"
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    time.sleep(1)
    run_worker(own_engine, wait=False)
    with unit_of_work(own_engine) as session:
        decided = session.scalars(text("SELECT state FROM voucher_claims")).all()
        assert decided == ["allotted"] * claims
        assert verify(session).ok
