"""The clock and a person at the same order: whoever comes second looks again, and a busy line holds up no other."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from order_cases import Scene
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.locking import without_locks
from foundation.periodic import Place, Tally
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders import access, docking, jobs, line
from orders.models import Order, OrderState

pytestmark = [pytest.mark.clock, pytest.mark.concurrency]


def overdue(session: Session, order: Order) -> Order:
    session.execute(update(Order).where(Order.id == order.id).values(due_at=now() - timedelta(seconds=1)))
    return order


@pytest.mark.parametrize("locked", [True, False])
def test_a_docking_that_was_just_accepted_is_not_voided(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """The clerk has accepted and not yet committed when the clock comes; without the lock it looks at what was before."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        order = overdue(session, scene.place())
        clerk, number, order_id = scene.clerk, order.number, order.id
    looked = Event()
    reads = access.lock_row

    def observed(session: Session, model: Any, row_id: UUID) -> Any:
        if not locked and model is Order:
            found = reads(session, model, row_id)
            looked.set()
            return found
        if locked:
            looked.set()
        return reads(session, model, row_id)

    def lapse() -> bool:
        with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
            return jobs.void(session, order_id)

    with unit_of_work(own_engine) as session, ThreadPoolExecutor(1) as pool:
        docking.succeed(session, clerk, number)
        monkeypatch.setattr(access, "lock_row", observed)
        by_the_clock = pool.submit(lapse)
        assert looked.wait(10)
        session.commit()
        voided = by_the_clock.result(20)
    assert voided is not locked
    with unit_of_work(own_engine) as session:
        state = session.get_one(Order, order_id).state
        assert (state is OrderState.DOCKING) is locked
        assert verify(session).ok


def test_a_busy_line_holds_up_no_other(own_engine: Engine) -> None:
    with unit_of_work(own_engine) as session:
        scenes = [Scene(session, slots=1) for _ in range(2)]
        for scene in scenes:
            scene.place()
        waiting = [scene.place().id for scene in scenes]
        lapsing = overdue(session, Scene(session).place()).id
        for scene in scenes:
            scene.offered.slots = 2
        busy = scenes[0].programme.id, scenes[0].offering.id
    tally = Tally()
    with unit_of_work(own_engine) as holder:
        line.lock_line(holder, *busy)
        jobs.every_ten_minutes.run(partial(unit_of_work, own_engine), tally, begin=Place(), seconds=60)
    assert (tally.busy, tally.failed) == (1, 0)
    with unit_of_work(own_engine) as session:
        states = [session.get_one(Order, each).state for each in [*waiting, lapsing]]
        assert states == [OrderState.PLACED, OrderState.DOCKING, OrderState.VOIDED]


def test_no_transaction_holds_the_locks_of_many_lines(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL keeps advisory locks in a table of fixed size."""
    with unit_of_work(own_engine) as session:
        for _ in range(4):
            scene = Scene(session, slots=1)
            scene.place()
            scene.place()
    held: list[int] = []
    move_up = line.move_up

    def count(session: Session, *place: UUID) -> list[Order]:
        query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        held.append(session.scalar(query) or 0)
        return move_up(session, *place)

    monkeypatch.setattr(jobs, "move_up", count)
    jobs.every_ten_minutes.run(partial(unit_of_work, own_engine), Tally(), begin=Place(), seconds=60)
    assert held == [1, 1, 1, 1]


def test_nothing_lapses_a_moment_early(session: Session) -> None:
    order = Scene(session).place()
    due: datetime | None = order.due_at
    assert due is not None
    assert due > now()
    assert jobs.void(session, order.id) is False
