"""The jobs of the trail: all that is new is sealed, and only what the installation does not keep is removed."""

from datetime import timedelta

import pytest

from audit import jobs, retention, seals, verification
from audit.models import AuditEvent, AuditHead
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now, travel

pytestmark = pytest.mark.clock


def write(session, count):
    for number in range(count):
        record(session, SYSTEM, f"test.event{number}", None)
    session.flush()


@pytest.mark.parametrize(("events", "made"), [(0, 0), (3, 2), (4, 2), (5, 3)])
def test_all_that_is_committed_is_sealed_however_many_seals_it_takes(session, monkeypatch, events, made):
    for module in (jobs, seals):
        monkeypatch.setattr(module, "BATCH", 2)
    write(session, events)
    jobs.seal_what_is_new(session)
    jobs.seal_what_is_new(session)
    assert session.query(AuditHead).count() == made
    assert verification.verify(session).unsealed == 0


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
def test_old_seals_are_removed_a_few_in_a_transaction(session, monkeypatch):
    monkeypatch.setattr(retention.prune, "__kwdefaults__", {"most": 1})
    with travel(now() - timedelta(days=300)):
        for _ in range(2):
            write(session, 1)
            jobs.seal_what_is_new(session)
    retention.keep_for(session, 200)
    assert [jobs.prune_old_seals(session) for _ in range(3)] == [True, True, False]
    jobs.seal_what_is_new(session)
    assert verification.verify(session).ok


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
@pytest.mark.parametrize(("days", "kept"), [(None, 6), (184, 3), (400, 6)])
def test_only_what_is_older_than_the_installation_keeps_is_removed(session, days, kept):
    with travel(now() - timedelta(days=300)):
        write(session, 3)
        jobs.seal_what_is_new(session)
    write(session, 3)
    jobs.seal_what_is_new(session)
    retention.keep_for(session, days)
    for _ in range(2):
        jobs.remove_what_is_old(session)
        jobs.seal_what_is_new(session)
    assert session.query(AuditEvent).filter(AuditEvent.action.startswith("test.")).count() == kept
    assert verification.verify(session).ok
