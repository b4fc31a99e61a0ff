"""Facts per day: balances are what is counted and what came since, exactly, whoever commits when."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.clock import at, now, stopped, today, travel
from foundation.errors import Busy, Exhausted
from foundation.identifiers import new_id
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger import days, shortfall
from ledger.accounts import account
from ledger.models import AccountKind, LedgerDay
from ledger.posting import Posting, balance, ensure_covers, post
from ledger.verification import verify

pytestmark = pytest.mark.clock


class Purse:
    """A programme's accounts; the same in every session."""

    def __init__(self, session: Session) -> None:
        self.programme, self.provider = new_id(), new_id()
        kinds = (AccountKind.TREASURY, AccountKind.POOL)
        self.ids = {kind.value: account(session, kind, self.programme) for kind in kinds}
        for kind in (AccountKind.VOUCHER, AccountKind.PAYABLE, AccountKind.SHORTFALL):
            self.ids[kind.value] = account(session, kind, self.programme, self.provider)

    def move(self, session: Session, source: str, target: str, amount: int) -> None:
        posting = Posting(
            *(new_id(), self.ids[source], self.ids[target], amount, "test", self.programme, "tests", self.programme)
        )
        post(session, SYSTEM, [posting])

    def nets(self, session: Session) -> dict[str, int]:
        return {
            kind.value: moved.net for kind, moved in days.stations(session, [self.programme])[self.programme].items()
        }


@pytest.fixture
def purse(session: Session) -> Purse:
    return Purse(session)


def yesterday() -> AbstractContextManager[None]:
    return stopped(at(today() - timedelta(days=1)))


def facts(session: Session) -> list[tuple]:
    rows = session.scalars(select(LedgerDay).order_by(LedgerDay.kind, LedgerDay.day))
    return [(row.kind.value, row.day, row.incoming, row.outgoing, row.transfers) for row in rows]


def test_a_day_that_is_over_is_counted_and_the_running_one_is_not(session: Session, purse: Purse) -> None:
    with yesterday():
        purse.move(session, "treasury", "pool", 500)
        purse.move(session, "pool", "voucher", 200)
    purse.move(session, "pool", "voucher", 100)
    assert days.fold(session) is True
    assert days.fold(session) is False
    day = today() - timedelta(days=1)
    assert facts(session) == [
        ("pool", day, 500, 200, 2),
        ("treasury", day, 0, 500, 1),
        ("voucher", day, 200, 0, 1),
    ]
    assert (balance(session, purse.ids["pool"]), balance(session, purse.ids["voucher"])) == (200, 300)
    assert purse.nets(session) == {"treasury": -500, "pool": 200, "voucher": 300}
    assert verify(session).ok


def test_the_day_is_that_of_china(session: Session, purse: Purse) -> None:
    last = today() - timedelta(days=1)
    with stopped(at(last, 0)):
        purse.move(session, "treasury", "pool", 1)
    with stopped(at(last, 23, 59)):
        purse.move(session, "treasury", "pool", 2)
    days.fold(session)
    assert facts(session)[0][:3] == ("pool", last, 3)


def test_nothing_changes_when_days_are_folded_in_small_parts(session: Session, purse: Purse) -> None:
    for ago in (3, 2, 2, 1, 0):
        with stopped(at(today() - timedelta(days=ago))):
            purse.move(session, "treasury", "pool", 100)
            purse.move(session, "pool", "payable", 30)
    before = purse.nets(session)
    while days.fold(session, most=3):
        assert purse.nets(session) == before
        assert balance(session, purse.ids["payable"]) == 150
        assert days.differences(session) == []
    assert days.folded_through(session) == session.scalar(text("SELECT max(sequence) - 2 FROM ledger_transfers"))


def test_a_transfer_of_an_earlier_day_that_comes_late_is_added_to_its_day(session: Session, purse: Purse) -> None:
    """Another machine's clock was behind: its transfer has a higher number and an older time."""
    with yesterday():
        purse.move(session, "treasury", "pool", 500)
    days.fold(session)
    with yesterday():
        purse.move(session, "treasury", "pool", 7)
    days.fold(session)
    assert facts(session)[0][2:] == (507, 0, 2)
    assert days.differences(session) == []


def test_a_shared_account_covers_what_it_holds_and_not_more_after_a_fold(session: Session, purse: Purse) -> None:
    with yesterday():
        purse.move(session, "treasury", "pool", 500)
    days.fold(session)
    purse.move(session, "pool", "voucher", 200)
    assert ensure_covers(session, purse.ids["pool"], 300) == 300
    with pytest.raises(Exhausted):
        ensure_covers(session, purse.ids["pool"], 301)


def test_a_shortfall_is_open_until_it_is_covered_also_after_a_fold(session: Session, purse: Purse) -> None:
    with yesterday():
        purse.move(session, "shortfall", "pool", 90)
    days.fold(session)
    assert shortfall.owed(session, purse.programme) == {purse.provider: 90}
    purse.move(session, "pool", "shortfall", 40)
    assert shortfall.owed(session, purse.programme) == {purse.provider: 50}


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger_days SET incoming = incoming + 1 WHERE kind = 'pool'",
        "DELETE FROM ledger_days WHERE kind = 'voucher'",
        "UPDATE ledger_days SET day = day - 1 WHERE kind = 'treasury'",
    ],
)
def test_facts_that_are_wrong_are_found_and_counted_anew(session: Session, purse: Purse, tampering: str) -> None:
    with yesterday():
        purse.move(session, "treasury", "pool", 500)
        purse.move(session, "pool", "voucher", 200)
    days.fold(session)
    right = facts(session)
    assert days.rebuild(session) == []
    session.execute(text(tampering))
    assert any("day" in fault for fault in verify(session).faults)
    assert days.rebuild(session)
    session.expire_all()
    assert facts(session) == right
    assert days.rebuild(session) == []
    assert verify(session).ok


def late_commit(engine: Engine) -> tuple[int, int]:
    """Fold while a transfer with a lower number is not committed yet; what the pool holds by the facts and by all transfers."""
    with unit_of_work(engine) as session:
        purse = Purse(session)
    posted, folded = Event(), Event()

    def slow() -> None:
        with unit_of_work(engine) as session:
            with yesterday():
                purse.move(session, "treasury", "pool", 500)
            posted.set()
            assert folded.wait(20)

    thread = Thread(target=slow)
    thread.start()
    assert posted.wait(20)
    with unit_of_work(engine) as session, yesterday():
        purse.move(session, "treasury", "pool", 70)
    try:
        with unit_of_work(engine) as session:
            days.fold(session)
    finally:
        folded.set()
        thread.join()
    with unit_of_work(engine) as session:
        days.fold(session)
        return balance(session, purse.ids["pool"]), len(days.differences(session))


@pytest.mark.concurrency
def test_a_transfer_that_is_committed_late_is_not_missed(own_engine: Engine) -> None:
    with pytest.raises(Busy):
        late_commit(own_engine)
    with unit_of_work(own_engine) as session:
        assert days.fold(session) is True
        assert session.scalar(text("SELECT sum(incoming) FROM ledger_days WHERE kind = 'pool'")) == 570
        assert days.differences(session) == []


@pytest.mark.concurrency
def test_without_waiting_for_writers_it_would_be_missed(own_engine: Engine) -> None:
    """The positive control: the number of the late transfer lies below the fold, and nobody would count it again."""
    with without_locks():
        held, wrong = late_commit(own_engine)
    assert held == 70
    assert wrong
    with unit_of_work(own_engine) as session:
        assert not verify(session).ok
        days.rebuild(session)
        assert verify(session).ok


def fold_tomorrow(engine: Engine) -> None:
    with suppress(Busy), travel(now() + timedelta(days=1)), unit_of_work(engine) as session:
        days.fold(session, most=4)


def until(stop: Event, work: Callable[[], object]) -> None:
    while not stop.is_set():
        work()


@pytest.mark.concurrency
def test_balances_stay_exact_while_many_post_and_one_folds(own_engine: Engine) -> None:
    with unit_of_work(own_engine) as session:
        purse = Purse(session)
        purse.move(session, "treasury", "pool", 1_000)
    stop, seen, took = Event(), [], []

    def issue() -> None:
        for _ in range(15):
            with unit_of_work(own_engine) as session:
                took.append(ensure_covers(session, purse.ids["pool"], 10))
                purse.move(session, "pool", "payable", 10)

    def look() -> None:
        with unit_of_work(own_engine) as session:
            seen.append(sum(purse.nets(session).values()))

    watchers = [Thread(target=until, args=(stop, work)) for work in (partial(fold_tomorrow, own_engine), look)]
    posters = [Thread(target=issue) for _ in range(4)]
    for thread in (*watchers, *posters):
        thread.start()
    for thread in posters:
        thread.join()
    stop.set()
    for thread in watchers:
        thread.join()
    # Under the lock of the pool each saw ten fen less than the one before, and whoever looked saw money whole.
    assert sorted(took) == list(range(410, 1_010, 10))
    assert set(seen) == {0}
    with unit_of_work(own_engine) as session:
        assert days.folded_through(session) > 0
        assert (balance(session, purse.ids["pool"]), days.differences(session)) == (400, [])
        assert verify(session).ok


@pytest.mark.concurrency
def test_a_fold_while_the_money_is_verified_is_no_fault(own_engine: Engine) -> None:
    """It comes between the statements of the proof."""
    with unit_of_work(own_engine) as session, yesterday():
        Purse(session).move(session, "treasury", "pool", 500)
    folded: list[bool] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FULL JOIN" in statement and not folded:
            folded.append(True)
            with unit_of_work(own_engine) as beside:
                days.fold(beside)

    event.listen(own_engine, "before_cursor_execute", meanwhile)
    with unit_of_work(own_engine) as session:
        assert verify(session).faults == []
        assert days.folded_through(session) == 1
