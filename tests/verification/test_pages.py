"""The pages of a claim: what is said of its dates and figures, the refusal, and taking a redemption back."""

from collections.abc import Callable
from datetime import timedelta

import factories as make
import pytest
from claim_cases import claimed, invoice, verified
from flask.testing import FlaskClient
from order_cases import Scene, person
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role
from foundation.clock import now, travel
from orders.models import OrderState
from verification import claiming, deciding

pytestmark = pytest.mark.clock


@pytest.fixture(scope="module")
def engine(limited_engine):
    """Everything here runs as the database role of web and worker."""
    return limited_engine


SignIn = Callable[[Membership], FlaskClient]


@pytest.fixture
def officer(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.bureau.id, Role.OFFICER))


@pytest.fixture
def provider(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))


def page(client: FlaskClient, number: str) -> str:
    return client.get(f"/claims/{number}").get_data(as_text=True)


def test_no_accusation_is_chosen_beforehand(session: Session, scene: Scene, officer: FlaskClient) -> None:
    order = claimed(scene)
    session.commit()
    shown = page(officer, order.number)
    field = shown[shown.index('for="reject-reason"') : shown.index('for="reject-note"')]
    assert field[field.index("<option") :].startswith('<option selected value=""') or "selected" not in field
    assert "必填" in field
    assert "选填" not in field
    refused = officer.post(f"/claims/{order.number}/reject", data={"reject-note": "现场核实未开展"})
    assert refused.status_code == 422
    assert "选择不予核销的原因" in refused.get_data(as_text=True)
    assert order.state is OrderState.CLAIMED


def test_figures_that_nobody_compared_are_marked_on_both_sides(
    session: Session, scene: Scene, officer: FlaskClient, provider: FlaskClient
) -> None:
    unread = "按订单预填，未与票面核对"
    waiting, order = scene.order_in(OrderState.CONFIRMED), claimed(scene)
    session.commit()
    assert provider.get(f"/orders/{waiting.number}/claim").get_data(as_text=True).count(unread) == 3
    # The scene's buyer is stated by code, which nobody prefilled.
    assert page(officer, order.number).count(f'<small class="hint">{unread}') == 2
    assert page(officer, order.number).count(f"（{unread}）") == 2


def test_both_dates_of_a_resubmission_are_shown(session: Session, scene: Scene, provider: FlaskClient) -> None:
    order = claimed(scene)
    assert "再次提交" not in page(provider, order.number)
    deciding.send_back(session, scene.officer, order.number, marks=["records"], reason="incomplete")
    with travel(now() + timedelta(days=3)):
        claiming.submit(session, scene.clerk, order.number, invoice=invoice(order))
    session.commit()
    shown = page(provider, order.number)
    assert shown.index("提交时间") < shown.index("再次提交时间")


def test_a_redemption_is_taken_back_by_two_people(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = verified(scene)
    session.commit()
    officer = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    reviewer = sign_in(person(session, scene.bureau.id, Role.REVIEWER))
    inspector = sign_in(person(session, scene.bureau.id, Role.INSPECTOR))
    url = f"/claims/{order.number}/undo"
    assert "提请撤销核销" in page(officer, order.number)
    assert "提请撤销核销" not in page(inspector, order.number)
    bare = officer.post(f"{url}/ask", data={})
    assert bare.status_code == 422
    assert "写明原因，复核人据此决定" in bare.get_data(as_text=True)
    assert officer.post(f"{url}/ask", data={"ask-reason": "核错了企业"}).status_code == 303
    assert "由本单位另一位工作人员复核后才会撤销" in page(officer, order.number)
    shown = page(reviewer, order.number)
    assert "提请撤销：核错了企业" in shown
    assert "同意并撤销核销" in shown
    assert "复核：撤销核销" in reviewer.get("/").get_data(as_text=True)
    wrong = reviewer.post(url, data={"undo-password": "mistyped password"})
    assert wrong.status_code == 403
    assert "密码不正确" in wrong.get_data(as_text=True)
    assert reviewer.post(url, data={"undo-password": make.PASSWORD}).status_code == 303
    session.expire_all()
    assert order.state is OrderState.CLAIMED
    assert "核销已撤销，需要重新核验：核错了企业" in page(officer, order.number)


def test_a_colleague_declines(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = verified(scene)
    session.commit()
    officer = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    reviewer = sign_in(person(session, scene.bureau.id, Role.REVIEWER))
    url = f"/claims/{order.number}/undo"
    assert officer.post(f"{url}/ask", data={"ask-reason": "核错了企业"}).status_code == 303
    assert reviewer.post(f"{url}/decline", data={"decline-reason": "核验没有错"}).status_code == 303
    assert "提请撤销核销" in page(reviewer, order.number)
    session.expire_all()
    assert order.state is OrderState.VERIFIED
