"""Two people at once: a batch is approved once, a payment made once, numbers have neither gap nor twin."""

from collections.abc import Callable
from threading import Barrier

import factories as make
import pytest
from claim_cases import PUBLIC, Office, approving, verified
from order_cases import Scene
from settlement_races import at_once
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.errors import Conflict, Exhausted
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.calculating import ensure_replays
from settlement.models import Batch, BatchState, Statement
from settlement.payments import pay
from verification import deciding, undoing

pytestmark = [pytest.mark.concurrency, pytest.mark.clock]


def reviewed(engine: Engine) -> tuple[str, list[Actor], Actor]:
    """A batch that waits, two budget holders and a payer."""
    with unit_of_work(engine) as session:
        scene = Scene(session)
        office = Office(session, scene)
        verified(scene)
        batch = office.reviewed()
        second = make.actor(session, scene.treasury, Role.BUDGET_HOLDER)
        return batch.number, [office.budget_holder, second], office.payer


def test_two_approve_at_once(own_engine: Engine) -> None:
    number, people, _payer = reviewed(own_engine)
    answers = at_once(own_engine, [approving(number, person) for person in people])
    assert [type(answer) for answer in answers if answer is not None] == [Conflict]
    with Session(own_engine) as session:
        assert session.scalars(select(Statement.sequence)).all() == [1]
        assert verify(session).ok


def test_without_locks_both_get_past_the_check(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: both find the batch unapproved, and only the ledger and the database's constraints are left."""
    number, people, _payer = reviewed(own_engine)
    both_have_checked = Barrier(2)

    def meet(batch: Batch) -> None:
        both_have_checked.wait(20)
        ensure_replays(batch)

    monkeypatch.setattr("settlement.approval.ensure_replays", meet)
    answers = at_once(own_engine, [approving(number, person) for person in people], locks=False)
    (refused,) = [answer for answer in answers if answer is not None]
    assert isinstance(refused, IntegrityError | Exhausted)
    with Session(own_engine) as session:
        assert verify(session).ok


def test_two_pay_at_once(own_engine: Engine) -> None:
    number, people, payer = reviewed(own_engine)
    with unit_of_work(own_engine) as session:
        batch = approve(session, people[0], number, password=make.PASSWORD, public_url=PUBLIC)
        waiting = [statement.number for statement in outstanding(session, batch)]

    def paying(session: Session) -> Batch:
        return pay(session, payer, number, statements=waiting, password=make.PASSWORD)

    answers = at_once(own_engine, [paying, paying])
    assert [type(answer) for answer in answers if answer is not None] == [Conflict]
    with Session(own_engine) as session:
        assert session.scalars(select(Batch.state)).all() == [BatchState.PAID]
        assert verify(session).ok


def test_numbers_of_one_issuer_have_neither_gap_nor_twin(own_engine: Engine) -> None:
    """Four batches of one bureau are approved at once, one of them by somebody who mistypes the password."""
    with unit_of_work(own_engine) as session:
        scenes = [Scene(session)]
        # The other programmes belong to the same bureau and treasury.
        for _ in range(3):
            scene = Scene(session)
            scene.bureau, scene.treasury = scenes[0].bureau, scenes[0].treasury
            scene.programme.bureau_id, scene.programme.treasury_id = scene.bureau.id, scene.treasury.id
            scenes.append(scene)
        deeds = []
        for at, scene in enumerate(scenes):
            session.flush()
            session.refresh(scene.programme)
            scene.officer = make.actor(session, scene.bureau, Role.OFFICER)
            office = Office(session, scene)
            verified(scene)
            batch = office.reviewed()
            password = make.PASSWORD if at else "mistyped password"
            deeds.append((batch.number, office.budget_holder, password))

    def deed(number: str, person: Actor, password: str) -> Callable[[Session], Batch]:
        return lambda session: approve(session, person, number, password=password, public_url=PUBLIC)

    answers = at_once(own_engine, [deed(*each) for each in deeds])
    assert sum(answer is None for answer in answers) == 3
    with Session(own_engine) as session:
        assert sorted(session.scalars(select(Statement.sequence))) == [1, 2, 3]
        assert verify(session).ok


def test_what_was_redeemed_anew_for_less_beside_a_calculation_is_not_paid_as_calculated(own_engine: Engine) -> None:
    """The bureau calculates while a redemption is taken back and made again for a part: neither sees the other."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        office = Office(session, scene)
        order = verified(scene)
        number, officer, reviewer, deducted = order.number, scene.officer, scene.reviewer, order.deduction
    with unit_of_work(own_engine) as session:
        batch = batches.draft(
            session,
            office.maker,
            programme_number=scene.programme.number,
            period_from=today(),
            period_to=today(),
        )
        with unit_of_work(own_engine) as beside:
            undoing.ask_undo(beside, officer, number, reason="金额核多了")
            undoing.undo(beside, reviewer, number, password=make.PASSWORD)
            deciding.verify(beside, officer, number, note="只核一部分", password=make.PASSWORD, amount=deducted - 1)
        calculated = batches.review(session, office.maker, batch.number).number
    with unit_of_work(own_engine) as session, pytest.raises(Conflict) as refused:
        approving(calculated, office.budget_holder)(session)
    assert refused.value.params["number"] == number
    with Session(own_engine) as session:
        assert verify(session).ok
