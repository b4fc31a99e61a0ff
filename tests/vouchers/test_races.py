"""Races with real connections, each with a positive control: with the locks off the same harness must see money oversold."""

import threading
from functools import partial

import pytest
from factories import PASSWORD
from races import prepared
from races import race as race_of
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from voucher_factories import claimant, open_programme, voucher

from foundation.actors import SYSTEM
from foundation.errors import Busy
from foundation.identifiers import new_id
from foundation.locking import _enabled
from foundation.unit_of_work import unit_of_work
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import Posting, balance, ensure_covers, post
from ledger.verification import verify
from vouchers.claiming import allot, claim
from vouchers.models import ClaimState, Voucher, VoucherClaim
from vouchers.redemption import hold, redeem, release
from vouchers.revoking import reclaim
from vouchers.wallets import held_for, wallet

pytestmark = pytest.mark.concurrency

THREADS = 48
# So many have looked at the same money before one of them takes it, when nothing keeps them apart.
ENOUGH = 4


race = partial(race_of, threads=THREADS)


@pytest.fixture
def slow_between_check_and_posting(own_engine: Engine):
    """Widens the gap in which a missing lock shows: who has checked waits before posting until others have checked too.

    With the locks on nobody else comes, so that one goes on soon; with the locks off they all come, however slow the
    machine is, and the control cannot pass by luck.
    """
    together, checked = threading.Condition(), 0

    @event.listens_for(own_engine, "before_cursor_execute")
    def wait(connection, cursor, statement, *rest) -> None:
        nonlocal checked
        if "INSERT INTO ledger_transfers" in statement and threading.current_thread() is not threading.main_thread():
            with together:
                checked += 1
                together.notify_all()
                together.wait_for(lambda: checked >= ENOUGH, timeout=0.2 if _enabled.get() else 20)

    return own_engine


def take_last_yuan(made: Voucher, enterprise):
    def deed(session: Session, _number: int) -> None:
        hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=100, transfer_id=new_id())

    return deed


def test_a_vouchers_last_yuan_goes_to_one(slow_between_check_and_posting: Engine):
    engine = slow_between_check_and_posting
    _, enterprise, made = prepared(engine, lambda session: voucher(session, face=100))
    outcomes = race(engine, take_last_yuan(made, enterprise))
    assert outcomes.count("ok") == 1, outcomes
    with Session(engine) as session:
        amounts = wallet(session, session.get_one(Voucher, made.id))
        assert (amounts.available, amounts.held) == (0, 100)
        assert verify(session).ok


@pytest.mark.breaks_books
def test_control_without_locks_several_pass_the_check(slow_between_check_and_posting: Engine):
    """Positive control: with the locks off and the ledger's last guard dropped, the last yuan is sold several times."""
    engine = slow_between_check_and_posting
    _, enterprise, made = prepared(engine, lambda session: voucher(session, face=100))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_balance_not_negative"))
    outcomes = race(engine, take_last_yuan(made, enterprise), locks=False)
    assert outcomes.count("ok") > 1, outcomes
    with Session(engine) as session:
        report = verify(session)
        assert not report.ok
        assert any("below zero" in fault for fault in report.faults)


def test_control_without_locks_the_ledger_is_the_last_guard(slow_between_check_and_posting: Engine):
    """With the locks off, those who pass the check are still stopped by the balance that cannot go below zero."""
    engine = slow_between_check_and_posting
    _, enterprise, made = prepared(engine, lambda session: voucher(session, face=100))
    outcomes = race(engine, take_last_yuan(made, enterprise), locks=False)
    assert outcomes.count("ok") == 1, outcomes
    with Session(engine) as session:
        assert verify(session).ok


@pytest.mark.parametrize(
    "locks", [True, pytest.param(False, marks=pytest.mark.breaks_books)], ids=["locked", "control"]
)
def test_the_pools_last_yuan(slow_between_check_and_posting: Engine, locks):
    """The pool stores no balance, so only the lock stands between two issues out of it."""
    engine = slow_between_check_and_posting
    setting = prepared(engine, lambda session: open_programme(session, money=100))
    programme_id = setting.programme.id
    pool = prepared(engine, lambda session: account(session, AccountKind.POOL, programme_id))

    def issue(session: Session, _number: int) -> None:
        ensure_covers(session, pool, 100)
        owner = new_id()
        target = account(session, AccountKind.VOUCHER, programme_id, owner)
        post(session, SYSTEM, [Posting(new_id(), pool, target, 100, "issue", programme_id, "vouchers", owner)])

    outcomes = race(engine, issue, locks=locks)
    with Session(engine) as session:
        left = balance(session, pool)
        report = verify(session)
    if locks:
        assert (outcomes.count("ok"), left, report.ok) == (1, 0, True), outcomes
    else:
        assert outcomes.count("ok") > 1, outcomes
        assert left < 0
        assert not report.ok


def claim_window(engine: Engine, *, enterprises: int, money_for: int, locks: bool) -> tuple[list[str], int, list[str]]:
    """All claim at once; outcomes, what the pool holds afterwards, and the ledger's faults."""

    def make(session: Session):
        setting = open_programme(session, money=money_for * 1000, cap_per_enterprise=1000)
        return setting, [claimant(session) for _ in range(enterprises)]

    setting, actors = prepared(engine, make)
    programme_id = setting.programme.id
    outcomes = ["retry"] * enterprises
    while "retry" in outcomes:
        again = [number for number, outcome in enumerate(outcomes) if outcome == "retry"][:THREADS]
        results = race(
            engine,
            lambda session, number, again=again: claim(session, actors[again[number]], programme_id=programme_id),
            threads=len(again),
            locks=locks,
        )
        for number, result in zip(again, results, strict=True):
            # Three seconds in the crowd before the door: the person is told to try again, and does.
            outcomes[number] = "retry" if result == Busy.__name__ else result
    with unit_of_work(engine) as session:
        if locks:
            allot(session, programme_id)
        pool = balance(session, account(session, AccountKind.POOL, programme_id))
        return outcomes, pool, verify(session).faults


def test_two_hundred_claim_and_there_is_money_for_fifty(own_engine: Engine):
    outcomes, pool, faults = claim_window(own_engine, enterprises=200, money_for=50, locks=True)
    assert set(outcomes) == {"ok"}
    assert (pool, faults) == (0, [])
    with Session(own_engine) as session:
        claims = session.query(VoucherClaim).order_by(VoucherClaim.queued_at, VoucherClaim.id).all()
        served = [one for one in claims if one.state is ClaimState.ALLOTTED]
        waiting = [one for one in claims if one.state is ClaimState.WAITING]
        assert (len(served), len(waiting)) == (50, 150)
        assert sum(one.allotted for one in served) == 50_000


@pytest.mark.breaks_books
def test_control_without_locks_the_window_oversells(slow_between_check_and_posting: Engine):
    _, pool, faults = claim_window(slow_between_check_and_posting, enterprises=THREADS, money_for=2, locks=False)
    assert pool < 0
    assert faults


@pytest.mark.parametrize("rival", ["redeem", "release", "reclaim"])
def test_one_end_for_a_held_order(own_engine: Engine, rival):
    """Cancel against redeem, cancel against cancel, reclaim against order: each money moves once."""

    def make(session: Session):
        setting, enterprise, made = voucher(session, face=100)
        order = new_id()
        hold(session, enterprise, voucher_id=made.id, order_id=order, amount=60, transfer_id=new_id())
        return setting, enterprise, made, order

    setting, enterprise, made, order = prepared(own_engine, make)
    facts = {"voucher_id": made.id, "order_id": order}

    def deed(session: Session, number: int) -> None:
        if number % 2 == 0:
            release(session, enterprise, transfer_id=new_id(), **facts)
        elif rival == "redeem":
            redeem(
                session,
                setting.reviewer,
                claim_id=facts["order_id"],
                provider_id=made.enterprise_id,
                transfer_id=new_id(),
                **facts,
            )
        elif rival == "release":
            release(session, setting.officer, transfer_id=new_id(), **facts)
        else:
            reclaim(
                session, setting.officer, voucher_id=made.id, reason="收回", transfer_id=new_id(), password=PASSWORD
            )

    outcomes = race(own_engine, deed, threads=20)
    assert outcomes.count("ok") in ({1} if rival != "reclaim" else {1, 2, 3}), outcomes
    with Session(own_engine) as session:
        amounts = wallet(session, session.get_one(Voucher, made.id))
        assert amounts.face == 100
        assert amounts.held == 0
        assert verify(session).ok


def redeem_sixty_percent(session: Session):
    """An order that holds 100 fen, and the facts of a claim for 60 of them."""
    setting, enterprise, made = voucher(session, face=100)
    order, provider = new_id(), provider_account(session, made)
    hold(session, enterprise, voucher_id=made.id, order_id=order, amount=100, transfer_id=new_id())
    return setting.reviewer, {"voucher_id": made.id, "order_id": order, "provider_id": provider, "amount": 60}


def provider_account(session: Session, made: Voucher):
    """Opened before the race, so that the accounts are no meeting point of their own."""
    account(session, AccountKind.PAYABLE, made.programme_id, made.enterprise_id)
    return made.enterprise_id


@pytest.mark.parametrize(
    "locks", [True, pytest.param(False, marks=pytest.mark.breaks_books)], ids=["locked", "control"]
)
def test_claims_redeemed_at_once_never_exceed_the_hold(slow_between_check_and_posting: Engine, locks):
    """Positive control: with the locks off and the last guard dropped, more is redeemed than the order holds."""
    engine = slow_between_check_and_posting
    officer, facts = prepared(engine, redeem_sixty_percent)
    if not locks:
        with engine.begin() as connection:
            connection.execute(
                text("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_balance_not_negative")
            )
    outcomes = race(
        engine,
        lambda session, _: redeem(session, officer, claim_id=new_id(), transfer_id=new_id(), **facts),
        locks=locks,
    )
    with Session(engine) as session:
        left, report = (
            held_for(session, session.get_one(Voucher, facts["voucher_id"]).programme_id, facts["order_id"]),
            verify(session),
        )
    if locks:
        assert (outcomes.count("ok"), outcomes.count("Exhausted"), left, report.ok) == (1, THREADS - 1, 40, True), (
            outcomes
        )
    else:
        assert outcomes.count("ok") > 1, outcomes
        assert left < 0
        assert not report.ok


def test_the_same_request_five_times_moves_once(own_engine: Engine):
    setting, enterprise, made = prepared(own_engine, lambda session: voucher(session, face=100))
    order, transfer = new_id(), new_id()
    outcomes = race(
        own_engine,
        lambda session, _number: hold(
            session, enterprise, voucher_id=made.id, order_id=order, amount=60, transfer_id=transfer
        ),
        threads=5,
    )
    assert outcomes == ["ok"] * 5
    with Session(own_engine) as session:
        assert wallet(session, session.get_one(Voucher, made.id)).held == 60
    assert setting.programme.number
