"""What orders add to the catalogue, and what a revoked certification does to orders."""

from types import SimpleNamespace

import factories as make
from flask.testing import FlaskClient
from order_cases import Scene, person
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.actors import Role
from ledger.verification import verify
from orders.desk import others
from orders.extras import best_offer, best_offers
from orders.models import OrderState
from orders.revocation import REVOKED
from providers.events import certification_revoked
from vouchers.wallets import wallet


def test_a_visitor_sees_what_a_voucher_would_pay(session: Session):
    scene = Scene(session)
    extra = best_offer(session, None, scene.offered)
    assert extra is not None
    assert extra.context["offer"].deduction.deduction == 5_000_000
    assert best_offers(session, None, [scene.offered])[scene.offering.id]["pays"] == 5_000_000


def test_an_enterprise_sees_its_own_voucher_first(session: Session):
    scene = Scene(session)
    voucher = scene.voucher(face=1_000_000)
    extra = best_offer(session, scene.buyer(voucher), scene.offered)
    assert extra is not None
    numbers = {extra.context["offer"].voucher_number, extra.context["offer"].programme_number}
    assert numbers & {voucher.number, scene.programme.number}


def test_the_next_step_fits_whoever_looks(session: Session, client: FlaskClient, sign_in):
    """One main button: sign in, order, claim first, or turn to the provider where no voucher pays."""
    scene, free = Scene(session), Scene(session, charged_price=0)
    loan = Scene(session, category="listing_and_finance")
    for one in (free, loan):
        one.provider.phone = "0592-7654321"
    voucher = scene.voucher()
    session.flush()
    buyer = sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MEMBER))
    entitled = sign_in(person(session, make.enterprise(session, TitleLevel.SRDI).id, Role.ENTERPRISE_MANAGER))
    untitled = sign_in(person(session, make.enterprise(session, None).id, Role.ENTERPRISE_MANAGER))
    address = f"/catalogue/{scene.offering.number}"
    assert f'href="{address}/order">下单' in buyer.get(address).get_data(as_text=True)
    assert '/claim">申领服务券' in entitled.get(address).get_data(as_text=True)
    page = untitled.get(address).get_data(as_text=True)
    assert f'href="{address}/order">怎样取得服务券' in page
    assert "登录后下单" in client.get(address).get_data(as_text=True)
    for one, words in ((free, "这项服务免费，不用券"), (loan, "这项服务不能用券")):
        for browser in (client, buyer):
            page = browser.get(f"/catalogue/{one.offering.number}").get_data(as_text=True)
            assert words in page
            assert "0592-7654321" in page
            assert f"/catalogue/{one.offering.number}/order" not in page


def test_a_provider_does_not_wait_for_itself(session: Session):
    """An order in line is nobody's turn: its place comes by itself."""
    scene = Scene(session)
    scene.order_in_any(OrderState.PLACED)
    held = [item.holder for item in others(session, scene.clerk)]
    assert held == ["有名额空出时自动轮到"]


def test_who_does_not_buy_sees_no_order_button(session: Session):
    scene = Scene(session)
    assert best_offer(session, scene.officer, scene.offered) is None
    assert best_offers(session, scene.clerk, [scene.offered]) == {}


def test_a_revoked_certification_voids_undocked_orders_and_gives_the_money_back(session: Session):
    scene = Scene(session)
    voucher = scene.voucher()
    docking = scene.place(voucher)
    other = Scene(session).place()
    certification_revoked.send(
        SimpleNamespace(organisation_id=scene.provider.id),
        session=session,
        actor=make.actor(session, scene.bureau, Role.REVIEWER),
    )
    assert (docking.state, docking.ended_reason) == (OrderState.VOIDED, REVOKED)
    assert other.state is OrderState.DOCKING
    assert wallet(session, voucher).available == voucher.face
    assert verify(session).ok


def test_who_lies_in_another_region_is_told_so_beside_an_offering(session: Session, sign_in):
    """Not that there are no vouchers: claims are open, but not for this enterprise."""
    scene = Scene(session)
    stranger = make.enterprise(session, TitleLevel.SRDI, code="430000")
    browser = sign_in(person(session, stranger.id, Role.ENTERPRISE_MANAGER))
    assert "现在开放申领的项目都限其他地区的企业" in browser.get(f"/catalogue/{scene.offering.number}").text
