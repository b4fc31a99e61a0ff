"""Posting: harmless retries, refused changes, one reversal, and triggers that refuse what the code never does."""

from datetime import timedelta
from pathlib import Path

import pytest
from order_cases import Scene
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import ledger
from audit.models import AuditEvent
from foundation.actors import SYSTEM
from foundation.clock import now, stopped, travel
from foundation.errors import Conflict, Exhausted
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind, LedgerUnnamed, Transfer
from ledger.posting import MOST_NAMED, Posting, balance, ensure_covers, post, reverse, stored_balance
from ledger.shortfall import cover
from ledger.verification import failing, proofs, verify
from web.rooms import whole_house

pytestmark = pytest.mark.clock


@pytest.fixture
def stations(session: Session):
    programme, owner = new_id(), new_id()
    return {
        "programme": programme,
        "treasury": account(session, AccountKind.TREASURY, programme),
        "pool": account(session, AccountKind.POOL, programme),
        "voucher": account(session, AccountKind.VOUCHER, programme, owner),
        "hold": account(session, AccountKind.HOLD, programme, new_id()),
    }


def move(session, stations, source, target, amount, *, transfer_id=None):
    posting = Posting(
        id=transfer_id or new_id(),
        source=stations[source],
        target=stations[target],
        amount=amount,
        kind="test",
        programme_id=stations["programme"],
        subject_type="tests",
        subject_id=stations["programme"],
    )
    post(session, SYSTEM, [posting])
    return posting.id


def test_an_account_is_opened_once(session: Session, stations):
    assert account(session, AccountKind.POOL, stations["programme"]) == stations["pool"]


def test_the_same_id_moves_once(session: Session, stations):
    once = new_id()
    for _ in range(3):
        move(session, stations, "treasury", "pool", 500, transfer_id=once)
    assert balance(session, stations["pool"]) == 500


@pytest.mark.parametrize(("target", "amount"), [("pool", 501), ("voucher", 500)])
def test_a_changed_retry_is_refused(session: Session, stations, target, amount):
    once = move(session, stations, "treasury", "pool", 500)
    with pytest.raises(Conflict, match="内容不同"):
        move(session, stations, "treasury", target, amount, transfer_id=once)


def test_a_retry_that_is_about_something_else_is_refused(session: Session, stations):
    once = move(session, stations, "treasury", "pool", 500)
    changed = {"id": once, "source": stations["treasury"], "target": stations["pool"], "amount": 500, "kind": "test"}
    changed |= {"programme_id": stations["programme"], "subject_type": "tests", "subject_id": stations["programme"]}
    post(session, SYSTEM, [Posting(**changed)])
    for change in ({"kind": "other"}, {"subject_id": new_id()}, {"subject_type": "orders"}):
        with pytest.raises(Conflict, match="内容不同"):
            post(session, SYSTEM, [Posting(**changed | change)])


def test_one_id_twice_in_one_call_is_a_mistake(session: Session, stations):
    """It would write one transfer and move the stored balance twice."""
    move(session, stations, "treasury", "pool", 500)
    one = Posting(
        new_id(), stations["pool"], stations["voucher"], 100, "test", stations["programme"], "tests", new_id()
    )
    with pytest.raises(ValueError, match="one posting"):
        post(session, SYSTEM, [one, one])


def test_stored_balances_follow_and_never_fall_below_zero(session: Session, stations):
    move(session, stations, "treasury", "pool", 500)
    move(session, stations, "pool", "voucher", 300)
    move(session, stations, "voucher", "hold", 300)
    assert (stored_balance(session, stations["voucher"]), stored_balance(session, stations["hold"])) == (0, 300)
    with pytest.raises(Exhausted), session.begin_nested():
        move(session, stations, "voucher", "hold", 1)
    assert verify(session).ok


def test_the_proof_names_every_station_in_the_order_of_the_money(session: Session, stations):
    move(session, stations, "treasury", "pool", 500)
    (programme,) = verify(session).as_json()["programmes"]
    name, *amounts = programme.items()
    assert name == ("programme", str(stations["programme"]))
    assert [station for station, _ in amounts] == [kind.value for kind in AccountKind]
    assert dict(amounts) == dict.fromkeys(AccountKind, "0.00") | {"treasury": "-5.00", "pool": "5.00"}


def test_a_pool_covers_what_it_holds_and_not_more(session: Session, stations):
    move(session, stations, "treasury", "pool", 500)
    assert ensure_covers(session, stations["pool"], 500) == 500
    with pytest.raises(Exhausted):
        ensure_covers(session, stations["pool"], 501)


def test_a_transfer_into_another_programme_is_refused_by_the_database(session: Session, stations):
    other = new_id()
    elsewhere = {**stations, "foreign": account(session, AccountKind.POOL, other)}
    for source, target, programme in (
        ("pool", "foreign", stations["programme"]),
        ("foreign", "pool", stations["programme"]),
        ("treasury", "pool", other),
    ):
        with pytest.raises(IntegrityError, match="fk_ledger_transfers_"), session.begin_nested():
            move(session, elsewhere | {"programme": programme}, source, target, 500)
    assert verify(session).transfers == 0


def test_a_clock_that_is_set_back_changes_neither_the_order_nor_the_proof(session: Session, stations):
    """The voucher is issued by a machine whose clock is an hour behind the one that appropriated."""
    with stopped(now()):
        first = move(session, stations, "treasury", "pool", 500)
    with stopped(now() - timedelta(hours=1)):
        second = move(session, stations, "pool", "voucher", 300)
    assert verify(session).ok
    assert session.scalars(select(Transfer.id).order_by(Transfer.sequence)).all() == [first, second]
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE ledger_transfers SET sequence = DEFAULT"))


def test_a_transfer_is_reversed_once(session: Session, stations):
    first = move(session, stations, "treasury", "pool", 500)
    back = reverse(session, SYSTEM, first, kind="correction")
    assert (back.reverses_id, balance(session, stations["pool"])) == (first, 0)
    with pytest.raises(Conflict, match="冲正"), session.begin_nested():
        reverse(session, SYSTEM, first, kind="correction")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfers SET amount = amount + 1",
        "DELETE FROM ledger_transfers",
        "TRUNCATE ledger_transfers CASCADE",
        "UPDATE audit_events SET person = 'x'",
        "DELETE FROM audit_events",
    ],
)
def test_history_is_not_rewritten_by_raw_sql(session: Session, stations, statement):
    from audit.trail import record  # noqa: PLC0415

    move(session, stations, "treasury", "pool", 500)
    record(session, SYSTEM, "test.event", None)
    session.flush()
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(statement))
    assert balance(session, stations["pool"]) == 500


@pytest.mark.parametrize("amount", [0, -5])
def test_amounts_are_positive(session: Session, stations, amount):
    with pytest.raises(IntegrityError, match="amount_positive"), session.begin_nested():
        move(session, stations, "treasury", "pool", amount)


def tamper(session: Session, statement: str) -> None:
    session.execute(text("ALTER TABLE ledger_transfers DISABLE TRIGGER USER"))
    session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger_transfers SET amount = amount + 1 WHERE amount = 300", "its transfers give"),
        ("DELETE FROM ledger_transfers WHERE amount = 500", "below zero"),
        ("UPDATE ledger_transfers SET sequence = DEFAULT WHERE amount = 500", "was below zero"),
        ("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'voucher'", "stores"),
    ],
)
def test_verify_finds_what_was_tampered_with(session: Session, stations, statement, fault):
    move(session, stations, "treasury", "pool", 500)
    move(session, stations, "pool", "voucher", 300)
    assert verify(session).ok
    tamper(session, statement)
    report = verify(session)
    assert any(fault in one for one in report.faults), report.faults
    assert report.as_json()["ok"] is False


@pytest.mark.parametrize("way", [("pool", "foreign"), ("foreign_treasury", "pool")])
def test_verify_finds_money_that_crossed_into_another_programme(session: Session, stations, way):
    """No account is below zero and each stored balance is right: only the programmes' own sums tell."""
    other = new_id()
    everywhere = stations | {
        "foreign": account(session, AccountKind.POOL, other),
        "foreign_treasury": account(session, AccountKind.TREASURY, other),
    }
    move(session, everywhere, "treasury", "pool", 500)
    for end in ("source_id", "target_id"):
        session.execute(text(f"ALTER TABLE ledger_transfers DROP CONSTRAINT fk_ledger_transfers_{end}_programme_id"))
    move(session, everywhere, *way, 200)
    assert {fault.split(":")[0] for fault in verify(session).faults} == {
        f"programme {stations['programme']}",
        f"programme {other}",
    }


def test_every_transfer_is_named_in_one_event_of_bounded_size(session: Session, stations):
    several = [
        Posting(new_id(), stations["treasury"], stations["pool"], 1, "test", stations["programme"], "tests", new_id())
        for _ in range(MOST_NAMED + 1)
    ]
    post(session, SYSTEM, several)
    post(session, SYSTEM, several)
    told = session.scalars(
        select(AuditEvent.after).where(AuditEvent.action == "ledger.post").order_by(AuditEvent.sequence)
    ).all()
    assert [len(each["transfers"]) for each in told] == [MOST_NAMED, 1]
    assert [each["id"] for after in told for each in after["transfers"]] == [str(posting.id) for posting in several]


def test_who_writes_one_transfer_in_a_statement_of_its_own_names_it() -> None:
    """``post`` names what it writes; a verb that takes ``WRITE_ONE`` must call ``named`` for its event."""
    sources = {
        path: path.read_text() for path in Path(ledger.__path__[0]).parent.rglob("*.py") if path.name != "posting.py"
    }
    users = [path for path, source in sources.items() if "WRITE_ONE" in source]
    assert users
    assert all("named([posting])" in sources[path] for path in users)
    assert not [path for path, source in sources.items() if "INSERT INTO ledger_transfers" in source]


def test_what_covered_a_shortfall_before_events_named_transfers_needs_no_event(session: Session) -> None:
    """It went along with other money, by the house's own hand: no event about the programme told of it."""
    scene = Scene(session)
    session.flush()
    with travel(now() + timedelta(hours=1)):
        pool = account(session, AccountKind.POOL, scene.programme.id)
        short = account(session, AccountKind.SHORTFALL, scene.programme.id, scene.provider.id)
        facts = {"programme_id": scene.programme.id, "subject_type": "programmes", "subject_id": scene.programme.id}
        post(session, SYSTEM, [Posting(new_id(), short, pool, 500, kind="shortfall", **facts)])
        assert cover(session, SYSTEM, pool, scene.programme.id, 700) == 200
    session.add(LedgerUnnamed(id=new_id(), through=session.scalars(select(func.max(Transfer.sequence))).one()))
    session.flush()
    (proof,) = [each for each in proofs(whole_house().proves) if each.name == "event_before"]
    told = " ".join(failing(session, proof))
    assert "shortfall without an event" in told
    assert "cover" not in told
