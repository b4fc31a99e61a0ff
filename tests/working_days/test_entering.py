"""A notice is entered whole, replaces the one before, and every process soon counts by it."""

import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import date

import factories as make
import pytest
from calendar_cases import SPRING_2027
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import OrganisationKind
from audit.models import AuditEvent
from foundation.actors import SYSTEM, Role
from foundation.clock import is_working_day, notice_covers
from foundation.database import make_engine
from foundation.errors import DomainError, NotAllowed
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from working_days import queries, stored
from working_days.entering import enter, outcome
from working_days.models import CalendarDay, CalendarYear
from working_days.reading import read

pytestmark = pytest.mark.clock

TUESDAY_AFTER = date(2027, 2, 9)
SHORT = "date,kind,name\n2027-02-05,holiday,春节\n"

# A process with a calendar of its own, as on another host: it answers for each line that it reads.
OTHER_PROCESS = """
import sys
from datetime import date
from foundation import calendars
from foundation.clock import is_working_day
from foundation.database import make_engine
from foundation.unit_of_work import unit_of_work
from working_days import stored
stored.SECONDS = 0.2
engine = make_engine(sys.argv[1])
for line in sys.stdin:
    with unit_of_work(engine):
        print(is_working_day(date.fromisoformat(line.strip())), flush=True)
"""


def entered(engine: Engine, text: str, **facts: str) -> None:
    with unit_of_work(engine) as session:
        enter(session, SYSTEM, read(text), **facts)


def test_an_entered_year_counts_at_once_in_this_process(own_engine: Engine) -> None:
    with unit_of_work(own_engine):
        assert is_working_day(TUESDAY_AFTER)
        assert not notice_covers(2027)
    entered(own_engine, SPRING_2027)
    assert not is_working_day(TUESDAY_AFTER)
    assert is_working_day(date(2027, 2, 20))
    assert notice_covers(2027)
    entered(own_engine, SHORT)
    assert is_working_day(TUESDAY_AFTER)


def test_what_is_rolled_back_counts_nowhere(own_engine: Engine) -> None:
    with pytest.raises(KeyError), unit_of_work(own_engine) as session:  # noqa: PT012 - the block is what fails
        enter(session, SYSTEM, read(SPRING_2027))
        raise KeyError
    assert is_working_day(TUESDAY_AFTER)


@pytest.mark.concurrency
def test_another_process_sees_it_within_seconds(own_engine: Engine) -> None:
    url = own_engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout

        def answer() -> str:
            other.stdin.write("2027-02-09\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        assert answer() == "True"
        entered(own_engine, SPRING_2027)
        told = {answer() for _ in range(3) if not threading.Event().wait(0.3)}
        assert answer() == "False", told
        other.stdin.close()


def test_within_seconds_nobody_asks_twice(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    host = make_engine(own_engine.url.render_as_string(hide_password=False))
    asked = []
    monkeypatch.setattr(stored, "_read", lambda *_facts: asked.append(1))
    for _ in range(3):
        stored.refresh(host)
    # The stand-in notes no database, as one that cannot be read does not: it is asked again only after the time.
    stored._known.database = own_engine.url.render_as_string(hide_password=True)
    before = len(asked)
    for _ in range(100):
        stored.refresh(host)
    assert len(asked) == before
    stored.refresh(host, at_once=True)
    assert len(asked) == before + 1
    host.dispose()


def test_a_database_that_is_away_changes_nothing(own_engine: Engine) -> None:
    entered(own_engine, SPRING_2027)
    nowhere = make_engine("postgresql://nobody@127.0.0.1:1/none")
    stored.refresh(nowhere)
    assert not is_working_day(TUESDAY_AFTER)


def test_a_year_is_replaced_and_both_stand_in_the_trail(session) -> None:
    enter(session, SYSTEM, read(SPRING_2027), document="国办发明电〔2026〕9号")
    made = enter(session, SYSTEM, read(SHORT))
    session.expire_all()
    assert (made.revision, made.document, len(made.days)) == (2, None, 1)
    first, second = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "calendar.enter").order_by("sequence")
    )
    assert first.before is None
    assert first.after["document_number"] == "国办发明电〔2026〕9号"
    assert "2027-02-20 春节" in first.after["workdays"]
    assert second.before == {key: value for key, value in first.after.items() if key != "year"}
    assert second.after == {"document_number": None, "holidays": ["2027-02-05 春节"], "workdays": [], "year": 2027}


@pytest.mark.parametrize("role", sorted({*Role} - {Role.ADMINISTRATOR, Role.SYSTEM}))
def test_only_the_administrator_enters(session, role: Role) -> None:
    actor = make.actor(session, make.organisation(session, OrganisationKind.OPERATOR), role)
    with pytest.raises(NotAllowed):
        enter(session, actor, read(SHORT))


def test_the_database_holds_the_rules_too(session) -> None:
    enter(session, SYSTEM, read(SHORT))
    for day, kind in (("2026-02-05", "holiday"), ("2027-02-22", "workday"), ("2027-02-05", "holiday")):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text("INSERT INTO calendar_days VALUES (:day, 2027, :kind, '春节', gen_random_uuid())"),
                {"day": day, "kind": kind},
            )


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_two_administrators_at_once(own_engine: Engine, locked: bool) -> None:
    """One waits for the other, and the second's days stand alone; without the lock one of them is refused."""
    both = threading.Barrier(2)
    refused = []

    def one(table: str) -> None:
        with nullcontext() if locked else without_locks():
            try:
                with unit_of_work(own_engine) as session:
                    session.execute(select(1))
                    both.wait(10)
                    enter(session, SYSTEM, read(table))
            except (IntegrityError, DomainError) as error:
                refused.append(error)

    threads = [threading.Thread(target=one, args=(table,)) for table in (SPRING_2027, SHORT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work(own_engine) as session:
        assert session.scalar(select(CalendarYear.revision)) == (2 if locked else 1)
        assert session.scalar(select(func.count()).select_from(CalendarDay)) in {1, 10}
    assert bool(refused) is not locked


def test_the_outcome_is_told_and_nothing_is_done(session) -> None:
    found = outcome(session, read(SPRING_2027))
    assert found.freed == (date(2027, 2, 9), date(2027, 2, 10), date(2027, 2, 11), date(2027, 2, 12))
    assert found.worked == (date(2027, 1, 31), date(2027, 2, 20))
    assert sum(found.moving.values()) == 0
    assert is_working_day(TUESDAY_AFTER)
    assert session.scalar(select(func.count()).select_from(CalendarYear)) == 0


def test_the_days_of_a_year_with_their_sources(session) -> None:
    def sources(year: int) -> set[str]:
        return {line.source.value for line in queries.lines_of(session, year)}

    assert (sources(2026), sources(2027)) == ({"library"}, {"regulation"})
    enter(session, SYSTEM, read(SHORT))
    lines = queries.lines_of(session, 2027)
    assert (lines[1].day, lines[1].source.value) == (date(2027, 2, 5), "entered")
    assert sources(2027) == {"entered", "regulation"}
    assert queries.lines_of(session, 2020)[0].name == "元旦"
