"""The chain of seals: a changed, missing or reordered row is found."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.models import AuditSeal
from audit.retention import prune
from audit.seals import BATCH, GENESIS, LOOK_BACK, canonical, seal, verify
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now, travel

pytestmark = pytest.mark.clock


def write(session: Session, count: int) -> None:
    for number in range(count):
        record(session, SYSTEM, f"test.event{number}", None, before={"n": number}, after={"n": number + 1})
        session.flush()


def tamper(session: Session, statement: str) -> None:
    for table in ("audit_events", "audit_seals", "audit_prunings"):
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
        # Each column: what no seal covers could be changed unseen, and with it who may see the event.
        *(
            (f"UPDATE audit_events SET {change} WHERE sequence = (SELECT max(sequence) FROM audit_events)", "changed")  # noqa: S608
            for change in (
                *("id = gen_random_uuid()", "user_id = gen_random_uuid()", "organisation_id = gen_random_uuid()"),
                *("organisation = 'x'", "role = 'x'", "ip = '10.0.0.1'", "subject_type = 'x'"),
                *("subject_id = gen_random_uuid()", "before = NULL", "note = 'x'"),
            )
        ),
        (
            "INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), now(), 1, 3)",
            "seal 1: said to be removed, but its events are there",
        ),
        (
            (
                "WITH gone AS (DELETE FROM audit_events WHERE sequence = ANY "
                "((SELECT sequences FROM audit_seals WHERE position = 1)::bigint[])) "
                "INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), now(), 1, 3)"
            ),
            "no event of the trail tells",
        ),
        ("UPDATE audit_seals SET top = top + 5 WHERE position = 1", "seal 1: its highest number"),
        ("UPDATE audit_seals SET position = 9 WHERE position = 2", "chain is broken"),
        ("UPDATE audit_seals SET sequences = sequences[2:] WHERE position = 1", "changed"),
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


def test_a_head_kept_elsewhere_pins_what_was_sealed(session: Session):
    """Whoever owns the tables can take away the newest seals and what they cover; the chain alone cannot tell."""
    write(session, 2)
    seal(session)
    early = verify(session).head
    write(session, 2)
    seal(session)
    kept = verify(session).head
    assert verify(session, head=kept).ok
    assert verify(session, head=early).ok
    tamper(
        session,
        "WITH gone AS (DELETE FROM audit_seals WHERE position = 2 RETURNING sequences) "
        "DELETE FROM audit_events WHERE sequence = ANY (SELECT unnest(sequences) FROM gone)",
    )
    assert verify(session, head=early).ok
    assert verify(session, head=kept).faults == [
        f"the head {kept} is not in the chain: seals were taken away or made anew"
    ]


def test_seals_made_before_all_columns_were_covered_still_hold(session: Session, monkeypatch: pytest.MonkeyPatch):
    write(session, 2)
    monkeypatch.setattr("audit.seals.canonical", partial(canonical, narrow=True))
    seal(session)
    monkeypatch.undo()
    write(session, 1)
    seal(session)
    assert verify(session).ok
    tamper(session, "UPDATE audit_events SET organisation_id = gen_random_uuid() WHERE action = 'test.event0'")
    assert "seal 2: an event was changed or reordered" in verify(session).faults


IMMUTABLE = (
    *(
        "audit_events",
        "audit_seals",
        "audit_prunings",
        "decisions",
        "ledger_transfers",
        "rule_versions",
        "statements",
        "statement_files",
    ),
)


@pytest.mark.parametrize("table", IMMUTABLE)
def test_the_database_itself_refuses_to_rewrite(session: Session, table: str):
    with pytest.raises(IntegrityError, match=f"{table} is "), session.begin_nested():
        session.execute(text(f"TRUNCATE {table} CASCADE"))
    # Row by row: UPDATE (16) and DELETE (8) before (2) each row (1), and enabled.
    kinds = session.execute(
        text("SELECT tgtype, tgenabled::text FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal"),
        {"table": table},
    ).all()
    assert (27, "O") in [tuple(kind) for kind in kinds]


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET note = 'x'", "DELETE FROM audit_events"])
def test_raw_sql_is_refused_on_rows_that_no_seal_covers_yet(session: Session, statement: str):
    write(session, 1)
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_many_small_seals_cover_each_event_once(session: Session):
    """More seals than a sealer looks back over: nothing is sealed twice, latecomers within reach are sealed."""
    for _ in range(LOOK_BACK + 5):
        write(session, 1)
        assert seal(session) == 1
    assert seal(session) == 0
    report = verify(session)
    assert (report.ok, report.sealed, report.unsealed) == (True, LOOK_BACK + 5, 0)


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
def test_what_is_older_than_six_months_may_go_and_the_chain_still_holds(session: Session):
    with travel(now() - timedelta(days=400)):
        write(session, 4)
    seal(session)
    write(session, 2)
    seal(session)
    assert prune(session, None) == 0
    assert prune(session, 365) == 4
    report = verify(session)
    assert (report.ok, report.events, report.pruned, report.sealed) == (True, 3, 4, 6)


@pytest.mark.present
def test_young_rows_cannot_be_pruned_whatever_is_asked(session: Session):
    write(session, 2)
    seal(session)
    assert prune(session, 1) == 0
    session.execute(text("SET LOCAL huiqi.pruning = 'on'"))
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM audit_events"))


def test_sealing_goes_on_after_more_events_than_a_statement_takes_parameters(session: Session):
    """PostgreSQL takes 65,535 parameters; the seals that the next one looks back over may name ten times as many."""
    first, seals = 1_000_000_000, 7
    for position in range(1, seals + 1):
        numbers = list(range(first + position * BATCH, first + (position + 1) * BATCH))
        facts = {"top": numbers[-1], "digest": str(position), "previous_digest": str(position - 1)}
        session.add(AuditSeal(position=position, sequences=numbers, **facts))
    assert seals * BATCH > 65_535
    write(session, 1)
    assert seal(session) == 1
    assert seal(session) == 0
