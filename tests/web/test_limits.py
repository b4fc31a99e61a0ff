"""Lists that do not end silently: one row more than a page shows is told, and can be found."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import factories as make
import pytest
from claim_cases import claimed
from flask import Flask
from flask.testing import FlaskClient
from order_cases import Scene, person
from provider_cases import People
from sqlalchemy.orm import Session

import accounts.delegation
import accounts.sessions
import providers.queries
import verification.presentation
import verification.queries
import web.finding
from accounts.desk import figures, others, waiting
from accounts.models import Membership, MembershipState, OrganisationKind
from accounts.queries import unmanaged_among
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.clock import now, today
from orders.models import OrderState
from verification.deciding import verify

pytestmark = pytest.mark.clock


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def test_a_providers_page_is_turned_to_its_last_service(session: Session, client: FlaskClient, monkeypatch) -> None:
    monkeypatch.setattr(providers.queries, "PAGE_SIZE", 2)
    people = People(session, certified=True)
    names = [f"诊断服务{place}" for place in range(3)]
    for place, name in enumerate(names):
        people.listed(
            name=name, **({} if place < 2 else {"category": "listing_and_finance", "kind": "listing_and_finance"})
        )
    session.commit()
    address = f"/providers/{people.provider.uscc}"
    first, second = client.get(address).text, client.get(f"{address}?page=2").text
    assert [name in first for name in names] == [True, True, False]
    assert [name in second for name in names] == [False, False, True]
    for page in (first, second):
        assert "服务（3）" in page
        assert "共 3 项服务" in page
        assert "category=listing_and_finance" in page, "the categories are those of all services"
    assert 'rel="next" href="?page=2"' in first


def test_both_lists_of_delegations_are_turned_each_by_itself(session: Session, sign_in, monkeypatch) -> None:
    monkeypatch.setattr(accounts.delegation, "PAGE_SIZE", 2)
    scene = Scene(session)
    for number in range(3):
        upper = make.organisation(session, OrganisationKind.BUREAU, f"上级单位{number}", "350000")
        facts = {"programme_id": None, "valid_from": today(), "valid_to": today() + timedelta(days=30)}
        accounts.delegation.give(session, scene.reviewer, to_bureau_id=upper.id, reason="人手不足", **facts)
    browser = sign_in(make.member(session, scene.bureau, Role.OFFICER))
    first, second = browser.get("/delegations").text, browser.get("/delegations?given=2").text
    assert [f"上级单位{number}" in first for number in range(3)] == [False, True, True]
    assert [f"上级单位{number}" in second for number in range(3)] == [True, False, False]
    assert 'rel="next" href="?given=2"' in first
    assert "没有委托" in second, "nothing was received, on this page too"


def _asking(session: Session, *, managed: bool) -> Membership:
    firm = make.enterprise(session)
    if managed:
        make.member(session, firm, Role.ENTERPRISE_MANAGER)
    found = make.member(session, firm, Role.ENTERPRISE_MEMBER)
    found.state = MembershipState.REQUESTED
    session.flush()
    return found


def _locked(session: Session) -> Membership:
    found = make.member(session, make.enterprise(session), Role.ENTERPRISE_MANAGER)
    make.member(session, make.enterprise(session), Role.ENTERPRISE_MEMBER).user = found.user
    found.user.locked_until = now() + timedelta(minutes=10)
    session.flush()
    return found


def test_the_administrators_desk_counts_what_it_does_not_show(session: Session) -> None:
    """And what managers have to do does not take the place of what nobody else can do."""
    administrator = make.actor(
        session, make.organisation(session, OrganisationKind.OPERATOR, "运营方"), Role.ADMINISTRATOR
    )
    managed = [_asking(session, managed=True) for _ in range(3)]
    alone = [_asking(session, managed=False) for _ in range(3)]
    for _ in range(3):
        _locked(session)
    mine, theirs = waiting(session, administrator, 2), others(session, administrator, 2)
    assert (len(mine), mine.total, len(theirs), theirs.total) == (4, 6, 2, 3)
    assert [figure.count for figure in figures(session, administrator)][1:] == [6, 3]
    assert unmanaged_among(session, [*managed, *alone]) == {one.id for one in alone}


def test_the_account_tells_how_many_sign_ins_it_does_not_show(session: Session, sign_in, monkeypatch) -> None:
    monkeypatch.setattr(accounts.sessions, "PAGE_SIZE", 2)
    membership = make.member(session, make.enterprise(session), Role.ENTERPRISE_MANAGER)
    sign_in(membership)
    assert "显示前" not in sign_in(membership).get("/account").text
    assert "共 3 项，显示前 2 项。" in sign_in(membership).get("/account").text


def test_the_search_over_everything_says_where_a_kind_ends(session: Session, sign_in, monkeypatch) -> None:
    for module in (providers.queries, web.finding):
        monkeypatch.setattr(module, "MOST_FOUND", 2)
    people = People(session)
    browser = sign_in(people.officer_membership)
    for number in range(3):
        assert ("每类只显示前 2 项" in browser.get("/search?q=鹭岛").text) == (number >= 2)
        make.enterprise(session, name=f"鹭岛第 {number} 公司")
        session.commit()
    assert browser.get("/search?q=鹭岛").text.count("鹭岛第") == 2


def test_an_enterprise_is_told_how_many_orders_of_a_service_it_has(session: Session, sign_in) -> None:
    scene = Scene(session)
    voucher = scene.voucher()
    placed = [scene.order_in(OrderState.DOCKING, voucher) for _ in range(4)]
    browser = sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MANAGER))
    page = browser.get(f"/catalogue/{scene.offering.number}/order").text
    assert "共 4 个，在订单中查看" in page
    shown = page.split('name="under_way" value="')[1].split('"')[0].split()
    assert sorted(shown) == sorted(order.number for order in placed), "what was there is not taken for a new one later"


def test_a_case_says_where_its_deeds_and_earlier_decisions_end(
    session: Session, app: Flask, sign_in, monkeypatch
) -> None:
    scene = Scene(session)
    claimed(scene)
    for _ in range(2):
        verify(session, scene.officer, claimed(scene).number, note="模板照片，已实地核实")
    order = claimed(scene)
    browser, address = sign_in(make.member(session, scene.bureau, Role.OFFICER)), f"/claims/{order.number}"
    whole = browser.get(address).text
    assert "显示最近" not in whole
    monkeypatch.setitem(app.jinja_env.globals, "most_told", 1)
    monkeypatch.setattr(verification.presentation, "MOST_EARLIER", 2)
    cut = browser.get(address).text
    assert "显示最近 1 项；更早的由审计人员" in cut
    assert "显示最近 2 次；更早的在核验列表" in cut
