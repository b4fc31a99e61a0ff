"""What the clock does with vouchers: in small transactions that take the pools in one order, as often as it likes."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from voucher_factories import claimant, open_programme

from foundation.clock import at, day_of, travel
from vouchers import expiry, jobs, redemption
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


def test_a_long_night_goes_on_in_further_transactions(session, two, the_night, monkeypatch):
    monkeypatch.setattr(expiry.expire_due, "__kwdefaults__", {"limit": 1})
    for done in (1, 2, 2):
        jobs.expire(session)
        assert sum(voucher.state is VoucherState.EXPIRED for voucher in two[1]) == done
    # The last run found nothing and called nobody.
    assert queued(session, "vouchers.expire") == 2


def test_a_line_lapses_once(session, two, the_night):
    setting, _ = two
    with travel(setting[0].programme.versions[0].created_at):
        waiting = claim(session, claimant(session), programme_id=setting[0].programme.id)
    assert waiting.state is ClaimState.WAITING
    assert expiry.lapse_due(session) == 1
    assert expiry.lapse_due(session) == 0
    assert waiting.state is ClaimState.LAPSED


def test_a_claim_of_a_running_second_is_decided_when_it_is_over(session, monkeypatch):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
    second = at(day_of(setting.programme.versions[0].created_at) + timedelta(days=1))
    with travel(second):
        made = claim(session, claimant(session), programme_id=setting.programme.id)
    assert made.state is ClaimState.QUEUED
    assert queued(session, "vouchers.allot") == 1
    monkeypatch.setattr(jobs.time, "sleep", lambda _seconds: None)
    with travel(second + timedelta(seconds=1)):
        jobs.decide_queue(session, str(setting.programme.id))
        jobs.every_minute(session)
    assert made.state is ClaimState.ALLOTTED
