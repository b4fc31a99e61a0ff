"""Two claims of one order at the same moment: never more is asked for than is held, and the order follows both."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import factories as make
import pytest
from claim_cases import claim, invoice
from order_cases import PDF, Scene, upload
from races import prepared, race
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders.models import Order, OrderState
from verification import claiming, deciding
from verification.models import RedemptionClaim

pytestmark = [pytest.mark.concurrency, pytest.mark.clock]


def meeting(look: Callable[..., int]) -> Callable[..., int]:
    """``look`` that goes on when the other one has looked too; with the locks on nobody else comes."""
    both = Barrier(2)

    def looked(*given: object, **facts: object) -> int:
        found = look(*given, **facts)
        with suppress(BrokenBarrierError):
            both.wait(1)
        return found

    return looked


@pytest.mark.parametrize("locks", [True, False], ids=["locked", "control"])
def test_two_claims_filed_at_once(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locks: bool) -> None:
    """Each asks for 60 percent. Without the lock on the order both find all of it unclaimed."""

    def prepare(session: Session):
        scene = Scene(session)
        order = scene.order_in(OrderState.CONFIRMED)
        return scene.clerk, order.number, [invoice(order, amount=6_000_000) for _ in range(2)]

    clerk, number, invoices = prepared(own_engine, prepare)
    monkeypatch.setattr(claiming, "unclaimed", meeting(claiming.unclaimed))
    if not locks:
        # The number would stop the second one; the control shows what the lock alone is there for.
        numbers = iter([f"{number}-8", f"{number}-9"])
        monkeypatch.setattr(claiming, "_next_number", lambda *_: next(numbers))

    def file(session: Session, place: int) -> None:
        content = upload(PDF + str(place).encode(), f"发票{place}.pdf")
        claiming.submit(session, clerk, number, invoice=invoices[place], file=content, amount=3_000_000)

    outcomes = race(own_engine, file, threads=2, locks=locks)
    with Session(own_engine) as session:
        asked = sum(session.scalars(select(RedemptionClaim.amount)))
    assert (sorted(outcomes), asked) == ((["BadInput", "ok"], 3_000_000) if locks else (["ok", "ok"], 6_000_000))


def test_the_order_follows_two_claims_that_are_decided_at_once(own_engine: Engine) -> None:
    def prepare(session: Session):
        scene = Scene(session)
        order = scene.order_in(OrderState.CONFIRMED)
        numbers = [claim(scene, order, claimed=3_000_000).number, claim(scene, order).number]
        return scene.officer, numbers

    officer, numbers = prepared(own_engine, prepare)

    def decide(session: Session, place: int) -> None:
        deciding.verify(session, officer, numbers[place], note="已核对", password=make.PASSWORD)

    outcomes = race(own_engine, decide, threads=2)
    assert set(outcomes) <= {"ok", "Busy"}
    for place, outcome in enumerate(outcomes):
        if outcome == "Busy":
            # Three seconds behind the other one on a slow machine: the officer is told to try again, and does.
            with unit_of_work(own_engine) as session:
                decide(session, place)
    with Session(own_engine) as session:
        assert session.scalars(select(Order.state)).one() is OrderState.VERIFIED
        assert verify(session).ok
