"""The trail's tree, and the chain of before: a changed, missing, reordered or added row is found."""

from datetime import timedelta
from functools import partial
from time import perf_counter

import pytest
from examples import examples
from factories import bureau
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.chain import GENESIS, canonical, digest_of_seal
from audit.decisions import decide
from audit.models import AuditEvent, AuditSeal
from audit.proofs import prove
from audit.retention import keep_for, prune
from audit.seals import seal
from audit.trail import record
from audit.verification import verify
from foundation.actors import SYSTEM
from foundation.clock import now, travel

pytestmark = pytest.mark.clock


def write(session: Session, count: int) -> None:
    for number in range(count):
        record(session, SYSTEM, f"test.event{number}", None, before={"n": number}, after={"n": number + 1})
        session.flush()


def seal_into_chain(session: Session) -> None:
    """As older versions did: a batch of events and the digest of the seal before."""
    done = session.scalars(select(AuditSeal).order_by(AuditSeal.position)).all()
    covered = {number for link in done for number in link.sequences}
    events = [
        each
        for each in session.scalars(select(AuditEvent).order_by(AuditEvent.sequence))
        if each.sequence not in covered
    ]
    previous = done[-1].digest if done else GENESIS
    session.add(
        AuditSeal(
            position=len(done) + 1,
            sequences=[event.sequence for event in events],
            top=events[-1].sequence,
            previous_digest=previous,
            digest=digest_of_seal(previous, events),
        )
    )
    session.flush()


def tamper(session: Session, statement: str) -> None:
    for table in ("audit_events", "audit_seals", "audit_prunings", "audit_leaves", "audit_nodes", "audit_heads"):
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
            (
                "WITH gone AS (DELETE FROM audit_events WHERE sequence IN (SELECT sequence FROM audit_leaves WHERE number < 3)) "
                "INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), now(), 1, 3)"
            ),
            "no event of the trail tells",
        ),
        ("UPDATE audit_heads SET position = 9 WHERE position = 2", "chain is broken"),
        ("UPDATE audit_heads SET root = md5(root) WHERE position = 1", "seal 1: its root is not that of the leaves"),
        ("UPDATE audit_heads SET size = 2 WHERE position = 1", "seal 1: its root is not that of the leaves"),
        ("DELETE FROM audit_heads WHERE position = 1", "seal 2: the chain is broken"),
        ("DELETE FROM audit_heads WHERE position = 2", "2 leaves at the end of the tree are under no head"),
        ("DELETE FROM audit_leaves WHERE number = 1", "seal 1: leaf 1 is missing"),
        ("DELETE FROM audit_leaves WHERE number > 2", "seal 2: its leaves are missing"),
        ("UPDATE audit_leaves SET digest = sha256(digest) WHERE number = 1", "seal 1: an event was changed"),
        ("UPDATE audit_leaves SET kept = NOT kept WHERE number = 1", "seal 1: its root is not that of the leaves"),
        ("UPDATE audit_leaves SET source = 'users' WHERE number = 4", "which is not a sealed table"),
        ("UPDATE audit_nodes SET hash = sha256(hash) WHERE level = 2", "sub-trees over the leaves from 0 to 4"),
        ("DELETE FROM audit_nodes WHERE level = 1 AND position = 1", "sub-trees over the leaves from 0 to 4"),
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


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE audit_events SET person = '别人' WHERE action = 'test.event0'",
            "seal 1: an event was changed or reordered",
        ),
        ("UPDATE audit_events SET at = at + interval '1 s' WHERE action = 'test.event0'", "changed or reordered"),
        (
            "DELETE FROM audit_events WHERE sequence = (SELECT min(sequence) FROM audit_events)",
            "seal 1: events missing",
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
@pytest.mark.parametrize("continued", [False, True])
def test_rewriting_what_the_older_chain_sealed_is_found(session: Session, statement, fault, continued):
    write(session, 3)
    seal_into_chain(session)
    write(session, 2)
    seal_into_chain(session)
    if continued:
        assert seal(session) == 5
    assert verify(session).ok is continued or verify(session).unsealed == 5
    tamper(session, statement)
    faults = verify(session).faults
    assert any(fault in one for one in faults), faults


def test_the_tree_goes_on_from_the_head_of_the_chain(session: Session):
    write(session, 3)
    seal_into_chain(session)
    old = verify(session).head
    assert seal(session) == 3
    write(session, 1)
    assert seal(session) == 1
    report = verify(session, head=old)
    assert (report.ok, report.position, report.size, report.sealed) == (True, 3, 5, 4), report.faults
    tamper(session, "UPDATE audit_seals SET digest = md5(digest) WHERE position = 1")
    assert "seal 2: the older chain does not end as when it was continued" in verify(session).faults


def cut_the_tail(session: Session) -> None:
    """Take away the newest seal and all that it covers, without a trace in the tables."""
    tamper(session, "DELETE FROM audit_heads WHERE position = 2")
    tamper(session, "DELETE FROM audit_events WHERE sequence IN (SELECT sequence FROM audit_leaves WHERE number > 1)")
    tamper(session, "DELETE FROM audit_leaves WHERE number > 1")
    tamper(session, "DELETE FROM audit_nodes WHERE (position + 1) << level > 2")


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
    cut_the_tail(session)
    assert verify(session, head=early).ok
    assert verify(session, head=kept).faults == [
        f"the head {kept} is not in the chain: seals were taken away or made anew"
    ]


def test_seals_made_before_all_columns_were_covered_still_hold(session: Session, monkeypatch: pytest.MonkeyPatch):
    write(session, 2)
    monkeypatch.setattr("audit.chain.canonical", partial(canonical, narrow=True))
    seal_into_chain(session)
    monkeypatch.undo()
    write(session, 1)
    seal_into_chain(session)
    seal(session)
    assert verify(session).ok
    tamper(session, "UPDATE audit_events SET organisation_id = gen_random_uuid() WHERE action = 'test.event0'")
    assert any("an event was changed or reordered" in each for each in verify(session).faults)


IMMUTABLE = (
    *(
        "audit_events",
        "audit_seals",
        "audit_prunings",
        "audit_leaves",
        "audit_nodes",
        "audit_heads",
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
    for _ in range(65):
        write(session, 1)
        assert seal(session) == 1
    assert seal(session) == 0
    report = verify(session)
    assert (report.ok, report.sealed, report.unsealed) == (True, 65, 0)


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
def test_what_is_older_than_six_months_may_go_and_the_chain_still_holds(session: Session):
    with travel(now() - timedelta(days=400)):
        write(session, 4)
    seal(session)
    write(session, 2)
    seal(session)
    assert prune(session) == 0
    keep_for(session, 365)
    assert prune(session) == 4
    keep_for(session, None)
    assert prune(session) == 0
    assert seal(session) == 1
    report = verify(session)
    assert (report.ok, report.events, report.pruned, report.sealed) == (True, 3, 4, 7)


@pytest.mark.present
def test_young_rows_cannot_be_pruned_whatever_is_asked(session: Session):
    write(session, 2)
    seal(session)
    keep_for(session, 1)
    assert prune(session) == 0
    session.execute(text("SET LOCAL huiqi.pruning = 'on'"))
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM audit_events"))


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
def test_what_carries_money_or_a_decision_stays_and_can_be_proved(session: Session):
    thing = bureau(session)
    with travel(now() - timedelta(days=400)):
        for action, after in (
            ("test.pays", {"amount": 5}),
            ("test.moves", {"transfers": []}),
            # A red letter from before payment: no transfer is about it, and a proof holds it against its event.
            ("test.issues", {"total": -5}),
            ("test.passes", {"n": 1}),
        ):
            record(session, SYSTEM, action, None, after=after)
        record(session, SYSTEM, "test.handed_in", thing)
        seal(session)
        decide(session, SYSTEM, "test.decided", thing)
        session.flush()
        seal(session)
    write(session, 1)
    seal(session)
    keep_for(session, 365)
    prune(session)
    seal(session)
    report = verify(session)
    assert (report.ok, report.pruned) == (True, 1), report.faults
    # Also what belongs to a thing that was decided about only later.
    kept = {"test.pays", "test.moves", "test.issues", "test.handed_in", "test.decided"}
    events = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(kept))).all()
    assert [prove(session, event)["ok"] for event in events] == [True] * 5
    tamper(session, "DELETE FROM audit_events WHERE action = 'test.pays'")
    assert any("seal 1: events missing" in each for each in verify(session).faults)


def test_transfers_are_sealed_with_the_events(session: Session):
    """Every column: the account, the amount, the moment, who."""
    session.execute(text("ALTER TABLE ledger_transfers DISABLE TRIGGER ALL"))
    session.execute(
        text(
            "INSERT INTO ledger_transfers (id, source_id, target_id, amount, kind, programme_id, subject_type, subject_id, posted_at)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 5, 'x', gen_random_uuid(), 'x', gen_random_uuid(), now())"
        )
    )
    write(session, 1)
    assert seal(session) == 2
    report = verify(session)
    assert (report.ok, report.events, report.transfers, report.size) == (True, 1, 1, 2)
    columns = [column["name"] for column in inspect(session.connection()).get_columns("ledger_transfers")]
    for column in sorted(set(columns) - {"sequence"}):
        kind = session.scalar(
            text(
                "SELECT data_type FROM information_schema.columns WHERE table_name = 'ledger_transfers' AND column_name = :c"
            ),
            {"c": column},
        )
        other = {
            "uuid": "gen_random_uuid()",
            "bigint": "amount + 1",
            "timestamp with time zone": "posted_at + interval '1s'",
        }
        with session.begin_nested() as change:
            session.execute(text(f"UPDATE ledger_transfers SET {column} = {other.get(kind, repr('y'))}"))  # noqa: S608
            assert any("changed or reordered: ledger_transfers" in each for each in verify(session).faults), column
            change.rollback()
    session.execute(text("DELETE FROM ledger_transfers"))
    assert any("missing: ledger_transfers" in each for each in verify(session).faults)


def test_the_check_since_a_verified_head_reads_only_what_came_later(session: Session):
    write(session, 3)
    seal(session)
    write(session, 2)
    seal(session)
    tamper(session, "UPDATE audit_events SET person = 'x' WHERE action = 'test.event2'")
    assert (verify(session, since=1).ok, verify(session).ok) == (True, False)
    tamper(session, "UPDATE audit_events SET person = 'x' WHERE sequence = (SELECT max(sequence) FROM audit_events)")
    assert any("seal 2: an event was changed" in each for each in verify(session, since=1).faults)


@pytest.mark.present
def test_a_hundred_thousand_events_are_sealed_and_verified_in_time(session: Session):
    """Factors of three: 0.2 s for 1,000 events on top of them, 100 microseconds an event to verify."""
    many = examples(100_000)
    session.execute(
        text("""
            INSERT INTO audit_events (id, at, person, organisation_id, organisation, role, action, subject_type, subject_id, after)
            SELECT gen_random_uuid(), now(), '张三', gen_random_uuid(), '厦门市中小企业服务中心', 'officer', 'test.volume',
                   'orders', gen_random_uuid(), jsonb_build_object('state', 'placed', 'n', each)
            FROM generate_series(1, :many) AS each
        """),
        {"many": many},
    )
    while seal(session):
        pass
    session.execute(text("ANALYZE audit_events, audit_leaves, audit_nodes"))
    write(session, 1000)
    began = perf_counter()
    assert seal(session) == 1000
    sealing = perf_counter() - began
    began = perf_counter()
    report = verify(session)
    verifying = (perf_counter() - began) / report.events
    assert (report.ok, report.events, report.sealed) == (True, many + 1000, many + 1000), report.faults
    assert sealing < 0.2 * 3, f"{sealing:.2f} s"
    assert verifying < 100e-6 * 3, f"{verifying * 1e6:.0f} µs"
