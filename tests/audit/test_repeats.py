"""What may happen without end is told twice in a quarter of an hour: at once, and with the count when it is over."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from accounts.models import User
from audit import jobs, repeats, verification
from audit.models import AUDIT_LEAVES, AUDIT_REPEATS, AuditEvent
from audit.repeats import MOST_SEEN, record_repeated, tell_counts
from audit.retention import keep_for, prune
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import CHINA, now, travel
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work

pytestmark = pytest.mark.clock

START = datetime(2026, 11, 27, 10, 0, 5, tzinfo=CHINA)


def happens(session: Session, *, ip: str | None = None, seen: str = "/somewhere", who: object = None) -> None:
    record_repeated(session, replace(SYSTEM, ip=ip), "test.repeated", User if who else None, who, seen=seen)


def told(session: Session) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.action == "test.repeated").order_by(AuditEvent.sequence)
    return list(session.scalars(query))


def test_the_first_is_an_event_and_the_rest_a_count(session: Session) -> None:
    person = new_id()
    for minute in range(14):
        with travel(START + timedelta(minutes=minute)):
            for page in range(30):
                happens(session, who=person, ip="192.0.2.1", seen=f"/page/{page}")
            tell_counts(session)
    (first,) = told(session)
    assert (first.subject_type, first.subject_id, first.ip) == ("users", person, "192.0.2.1")
    assert first.after == {"seen": ["/page/0"]}
    with travel(START + timedelta(minutes=17)):
        happens(session, who=person)
        tell_counts(session)
    _, next_first, count = told(session)
    assert (count.subject_id, count.ip, count.after["times"]) == (person, "192.0.2.1", 14 * 30)
    assert len(count.after["seen"]) == MOST_SEEN
    assert next_first.after == {"seen": ["/somewhere"]}
    with travel(START + timedelta(hours=1)):
        tell_counts(session)
    assert len(told(session)) == 3, "what happened once is told once"
    assert session.scalar(select(func.count()).select_from(AUDIT_REPEATS)) == 0


def test_a_world_of_addresses_fills_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_ADDRESSES", 5)
    with travel(START):
        for number in range(40):
            happens(session, ip=f"192.0.2.{number}", seen=f"192.0.2.{number}")
        # Whoever has a count of its own keeps it, and a person is never among the others.
        happens(session, ip="192.0.2.0", seen="192.0.2.0")
        happens(session, who=new_id())
    assert len(told(session)) == 7
    with travel(START + timedelta(minutes=17)):
        tell_counts(session)
    assert sorted(event.after["times"] for event in told(session)[7:]) == [2, 35]


def test_an_address_of_the_newer_kind_counts_by_its_network(session: Session) -> None:
    for ip in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", None, "no address"):
        happens(session, ip=ip)
    assert [event.ip for event in told(session)] == ["2001:db8::1", "2001:db8:0:1::1", None]


def test_a_page_of_any_name_can_be_told(session: Session) -> None:
    happens(session, seen="/\x00\ud800" + "长" * 500)
    assert len(told(session)[0].after["seen"][0]) == 200


def test_a_first_event_that_is_gone_stops_no_other_count(session: Session) -> None:
    person = new_id()
    with travel(START):
        for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"):
            happens(session, ip=ip, seen=ip)
        happens(session, who=person)
        happens(session, who=person)
    session.execute(update(AUDIT_REPEATS).where(AUDIT_REPEATS.c.key == "address 192.0.2.1").values(first_id=new_id()))
    with travel(START + timedelta(minutes=17)):
        tell_counts(session)
    counts = told(session)[3:]
    assert sorted((each.ip or "", each.role, each.after["times"]) for each in counts) == [
        ("", "system", 2),
        ("192.0.2.1", "system", 2),
        ("192.0.2.2", "system", 2),
    ]


def test_quarters_are_those_of_the_databases_clock(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return super().now(tz) + timedelta(minutes=20)

    with travel(START):
        happens(session)
        monkeypatch.setattr("foundation.clock.datetime", Ahead)
        happens(session)
        assert now() > START + timedelta(minutes=19)
        tell_counts(session)
        assert session.scalars(select(AUDIT_REPEATS.c.times)).all() == [2]


@pytest.mark.concurrency
def test_at_once_it_is_one_event_and_the_right_count(own_engine: Engine) -> None:
    person = new_id()

    def happen(_number: int) -> None:
        with unit_of_work(own_engine) as session:
            happens(session, who=person)

    with travel(START), ThreadPoolExecutor(8) as pool:
        list(pool.map(happen, range(40)))
    with unit_of_work(own_engine) as session:
        times = session.scalars(select(AUDIT_REPEATS.c.times)).all()
        assert (sum(times), len(told(session))) == (40, len(times))


# The database itself refuses to lose a younger row (by its clock).
@pytest.mark.present
def test_it_passes_with_the_time_that_the_installation_keeps_and_the_rest_can_be_proved(session: Session) -> None:
    with travel(now() - timedelta(days=300)):
        happens(session)
        happens(session)
        record(session, SYSTEM, "test.paid", None, after={"amount": 1})
        session.flush()
        jobs.seal_what_is_new(session)
    with travel(now() - timedelta(days=299)):
        jobs.seal_what_is_new(session)
    assert len(told(session)) == 2
    kept = session.scalars(select(AUDIT_LEAVES.c.kept).order_by(AUDIT_LEAVES.c.number)).all()
    assert sorted(kept) == [False, False, True]
    keep_for(session, 200)
    prune(session)
    jobs.seal_what_is_new(session)
    assert told(session) == []
    assert session.scalar(select(AuditEvent.id).where(AuditEvent.action == "test.paid")) is not None
    report = verification.verify(session)
    assert (report.ok, report.pruned, report.faults) == (True, 2, [])
