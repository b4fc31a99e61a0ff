"""A redemption is taken back while its order gets into a batch that is approved: one of the two, never both."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import factories as make
import pytest
from claim_cases import PUBLIC, Office, contradictions, verified
from order_cases import Scene
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.errors import Conflict, DomainError
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders.models import Order, OrderState
from settlement import approval, batches
from verification import undoing

pytestmark = [pytest.mark.concurrency, pytest.mark.clock]


class Meeting:
    """An undoing that has looked for a batch and found none, and the approval of a batch made in that moment."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch, *, locks: bool) -> None:
        self.engine, self.locks = engine, locks
        self.undo_has_looked, self.approval_has_moved, self.undo_has_moved = Event(), Event(), Event()
        with unit_of_work(engine) as session:
            scene = Scene(session)
            office = Office(session, scene)
            self.order, self.programme = verified(scene).number, scene.programme.number
            undoing.ask_undo(session, scene.officer, self.order, reason="核错了企业")
            self.reviewer, self.maker, self.budget_holder = scene.reviewer, office.maker, office.budget_holder
        undo_redemption, approve_money = undoing.undo_redemption, approval._move

        def move_late(*given: Any, **facts: Any) -> Any:
            self.undo_has_looked.set()
            # With locks the approval stands and waits for this one, so waiting for it must end.
            self.approval_has_moved.wait(1.5 if locks else 20)
            moved = undo_redemption(*given, **facts)
            self.undo_has_moved.set()
            return moved

        def tell(*given: Any) -> None:
            approve_money(*given)
            self.approval_has_moved.set()
            if not locks:
                # Neither is committed before both have moved: each goes by what was there before the other.
                self.undo_has_moved.wait(20)

        monkeypatch.setattr(undoing, "undo_redemption", move_late)
        monkeypatch.setattr(approval, "_move", tell)
        with ThreadPoolExecutor(2) as pool:
            runs = [pool.submit(self.undo), pool.submit(self.settle)]
            self.outcomes = [run.result() for run in runs]

    def undo(self) -> DomainError | None:
        return self._try(lambda session: undoing.undo(session, self.reviewer, self.order, password=make.PASSWORD))

    def settle(self) -> DomainError | None:
        self.undo_has_looked.wait(10)
        with unit_of_work(self.engine) as session:
            batch = batches.draft(
                session, self.maker, programme_number=self.programme, period_from=today(), period_to=today()
            )
            number = batches.review(session, self.maker, batch.number).number
        return self._try(
            lambda session: approval.approve(
                session, self.budget_holder, number, password=make.PASSWORD, public_url=PUBLIC
            )
        )

    def _try(self, deed: Callable[[Session], object]) -> DomainError | None:
        try:
            with unit_of_work(self.engine) as session:
                if self.locks:
                    deed(session)
                else:
                    with without_locks():
                        deed(session)
        except DomainError as error:
            return error
        return None


def test_the_approval_waits_and_then_sees_that_it_was_taken_back(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo, approval_ = Meeting(own_engine, monkeypatch, locks=True).outcomes
    assert undo is None
    assert isinstance(approval_, Conflict)
    with Session(own_engine) as session:
        assert session.scalars(select(Order.state)).one() is OrderState.CLAIMED
        # The batch goes back to its makers; until then it has a line of what is not redeemed any more.
        assert contradictions(session) == []


def test_without_locks_the_money_is_paid_and_taken_back(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: both get past their checks, and the provider's payable account is overdrawn."""
    assert Meeting(own_engine, monkeypatch, locks=False).outcomes == [None, None]
    with Session(own_engine) as session:
        assert any("below zero" in fault for fault in verify(session).faults)
