"""The chain of seals: a changed, missing or reordered row is found."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.retention import prune
from audit.seals import GENESIS, LOOK_BACK, seal, verify
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now, travel


def write(session: Session, count: int) -> None:
    for number in range(count):
        record(session, SYSTEM, f"test.event{number}", None, before={"n": number}, after={"n": number + 1})
        session.flush()


def tamper(session: Session, statement: str) -> None:
    for table in ("audit_events", "audit_seals"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text(statement))
    session.expire_all()


def test_a_chain_is_whole(session: Session):
    assert verify(session).head == GENESIS
    write(session, 3)
    assert seal(session) == 3
    write(session, 2)
    assert seal(session) == 2
    assert seal(session) == 0
    write(session, 1)
    report = verify(session)
    assert (report.ok, report.events, report.sealed, report.unsealed) == (True, 6, 5, 1)
    assert report.head != GENESIS


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE audit_events SET person = '别人' WHERE sequence = (SELECT min(sequence) FROM audit_events)",
            "changed or reordered",
        ),
        (
            "UPDATE audit_events SET after = '{\"n\": 9}' WHERE sequence = (SELECT min(sequence) FROM audit_events)",
            "changed or reordered",
        ),
        (
            "UPDATE audit_events SET at = at + interval '1 second' WHERE sequence = (SELECT min(sequence) FROM audit_events)",
            "changed or reordered",
        ),
        ("DELETE FROM audit_events WHERE sequence = (SELECT min(sequence) FROM audit_events)", "missing"),
        (
            (
                "UPDATE audit_events AS e SET action = o.action FROM audit_events AS o WHERE abs(e.sequence - o.sequence) = 1 "
                "AND e.sequence + o.sequence = (SELECT 2 * min(sequence) + 1 FROM audit_events)"
            ),
            "changed or reordered",
        ),
        ("DELETE FROM audit_seals WHERE position = 1", "chain is broken"),
        ("UPDATE audit_seals SET digest = md5(digest) WHERE position = 1", "chain is broken"),
    ],
)
def test_rewriting_is_found(session: Session, statement, fault):
    write(session, 3)
    seal(session)
    write(session, 2)
    seal(session)
    assert verify(session).ok
    tamper(session, statement)
    faults = verify(session).faults
    assert any(fault in one for one in faults), faults


def test_many_small_seals_cover_each_event_once(session: Session):
    """More seals than a sealer looks back over: nothing is sealed twice, latecomers within reach are sealed."""
    for _ in range(LOOK_BACK + 5):
        write(session, 1)
        assert seal(session) == 1
    assert seal(session) == 0
    report = verify(session)
    assert (report.ok, report.sealed, report.unsealed) == (True, LOOK_BACK + 5, 0)


def test_what_is_older_than_six_months_may_go_and_the_chain_still_holds(session: Session):
    with travel(now() - timedelta(days=400)):
        write(session, 4)
    seal(session)
    write(session, 2)
    seal(session)
    assert prune(session, None) == 0
    assert prune(session, 365) == 4
    report = verify(session)
    assert (report.ok, report.events, report.pruned, report.sealed) == (True, 2, 4, 6)


def test_young_rows_cannot_be_pruned_whatever_is_asked(session: Session):
    write(session, 2)
    seal(session)
    assert prune(session, 1) == 0
    session.execute(text("SET LOCAL huiqi.pruning = 'on'"))
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM audit_events"))


def test_sealing_goes_on_after_more_events_than_a_statement_takes_parameters(session: Session):
    """PostgreSQL takes 65,535 parameters; the seals that the next one looks back over may name ten times as many."""
    session.execute(
        text("""
        INSERT INTO audit_events (id, at, person, organisation, role, action, subject_type)
        SELECT gen_random_uuid(), now(), '系统', '惠企', 'system', 'test.event', '' FROM generate_series(1, 70000)
        """)
    )
    while seal(session):
        session.expunge_all()
    write(session, 1)
    assert seal(session) == 1
    assert verify(session).ok
