"""When the notice comes, every open deadline in working days is counted again, and none gets shorter."""

from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from calendar_cases import MONDAY_BEFORE, SPRING_2027
from claim_cases import claimed
from clock_jobs import done
from flask import Flask
from order_cases import Scene, terms
from provider_cases import People
from sqlalchemy import Engine, select, text

import notices.jobs
from audit.models import AuditEvent
from cli.opening import open_rooms
from foundation import open_deadlines
from foundation.actors import SYSTEM
from foundation.clock import add_working_days, at, day_of, end_of, travel, travel_together
from foundation.jobs import run_worker
from foundation.open_deadlines import OpenDeadlines, registered
from foundation.unit_of_work import unit_of_work
from notices import publishing
from orders import docking, recounting
from orders.deadlines import IN_WORKING_DAYS, last_day
from orders.jobs import every_ten_minutes
from orders.models import Order, OrderState
from orders.states import STALLING
from providers import recounting as certifications
from providers import review
from verification import deciding
from verification.checks import LABELS
from verification.models import RedemptionClaim
from working_days.entering import enter, outcome
from working_days.reading import read
from working_days.stored import refresh

pytestmark = pytest.mark.clock

ROOT = Path(__file__).parents[2]
_SPEC = spec_from_file_location("calendar_migration", ROOT / "migrations" / "versions" / "0012_calendar.py")
_MIGRATION = module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MIGRATION)
NOTICE = read(SPRING_2027)
BEFORE = at(MONDAY_BEFORE)
# From Monday 1 February: 2, 3, 4, then 9 and 10 by the regulation; 2, 3, 4, 15 and 16 by the notice.
FIVE, FIVE_AGAIN = date(2027, 2, 10), date(2027, 2, 16)


def announced(session) -> None:
    """The notice of 2027 is entered, and this process knows it."""
    enter(session, SYSTEM, NOTICE)
    session.commit()
    refresh(session.get_bind(), at_once=True)


def scene_of(session) -> Scene:
    return Scene(session, terms=terms(contracts_to=date(2027, 6, 30), expires_on=date(2027, 12, 31)))


def in_state(scene: Scene, state: OrderState) -> Order:
    if state is not OrderState.RETURNED:
        return scene.order_in_any(state)
    order = claimed(scene)
    deciding.send_back(scene.session, scene.officer, order.number, marks=[next(iter(LABELS))], reason="incomplete")
    return order


def test_docking_over_spring_festival(session) -> None:
    with travel(BEFORE):
        order = scene_of(session).place()
    assert last_day(order) == FIVE
    announced(session)
    assert recounting.moving(session) == [order.id]
    assert recounting.extend(session, order.id)
    assert last_day(order) == FIVE_AGAIN
    assert (recounting.moving(session), recounting.extend(session, order.id)) == ([], False)
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "order.extend"))
    assert (event.before, event.after) == ({"due_on": "2027-02-10"}, {"due_on": "2027-02-16"})
    with travel(at(date(2027, 2, 13))):
        assert done(session, every_ten_minutes) == 0
    with travel(end_of(FIVE_AGAIN)):
        assert done(session, every_ten_minutes) == 1


@pytest.mark.parametrize("state", sorted(IN_WORKING_DAYS))
def test_every_step_in_working_days_is_counted_from_its_own_beginning(session, state: OrderState) -> None:
    with travel(BEFORE):
        scene = scene_of(session)
        order = in_state(scene, state)
    counted = {
        OrderState.DOCKING: scene.terms.docking_working_days,
        OrderState.DELIVERED: scene.terms.confirmation_working_days,
        OrderState.CONFIRMED: scene.terms.claim_working_days,
        OrderState.CLAIMED: scene.terms.verification_working_days,
        OrderState.RETURNED: scene.terms.correction_working_days,
        OrderState.DISPUTED: scene.terms.verification_working_days,
    }[state]
    assert last_day(order) == add_working_days(MONDAY_BEFORE, counted)
    announced(session)
    assert recounting.extend(session, order.id)
    assert last_day(order) == add_working_days(MONDAY_BEFORE, counted) > FIVE


def test_after_docking_it_is_the_agreements_deadline(session) -> None:
    with travel(BEFORE):
        scene = scene_of(session)
        docked = docking.succeed(session, scene.clerk, scene.place().number)
    announced(session)
    assert recounting.extend(session, docked.id)
    assert last_day(docked) == add_working_days(MONDAY_BEFORE, scene.terms.agreement_working_days)


@pytest.mark.parametrize("state", STALLING)
def test_the_day_after_which_an_order_counts_as_left_lying_moves_too(session, state: OrderState) -> None:
    with travel(BEFORE):
        scene = scene_of(session)
        order = scene.order_in(state)
    before = order.stalled_at
    announced(session)
    assert order.id in recounting.moving(session)
    assert recounting.extend(session, order.id)
    assert day_of(order.stalled_at) == add_working_days(MONDAY_BEFORE, scene.terms.passive_working_days)
    assert order.stalled_at > before
    assert order.id not in recounting.moving(session)


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.VERIFIED, OrderState.VOIDED])
def test_what_is_not_counted_in_working_days_stays(session, state: OrderState) -> None:
    with travel(BEFORE):
        scene = scene_of(session)
        if state is OrderState.VERIFIED:
            order = claimed(scene)
            deciding.verify(session, scene.officer, order.number, note="已核对")
        else:
            order = scene.order_in_any(state)
    before = order.due_at
    announced(session)
    assert order.id not in recounting.moving(session)
    recounting.extend(session, order.id)
    assert order.due_at == before


def test_the_term_of_an_order_left_lying_is_counted_from_its_last_step(session) -> None:
    """The step itself is due in calendar days and stays; the sixty working days are counted again."""
    with travel(BEFORE):
        scene = scene_of(session)
        order = scene.order_in_any(OrderState.CONTRACTED)
    due, stalled = order.due_at, order.stalled_at
    announced(session)
    assert recounting.moving(session) == [order.id]
    assert recounting.extend(session, order.id)
    assert order.due_at == due
    assert stalled < order.stalled_at
    assert day_of(order.stalled_at) == add_working_days(MONDAY_BEFORE, scene.terms.passive_working_days)
    assert (recounting.moving(session), recounting.extend(session, order.id)) == ([], False)
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "order.extend"))
    assert list(event.after) == ["stalled_on"]


def test_a_deadline_never_gets_shorter(session) -> None:
    """Saturday the 20th is worked by the notice; and a bureau may have given more time than the rule."""
    with travel(at(date(2027, 2, 18))):
        order = scene_of(session).place()
    assert last_day(order) == date(2027, 2, 25)
    announced(session)
    assert add_working_days(date(2027, 2, 18), 5) == date(2027, 2, 24)
    assert recounting.moving(session) == []
    assert not recounting.extend(session, order.id)
    assert last_day(order) == date(2027, 2, 25)


def test_the_contract_window_still_ends_it(session) -> None:
    with travel(BEFORE):
        scene = Scene(session, terms=terms(contracts_to=date(2027, 2, 12)))
        order = scene.place()
    announced(session)
    recounting.extend(session, order.id)
    assert last_day(order) == date(2027, 2, 12)


def test_a_claim_in_correction_goes_with_its_order(session) -> None:
    with travel(BEFORE):
        order = in_state(scene_of(session), OrderState.RETURNED)
    announced(session)
    recounting.extend(session, order.id)
    claim = session.scalar(select(RedemptionClaim).where(RedemptionClaim.order_id == order.id))
    assert claim.due_on == last_day(order) == add_working_days(MONDAY_BEFORE, 10)


def test_a_public_notice_and_its_application(session) -> None:
    with travel(BEFORE):
        application, notice = People(session).on_notice()
    assert notice.closes_on == FIVE
    announced(session)
    assert publishing.moving(session) == [notice.id]
    assert publishing.extend(session, notice.id)
    assert notice.closes_on == application.due_on == FIVE_AGAIN
    assert (publishing.moving(session), publishing.extend(session, notice.id)) == ([], False)
    with travel(end_of(FIVE_AGAIN)):
        notices.jobs.every_night(session)
        assert not publishing.extend(session, notice.id)


@pytest.mark.parametrize("chosen", [False, True])
def test_a_day_that_was_counted_moves_and_one_that_was_chosen_stays(session, chosen: bool) -> None:
    with travel(BEFORE):
        people = People(session)
        application = people.submitted()
        review.take_up(session, people.officer, application)
        day = date(2027, 2, 9) if chosen else review.answer_by()
        review.request_information(session, people.officer, application, note="补充名单", facts=[], due_on=day)
    announced(session)
    moves = [] if chosen else [application.id]
    assert certifications.moving(session) == moves
    assert certifications.extend(session, application.id) is not chosen
    assert application.due_on == (day if chosen else add_working_days(MONDAY_BEFORE, 10))


def test_the_preview_counts_what_would_move(session) -> None:
    with travel(BEFORE):
        scene = scene_of(session)
        orders = [scene.place(), scene.place()]
        People(session).on_notice()
    found = outcome(session, NOTICE)
    assert found.moving == {"订单当前步骤的期限": 2, "公示截止日": 1, "补充认定材料的期限": 0}
    assert [last_day(order) for order in orders] == [FIVE, FIVE]


def test_pages_and_worker_know_every_room(app: Flask, settings) -> None:
    assert app.view_functions
    open_rooms(settings)
    assert set(registered()) == {"orders", "notices", "certifications"}


@pytest.mark.concurrency
def test_one_that_fails_stops_no_neighbour(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by one job and moved by one job each; the second of three always fails, and is seen as failed."""
    with unit_of_work(own_engine) as session, travel(BEFORE):
        scene = scene_of(session)
        orders = [scene.place().id for _ in range(3)]

    def stumble(session, order_id):
        moved = recounting.extend(session, order_id)
        if order_id == orders[1]:
            raise RuntimeError("stumbled on purpose")
        return moved

    ailing = OpenDeadlines("orders", "订单", recounting.moving, stumble)
    monkeypatch.setattr(open_deadlines, "_registered", {"orders": ailing})
    with unit_of_work(own_engine) as session:
        enter(session, SYSTEM, NOTICE)
    # The worker's other jobs of the clock must not find the orders overdue, whenever the test runs.
    with travel_together(BEFORE):
        run_worker(own_engine, wait=False)
    with unit_of_work(own_engine) as session:
        days = [day_of(session.get_one(Order, one).due_at) for one in orders]
        # Each night's count, which a new worker makes up for, may have found it once more.
        left = text(
            "SELECT DISTINCT args::text, status FROM procrastinate_jobs WHERE task_name = 'working_days.extend'"
        )
        ((arguments, status),) = session.execute(left).all()
        assert (str(orders[1]) in arguments, status) == (True, "todo"), "it waits to be tried again"
    assert days == [FIVE_AGAIN, FIVE, FIVE_AGAIN]


@pytest.mark.parametrize("chosen", [False, True])
def test_the_migration_finds_out_which_days_were_counted(session, chosen: bool) -> None:
    """Requests of before have no count: the tenth weekday was the form's proposal."""
    with travel(at(date(2026, 12, 23))):
        people = People(session)
        application = people.submitted()
        review.take_up(session, people.officer, application)
        day = date(2027, 1, 5 if chosen else 6)
        review.request_information(session, people.officer, application, note="补充名单", facts=[], due_on=day)
    application.due_from = application.due_working_days = None
    session.flush()
    session.execute(text(_MIGRATION._COUNTED))
    session.refresh(application)
    found = (application.due_from, application.due_working_days)
    assert found == ((None, None) if chosen else (date(2026, 12, 23), 10))
    assert certifications.moving(session) == ([] if chosen else [application.id]), (
        "1 January was counted as a working day"
    )
