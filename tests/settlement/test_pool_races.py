"""An approval or a correction beside a claim for the same money of the pool: the second sees what the first took."""

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep

import pytest
from claim_cases import PUBLIC, Office, approving, award, beijing, giant
from factories import PASSWORD
from order_cases import Scene
from settlement_races import at_once
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from voucher_factories import claimant

from foundation.errors import Exhausted
from foundation.unit_of_work import unit_of_work
from ledger.models import AccountKind
from ledger.verification import verify
from settlement.approval import outstanding
from settlement.corrections import ask_correction, correct
from vouchers import money
from vouchers.claiming import claim
from vouchers.models import ClaimState

pytestmark = [pytest.mark.concurrency, pytest.mark.clock]


def an_award(session: Session, scene: Scene, office: Office) -> Callable[[Session], object]:
    """To approve a batch whose award the pool pays."""
    giant(scene)
    batch = office.reviewed(envelope="3000000.00", awards=award(scene, 20))
    return approving(batch.number, office.budget_holder)


def a_cut_taken_back(session: Session, scene: Scene, office: Office) -> Callable[[Session], object]:
    """To take a statement back whose cut of 40,000 yuan lies in the pool."""
    giant(scene)
    (statement,) = outstanding(session, office.approved(envelope="10000.00"))
    ask_correction(session, office.payer, statement.number, reason="金额有误")
    number = statement.number
    return lambda session: correct(session, office.budget_holder, number, password=PASSWORD, public_url=PUBLIC)


def beside_a_claim(engine: Engine, prepare: Callable[..., Callable[[Session], object]], *, locks: bool) -> list[object]:
    """Do what was prepared while somebody has claimed all that is left of the pool, and has not committed yet."""
    with unit_of_work(engine) as session:
        scene = Scene(session)
        beijing(scene)
        deed = prepare(session, scene, Office(session, scene))
        programme_id, most = scene.programme.id, scene.terms.cap_per_enterprise
        scene.voucher(face=money.pool(session, programme_id) - most)
        person = claimant(session)
    answers: list[object] = []
    thread = Thread(target=lambda: answers.extend(at_once(engine, [deed], locks=locks)))
    with unit_of_work(engine) as session:
        assert claim(session, person, programme_id=programme_id).state is ClaimState.ALLOTTED
        thread.start()
        until_waits_or_is_done(engine, thread)
    thread.join()
    with Session(engine) as session:
        answers += [money.pool(session, programme_id), verify(session).ok]
        found = {each.kind: each.amount for each in money.flow(session, programme_id)}
        return [*answers, found.get(AccountKind.SHORTFALL, 0)]


def until_waits_or_is_done(engine: Engine, thread: Thread) -> None:
    """Come back when the thread waits for a lock of the database, or has ended."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    end = monotonic() + 60
    while thread.is_alive() and monotonic() < end:
        with engine.connect() as connection:
            if connection.scalar(waiting):
                return
        sleep(0.02)


def test_an_award_is_refused_when_a_claim_has_just_taken_its_money(own_engine: Engine) -> None:
    refused, *after = beside_a_claim(own_engine, an_award, locks=True)
    assert isinstance(refused, Exhausted)
    assert after == [0, True, 0]


def test_a_cut_that_a_claim_has_just_taken_is_a_shortfall(own_engine: Engine) -> None:
    assert beside_a_claim(own_engine, a_cut_taken_back, locks=True) == [None, 0, True, -4_000_000]


@pytest.mark.breaks_books
@pytest.mark.parametrize("prepare", [an_award, a_cut_taken_back])
def test_without_locks_the_pool_falls_below_zero(
    own_engine: Engine, prepare: Callable[..., Callable[[Session], object]]
) -> None:
    refused, pool, ok, _ = beside_a_claim(own_engine, prepare, locks=False)
    assert (refused, ok) == (None, False)
    assert isinstance(pool, int)
    assert pool < 0
