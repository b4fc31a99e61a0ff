"""A suspended provider makes no new agreements; what is under agreement goes on, and each side is told the way out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from order_cases import PNG, Scene, person, upload
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role
from foundation.clock import today
from foundation.errors import Conflict
from ledger.verification import verify
from orders import agreements, confirmation, delivery, docking, ending, jobs, records
from orders.models import Order, OrderState
from orders.standing import STOPPED, WAY_OUT
from providers import standing
from providers.models import Certification

pytestmark = pytest.mark.clock

SignIn = Callable[[Membership], FlaskClient]


def certificate(scene: Scene) -> Certification:
    return scene.session.scalars(select(Certification).where(Certification.organisation_id == scene.provider.id)).one()


def suspend(scene: Scene) -> None:
    standing.suspend(scene.session, scene.reviewer, certificate(scene), note="群众举报，正在核实")


def run_out(scene: Scene) -> None:
    certificate(scene).valid_to = today() - timedelta(days=1)
    scene.session.flush()


def docked(scene: Scene) -> Order:
    order = scene.place()
    docking.succeed(scene.session, scene.clerk, order.number)
    return order


def file(scene: Scene, order: Order) -> object:
    return agreements.upload(
        scene.session, scene.clerk, order.number, agreement_number="HT-1", signed_on=today(), file=upload()
    )


@pytest.mark.parametrize("stop", [suspend, run_out])
@pytest.mark.parametrize("verb", ["dock", "upload", "confirm"])
def test_no_agreement_is_made_without_a_certificate(
    session: Session, scene: Scene, stop: Callable[[Scene], None], verb: str
) -> None:
    order = scene.place() if verb == "dock" else docked(scene)
    if verb == "confirm":
        file(scene, order)
    stop(scene)
    deeds: dict[str, Callable[[], object]] = {
        "dock": lambda: docking.succeed(session, scene.clerk, order.number),
        "upload": lambda: file(scene, order),
        "confirm": lambda: agreements.confirm(session, scene.buyer(order.voucher), order.number),
    }
    with pytest.raises(Conflict) as refusal:
        deeds[verb]()
    assert (refusal.value.message, refusal.value.remedy) == (STOPPED, WAY_OUT)
    assert order.state is OrderState.DOCKING


@pytest.mark.parametrize("verb", ["cancel", "fail", "send_back"])
def test_the_ways_out_stay_open(session: Session, scene: Scene, verb: str) -> None:
    order = docked(scene)
    file(scene, order)
    suspend(scene)
    buyer = scene.buyer(order.voucher)
    if verb == "send_back":
        agreements.send_back(session, buyer, order.number, reason="缺少盖章")
        return
    if verb == "cancel":
        ending.cancel(session, buyer, order.number, reason="服务机构被暂停")
    else:
        docking.fail(session, scene.clerk, order.number, reason="认定已暂停")
    assert order.state in {OrderState.CANCELLED, OrderState.VOIDED}
    assert verify(session).ok


def test_what_is_under_agreement_goes_on(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.CONTRACTED)
    buyer = scene.buyer(order.voucher)
    suspend(scene)
    records.file(
        session, scene.clerk, order.number, facts=scene.facts(), process=[upload(PNG, "a.png")], result=[upload()]
    )
    records.confirm(session, buyer, order.number, 1)
    delivery.deliver(session, scene.clerk, order.number)
    confirmation.confirm(session, buyer, order.number, rating=5)
    assert order.state is OrderState.CONFIRMED


def test_the_line_waits_and_moves_on_after_the_suspension(session: Session) -> None:
    scene = Scene(session, slots=1)
    first, second = scene.place(), scene.place()
    suspend(scene)
    ending.cancel(session, scene.buyer(first.voucher), first.number, reason="服务机构被暂停")
    assert second.state is OrderState.PLACED
    standing.reinstate(session, scene.reviewer, certificate(scene), note="查无问题")
    jobs.every_ten_minutes(session)
    assert second.state is OrderState.DOCKING
    docking.succeed(session, scene.clerk, second.number)
    scene.agree(second, scene.buyer(second.voucher))
    assert second.state is OrderState.CONTRACTED
    assert verify(session).ok


def test_the_pages_agree_with_the_verbs(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = docked(scene)
    url = f"/orders/{order.number}"
    enterprise = sign_in(person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    provider = sign_in(person(session, order.provider_id, Role.PROVIDER_MEMBER))
    assert f'href="{url}/agreement"' in provider.get(url).get_data(as_text=True)
    file(scene, order)
    assert f"{url}/agreement/confirm" in enterprise.get(url).get_data(as_text=True)
    suspend(scene)
    for browser in (enterprise, provider):
        page = browser.get(url).get_data(as_text=True)
        assert STOPPED in page
        assert WAY_OUT in page
        assert f'href="{url}/agreement"' not in page
        assert f"{url}/agreement/confirm" not in page
        assert f"{url}/cancel" in page
    assert provider.get(f"{url}/agreement").status_code == 303
    refused = enterprise.post(f"{url}/agreement/confirm")
    assert refused.status_code == 409
    assert STOPPED in refused.get_data(as_text=True)


def test_a_running_service_shows_nothing_of_it(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = scene.order_in(OrderState.IN_SERVICE)
    suspend(scene)
    provider = sign_in(person(session, order.provider_id, Role.PROVIDER_MEMBER))
    page = provider.get(f"/orders/{order.number}").get_data(as_text=True)
    assert STOPPED not in page
    assert f"/orders/{order.number}/delivery" in page
