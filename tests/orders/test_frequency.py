"""A frequency that is announced is held: before ordering, at ordering, and when two orders come at once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from order_cases import Scene, person
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from accounts.models import Membership, Organisation
from foundation.actors import Actor, Role
from foundation.clock import at, now, stopped, today
from foundation.errors import DomainError, Faults
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders import docking, ending, frequency
from orders.models import Order
from orders.ordering import Shown, place
from providers.models import OfferingState, OfferingVersion, OrdersPeriod
from vouchers.models import Voucher

pytestmark = pytest.mark.clock

SignIn = Callable[[Membership], FlaskClient]


def limit(scene: Scene, count: int, period: OrdersPeriod = OrdersPeriod.EVER) -> None:
    scene.offered.orders_per_enterprise, scene.offered.orders_period = count, period
    scene.session.flush()


@pytest.mark.parametrize("period", list(OrdersPeriod))
def test_an_order_beyond_the_announced_number_is_refused(session: Session, scene: Scene, period: OrdersPeriod) -> None:
    limit(scene, 2, period)
    voucher = scene.voucher()
    buyer = scene.buyer(voucher)
    first, second = (scene.place(voucher, actor=buyer) for _ in range(2))
    with pytest.raises(Faults) as refusal:
        scene.place(voucher, actor=buyer)
    (fault,) = refusal.value.faults
    assert fault.field == "voucher"
    assert fault.rule == frequency.RULE
    assert fault.remedy
    assert "2 次" in str(fault)
    assert first.number in str(fault)
    assert second.number in str(fault)
    assert scene.place(scene.voucher())  # another enterprise
    assert verify(session).ok


def test_an_order_that_ended_gives_its_turn_back(session: Session, scene: Scene) -> None:
    limit(scene, 1)
    voucher = scene.voucher()
    buyer = scene.buyer(voucher)
    ending.cancel(session, buyer, scene.place(voucher, actor=buyer).number, reason="计划有变")
    docking.fail(session, scene.clerk, scene.place(voucher, actor=buyer).number, reason="联系不上")
    scene.place(voucher, actor=buyer)
    with pytest.raises(Faults):
        scene.place(voucher, actor=buyer)
    assert verify(session).ok


def test_the_same_order_sent_again_is_no_second_one(scene: Scene) -> None:
    limit(scene, 1)
    voucher, order_id = scene.voucher(), uuid4()
    buyer = scene.buyer(voucher)
    made = scene.place(voucher, actor=buyer, order_id=order_id)
    assert scene.place(voucher, actor=buyer, order_id=order_id) is made


@pytest.mark.parametrize(("period", "again"), [(OrdersPeriod.EVER, False), (OrdersPeriod.YEAR, True)])
def test_a_year_is_the_calendar_year_in_china(scene: Scene, period: OrdersPeriod, again: bool) -> None:
    limit(scene, 1, period)
    voucher = scene.voucher()
    buyer = scene.buyer(voucher)
    new_year = at(today().replace(month=1, day=1), 0)
    made = scene.place(voucher, actor=buyer)
    made.placed_at = new_year
    scene.session.flush()
    with pytest.raises(Faults):
        scene.place(voucher, actor=buyer)
    made.placed_at = new_year - timedelta(seconds=1)
    scene.session.flush()
    with nullcontext() if again else pytest.raises(Faults):
        scene.place(voucher, actor=buyer)


def test_orders_of_earlier_versions_and_other_programmes_count(session: Session, scene: Scene) -> None:
    voucher = scene.voucher()
    buyer = scene.buyer(voucher)
    scene.place(voucher, actor=buyer)
    scene.offered.state = OfferingState.SUPERSEDED
    session.flush()
    session.add(scene.list_version(2, orders_per_enterprise=1, orders_period=OrdersPeriod.EVER))
    session.flush()
    elsewhere = Scene(session).voucher(session.get_one(Organisation, voucher.enterprise_id))
    for one in (voucher, elsewhere):
        with pytest.raises(Faults, match="贵单位已下单 1 次"):
            scene.place(one, actor=buyer)


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_two_orders_at_once_of_a_service_that_is_had_once(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """With vouchers of two programmes, which share no row that ordering would lock."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        limit(scene, 1)
        first = scene.voucher()
        enterprise = session.get_one(Organisation, first.enterprise_id)
        rivals = [(one.number, scene.buyer(one)) for one in (first, Scene(session).voucher(enterprise))]
        number = scene.offering.number
    barrier = Barrier(2)
    count = frequency.counted

    def slow(session: Session, enterprise_id: object, offered: OfferingVersion) -> object:
        found = count(session, enterprise_id, offered)  # type: ignore[arg-type]
        if not locked:
            barrier.wait(10)
        return found

    monkeypatch.setattr(frequency, "counted", slow)

    def rush(rival: tuple[str, Actor]) -> bool:
        try:
            with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
                place(
                    session,
                    rival[1],
                    order_id=uuid4(),
                    offering_number=number,
                    voucher_number=rival[0],
                    shown=Shown(10_000_000, 5_000_000),
                )
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(rush, rivals)) == ([False, True] if locked else [True, True])
    with unit_of_work(own_engine) as session:
        assert session.scalar(select(func.count()).select_from(Order)) == (1 if locked else 2)
        assert verify(session).ok


@pytest.fixture
def voucher(scene: Scene) -> Voucher:
    return scene.voucher()


@pytest.fixture
def enterprise(session: Session, voucher: Voucher, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MEMBER))


def test_the_pages_say_the_limit_before_ordering_and_when_it_is_used_up(
    scene: Scene, voucher: Voucher, enterprise: FlaskClient, client: FlaskClient
) -> None:
    limit(scene, 1)
    offering, form = f"/catalogue/{scene.offering.number}", f"/catalogue/{scene.offering.number}/order"
    for page in (enterprise.get(offering), enterprise.get(form), client.get(offering)):
        assert re.search(r"每家企业最多下单</dt>\s*<dd[^>]*>\s*1 次", page.get_data(as_text=True))
    assert f'href="{form}"' in enterprise.get(offering).get_data(as_text=True)
    order = scene.place(voucher)
    for url in (offering, form):
        page = enterprise.get(url).get_data(as_text=True)
        assert "贵单位已用完这项服务的下单次数" in page
        assert order.number in page
        assert f'href="{form}"' not in page
        assert 'name="voucher"' not in page
    assert "贵单位已用完" not in client.get(offering).get_data(as_text=True)
    sent = {"submission_id": str(uuid4()), "voucher": voucher.number, "charged_price": "10000000"}
    refused = enterprise.post(form, data={**sent, f"deduction-{voucher.number}": "5000000"})
    assert refused.status_code == 422
    assert "每家企业限用券下单 1 次" in refused.get_data(as_text=True)


def test_a_visitors_page_of_an_unlimited_service_says_so(scene: Scene, client: FlaskClient) -> None:
    page = client.get(f"/catalogue/{scene.offering.number}").get_data(as_text=True)
    assert re.search(r"每家企业最多下单</dt>\s*<dd[^>]*>\s*不限", page)


def test_the_clock_of_the_year(scene: Scene) -> None:
    """On New Year's Eve in China it is still the old year in China, whatever the hour in UTC."""
    limit(scene, 1, OrdersPeriod.YEAR)
    voucher = scene.voucher()
    buyer = scene.buyer(voucher)
    eve = at(today().replace(month=1, day=1), 0) - timedelta(minutes=1)
    made = scene.place(voucher, actor=buyer)
    made.placed_at = eve
    scene.session.flush()
    with stopped(eve):
        assert frequency.counted(scene.session, voucher.enterprise_id, scene.offered) == [made]
    with stopped(now()):
        assert frequency.counted(scene.session, voucher.enterprise_id, scene.offered) == []
