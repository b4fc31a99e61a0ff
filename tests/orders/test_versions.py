"""Every rule of an order is that of the terms under which its own voucher was issued, whatever was announced since."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Final

import pytest
from order_cases import PNG, Scene, terms, upload
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.clock import add_working_days, end_of, now, stopped, today
from foundation.errors import Faults
from ledger.verification import verify
from orders import agreements, confirmation, delivery, docking, ending, records
from orders.case_reading import order_case
from orders.line import place_in_line
from orders.models import Order, OrderState
from orders.ordering import Shown
from orders.queries import case
from vouchers.models import Voucher
from vouchers.terms import Terms

pytestmark = pytest.mark.clock

DAYS: Final = (
    "docking_working_days",
    "agreement_working_days",
    "record_calendar_days",
    "confirmation_working_days",
    "claim_working_days",
    "verification_working_days",
    "correction_working_days",
)
VERSIONS: Final = (0, 1, 2)


def days(number: int) -> dict[str, int]:
    """Terms of which no two deadlines are alike, in one version or between versions."""
    return {name: 2 + number + 3 * place for place, name in enumerate(DAYS)}


@pytest.fixture
def vouchers(session: Session) -> tuple[Scene, list[Voucher], list[Terms]]:
    """One voucher of each of three versions."""
    scene = Scene(session, terms(**days(0)))
    held, rules = [scene.voucher()], [scene.terms]
    for number in (1, 2):
        scene.announce(**days(number), contracts_to=today() + timedelta(days=90 + number))
        held.append(scene.voucher())
        rules.append(scene.terms)
    return scene, held, rules


def working(count: int) -> datetime:
    return end_of(add_working_days(today(), count)) - timedelta(seconds=1)


@pytest.mark.parametrize("number", VERSIONS)
def test_each_step_is_due_by_the_orders_own_version(
    session: Session, vouchers: tuple[Scene, list[Voucher], list[Terms]], number: int
) -> None:
    scene, held, rules = vouchers
    own, order = rules[number], scene.place(held[number])
    buyer = scene.buyer(held[number])
    assert order.due_at == working(own.docking_working_days)
    docking.succeed(session, scene.clerk, order.number)
    assert order.due_at == working(own.agreement_working_days)
    scene.agree(order, buyer)
    assert order.due_at == end_of(today() + timedelta(days=own.record_calendar_days)) - timedelta(seconds=1)
    records.file(
        session, scene.clerk, order.number, facts=scene.facts(), process=[upload(PNG, "a.png")], result=[upload()]
    )
    assert order.due_at == end_of(today() + timedelta(days=own.record_calendar_days)) - timedelta(seconds=1)
    ending.dispute(session, buyer, order.number, reason="与约定不符")
    assert order.due_at == working(own.verification_working_days)
    ending.decide(session, scene.officer, order.number, resume=True, reason="继续服务")
    delivery.deliver(session, scene.clerk, order.number)
    assert order.due_at == working(own.confirmation_working_days)
    confirmation.confirm(session, buyer, order.number, rating=5)
    assert order.due_at == working(own.claim_working_days)


@pytest.mark.parametrize("number", VERSIONS)
def test_a_record_is_late_by_the_orders_own_version(
    session: Session, vouchers: tuple[Scene, list[Voucher], list[Terms]], number: int
) -> None:
    scene, held, rules = vouchers
    order = scene.place(held[number])
    scene.agree(order, scene.buyer(held[number]))
    delivered, interval = today(), rules[number].record_calendar_days
    for later in (interval, interval + 1):
        with stopped(now() + timedelta(days=later)):
            facts = scene.facts(delivered_on=delivered)
            records.file(session, scene.clerk, order.number, facts=facts, process=[upload(PNG, "a.png")])
    session.expire(order)
    shown = order_case(scene.officer, case(session, scene.officer, order.number))
    assert [one.late for one in shown.records] == [False, True]


@pytest.mark.parametrize(("number", "fits"), [(0, False), (1, True), (2, True)])
def test_an_agreement_fits_the_window_of_the_orders_own_version(
    session: Session, vouchers: tuple[Scene, list[Voucher], list[Terms]], number: int, fits: bool
) -> None:
    scene, held, rules = vouchers
    order = scene.place(held[number])
    refused = nullcontext() if fits else pytest.raises(Faults, match=rules[number].contracts_to.isoformat())
    with stopped(now() + timedelta(days=80)), refused:
        agreements.upload(session, scene.clerk, order.number, agreement_number="HT-1", signed_on=today(), file=upload())


def test_what_an_order_may_be_is_said_by_the_vouchers_own_version(session: Session) -> None:
    """The second version shuts out the title and the service, the third halves the deduction."""
    scene = Scene(session)
    first = scene.voucher()
    scene.announce(
        titles=(TitleLevel.KEY_LITTLE_GIANT,),
        priority_titles=(),
        excluded_categories=("digital",),
        contracts_to=today() - timedelta(days=1),
    )
    second = scene.voucher()
    scene.announce(titles=(TitleLevel.SRDI,), excluded_categories=(), contracts_to=today(), cap_per_order=2_500_000)
    third = scene.voucher()
    assert scene.place(first).deduction == 5_000_000 == scene.charged_price * 50 // 100
    with pytest.raises(Faults) as refusal:
        scene.place(second)
    assert len(refusal.value.faults) == 3
    assert scene.place(third, shown=Shown(scene.charged_price, 2_500_000)).deduction == 2_500_000
    assert verify(session).ok


@pytest.mark.parametrize("passes", [(True, False), (False, True)])
def test_a_place_passes_on_by_the_voided_orders_own_version(session: Session, passes: tuple[bool, bool]) -> None:
    scene = Scene(session, terms(slot_passes_on=passes[0]), slots=2)
    first = scene.place()
    scene.announce(slot_passes_on=passes[1])
    second, third, fourth = scene.place(), scene.place(), scene.place()
    docking.fail(session, scene.clerk, first.number, reason="联系不上")
    assert third.state is (OrderState.DOCKING if passes[0] else OrderState.PLACED)
    docking.fail(session, scene.clerk, second.number, reason="联系不上")
    # One of the two places came back, by whichever version passes it on.
    assert [third.state, fourth.state] == [OrderState.DOCKING, OrderState.PLACED]
    assert verify(session).ok


def test_priority_at_the_same_second_is_that_of_the_orders_own_version(session: Session) -> None:
    scene = Scene(session, terms(priority_titles=()), slots=1)
    moment = now().replace(microsecond=0)
    with stopped(moment):
        scene.place()
        early = scene.place(scene.voucher(title=TitleLevel.LITTLE_GIANT))
    scene.announce(priority_titles=(TitleLevel.LITTLE_GIANT,))
    with stopped(moment + timedelta(milliseconds=100)):
        plain = scene.place(scene.voucher())
    with stopped(moment + timedelta(milliseconds=200)):
        favoured = scene.place(scene.voucher(title=TitleLevel.LITTLE_GIANT))
    scene.announce(priority_titles=(TitleLevel.SRDI,))
    with stopped(moment + timedelta(milliseconds=300)):
        latest = scene.place(scene.voucher())
    order = sorted((early, plain, favoured, latest), key=lambda one: place_in_line(session, one) or 0)
    assert order == [favoured, latest, early, plain]


@pytest.mark.parametrize("number", VERSIONS)
def test_waiting_ends_with_the_window_of_the_orders_own_version(
    session: Session, vouchers: tuple[Scene, list[Voucher], list[Terms]], number: int
) -> None:
    scene, held, rules = vouchers
    scene.offered.slots = 1
    scene.place(held[0])
    assert scene.place(held[number]).due_at == end_of(rules[number].contracts_to) - timedelta(seconds=1)


def test_the_place_of_an_order_that_just_moved_up_is_none(session: Session) -> None:
    scene = Scene(session, slots=1)
    first, second = scene.place(), scene.place()
    assert place_in_line(session, second) == 1
    session.flush()
    # Somebody else's transaction gives the place between the two reads.
    session.connection().exec_driver_sql("UPDATE orders SET state = 'docking' WHERE id = %(id)s", {"id": second.id})
    assert second.state is OrderState.PLACED
    assert place_in_line(session, second) is None
    assert place_in_line(session, first) is None


def test_the_place_in_a_long_line_is_read_by_one_question_and_one_row(session: Session) -> None:
    scene = Scene(session, slots=1)
    placed = [scene.place() for _ in range(4)]
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert [place_in_line(session, one) for one in placed] == [None, 1, 2, 3]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 3
    assert session.scalar(select(Order.state).where(Order.id == placed[3].id)) is OrderState.PLACED
