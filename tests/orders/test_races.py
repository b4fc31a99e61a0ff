"""Threads against real PostgreSQL; each race oversells when the locks are off, else it would prove nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from order_cases import Scene
from races import waits_for_a_lock
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.errors import DomainError
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger.models import Transfer
from ledger.verification import verify
from orders import docking, ending, line
from orders.models import Order, OrderState
from orders.ordering import Shown, place
from providers import offerings
from providers.access import hold_version
from providers.models import OfferingState, OfferingVersion, OrdersPeriod

pytestmark = pytest.mark.concurrency

RIVALS = 6


@pytest.mark.parametrize("locked", [True, False])
def test_the_last_place_goes_to_one(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    with unit_of_work(own_engine) as session:
        scene = Scene(session, slots=1)
        vouchers = [scene.voucher() for _ in range(RIVALS)]
        rivals = [(voucher.number, scene.buyer(voucher)) for voucher in vouchers]
        number = scene.offering.number
    barrier = Barrier(RIVALS)
    count = line.taken

    def slow(session: Session, programme_id: UUID, offering_id: UUID) -> int:
        found = count(session, programme_id, offering_id)
        if not locked:
            barrier.wait(10)
        return found

    monkeypatch.setattr(line, "taken", slow)

    def rush(rival: tuple[str, Actor]) -> None:
        with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
            place(
                session,
                rival[1],
                order_id=uuid4(),
                offering_number=number,
                voucher_number=rival[0],
                shown=Shown(10_000_000, 5_000_000),
            )

    with ThreadPoolExecutor(RIVALS) as pool:
        list(pool.map(rush, rivals))
    with unit_of_work(own_engine) as session:
        docking_now = session.scalar(select(func.count()).where(Order.state == OrderState.DOCKING))
        assert session.scalar(select(func.count()).select_from(Order)) == RIVALS
        assert verify(session).ok
    if locked:
        assert docking_now == 1
    else:
        assert docking_now is not None
        assert docking_now > 1


def test_cancelling_from_both_sides_at_once_gives_back_once(own_engine: Engine) -> None:
    with unit_of_work(own_engine) as session:
        scene = Scene(session, slots=1)
        first, second = scene.place(), scene.place()
        buyer, clerk = scene.buyer(first.voucher), scene.clerk
        first_number, first_id, second_id = first.number, first.id, second.id
    deeds = [
        lambda session: ending.cancel(session, buyer, first_number, reason="计划有变"),
        lambda session: ending.cancel(session, clerk, first_number, reason="计划有变"),
        lambda session: docking.fail(session, clerk, first_number, reason="联系不上"),
    ]

    def attempt(deed: object) -> bool:
        try:
            with unit_of_work(own_engine) as session:
                deed(session)  # type: ignore[operator]
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(attempt, deeds)) == [False, False, True]
    with unit_of_work(own_engine) as session:
        moves = session.scalars(select(Transfer.kind).where(Transfer.subject_id == first_id)).all()
        assert sorted(moves) == ["hold", "release"]
        assert session.get_one(Order, second_id).state is OrderState.DOCKING
        assert verify(session).ok


@pytest.mark.parametrize("deed", ["delist", "approve"])
def test_no_order_of_a_version_that_went_while_it_waited(own_engine: Engine, deed: str) -> None:
    """The order has found the listed version and stands before the offering's row; then the version is listed no more."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        voucher = scene.voucher()
        buyer, clerk, listed = scene.buyer(voucher), scene.clerk, scene.offered.id
        facts = {"offering_number": scene.offering.number, "voucher_number": voucher.number}

    def order() -> str:
        try:
            with unit_of_work(own_engine) as session:
                place(session, buyer, order_id=uuid4(), shown=Shown(10_000_000, 5_000_000), **facts)
        except DomainError as refusal:
            return type(refusal).__name__
        return "ok"

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(own_engine) as changing:
            version = changing.get_one(OfferingVersion, listed)
            if deed == "delist":
                offerings.delist(changing, clerk, version, note="不再提供")
            else:
                hold_version(changing, version)
                version.state = OfferingState.SUPERSEDED
                changing.flush()
                scene.offering = version.offering
                once = {"orders_per_enterprise": 1, "orders_period": OrdersPeriod.EVER}
                changing.add(scene.list_version(2, **once))
                offerings.announce(changing, version.offering)
            outcome = pool.submit(order)
            assert waits_for_a_lock(own_engine)
        assert outcome.result() == "Busy"
    assert order() == {"delist": "NotFound", "approve": "ok"}[deed]
