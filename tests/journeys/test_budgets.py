"""How many pages a journey takes and how much must be typed, counted from the signed-in desk.

A page is one that is opened before the deed is done; the answer after the last button is not counted.
"""

from collections.abc import Callable
from typing import Any, Final

import factories as make
import pytest
from browsers import Person
from claim_cases import Office, claimed, verified
from order_cases import PNG
from sqlalchemy import literal, select

from accounts.models import Organisation
from foundation.actors import Role
from orders.models import OrderState

from .conftest import Furnished

pytestmark = pytest.mark.browser

Welcome = Callable[[Person], Person]
SERVICE = "工业互联网诊断"
ALT_V: Final[dict[str, Any]] = {
    "type": "keyDown",
    "modifiers": 1,
    "key": "v",
    "code": "KeyV",
    "windowsVirtualKeyCode": 86,
    "text": "v",
    "unmodifiedText": "v",
}


def test_visitor_finds_an_offering_and_its_cost(furnished: Furnished, leaving: Welcome) -> None:
    visitor = leaving(Person(furnished.browser, furnished.house, "访客"))
    visitor.goto("/")
    visitor.reset()
    visitor.fill("您需要什么服务", "诊断")
    visitor.press("搜索目录")
    visitor.follow(SERVICE)
    visitor.reads("¥100,000.00", "¥50,000.00", "抵扣")
    _took(visitor, pages=2, typed=1)


def test_visitor_checks_a_statement(furnished: Furnished, leaving: Welcome) -> None:
    visitor = leaving(Person(furnished.browser, furnished.house, "访客"))
    visitor.goto("/")
    visitor.reset()
    visitor.menu("核验结算单")
    visitor.fill("结算单编号", "JS-350200-2026-9999")
    visitor.press("核验")
    visitor.reads("没有编号为 JS-350200-2026-9999 的结算单")
    _took(visitor, pages=1, typed=1, answers=1)


def test_enterprise_claims(furnished: Furnished, leaving: Welcome) -> None:
    scene = furnished.scene
    enterprise = leaving(furnished.person(_titled(furnished), Role.ENTERPRISE_MANAGER))
    enterprise.reset()
    enterprise.follow(scene.programme.name)
    enterprise.reads("现在可以申领 ¥500,000.00")
    enterprise.press("申领 ¥500,000.00")
    enterprise.reads("¥500,000.00")
    _took(enterprise, pages=2, typed=0, answers=1)


def test_enterprise_orders(furnished: Furnished, leaving: Welcome) -> None:
    buyer = leaving(furnished.buyer())
    buyer.reset()
    buyer.fill("搜索服务产品、订单、机构", "诊断", within="header")
    buyer.press("搜索", within="header")
    buyer.follow(SERVICE)
    buyer.follow("下单", exact=True)
    buyer.fill("需求说明", "两条产线")
    buyer.press("下单并占用抵扣额")
    buyer.reads("已下单，金额已占用")
    _took(buyer, pages=4, typed=2, answers=1)


def test_enterprise_confirms_and_rates(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.DELIVERED)
    buyer = leaving(furnished.person(order.enterprise, Role.ENTERPRISE_MEMBER))
    buyer.reset()
    buyer.follow("确认成效并评价")
    buyer.tick("满意")
    buyer.press("确认成效并评价")
    buyer.reads("成效确认")
    _took(buyer, pages=1, typed=0, answers=1)


def test_provider_lists_one_like_another(furnished: Furnished, leaving: Welcome) -> None:
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MANAGER))
    clerk.goto(f"/offerings/{furnished.scene.offering.number}")
    clerk.reset()
    clerk.more("照此新建一项")
    clerk.fill("服务产品名称", "工业互联网诊断（五条产线）")
    clerk.press("提交审核")
    clerk.reads("已提交审核")
    _took(clerk, pages=2, typed=1, answers=1)


def test_provider_files_a_record_on_the_phone(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.CONTRACTED)
    options = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER, **options))
    clerk.reset()
    clerk.page.locator(f"a[href*='{order.number}']").first.click()
    clerk.page.wait_for_url("**/records/new")
    clerk.fill("服务内容", "上门诊断")
    clerk.fill("服务成果", "方案一份")
    clerk.attach("过程材料", "现场.png", PNG, "image/png")
    clerk.press("提交服务记录")
    clerk.reads("上门诊断")
    _took(clerk, pages=1, typed=3, answers=1)


def test_provider_claims(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.CONFIRMED)
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.reset()
    clerk.page.locator(f"main a[href*='{order.number}']").first.click()
    clerk.page.wait_for_url("**/claim")
    clerk.attach("发票文件", "发票.png", PNG + b"", "image/png")
    clerk.fill("发票号码", "24352000000000007777")
    clerk.tick("已在税务局发票查验平台自查")
    clerk.press("提交核销申请")
    clerk.reads("核销申请已提交")
    _took(clerk, pages=1, typed=1, answers=1)


def test_officer_decides_a_claim(furnished: Furnished, leaving: Welcome) -> None:
    order = claimed(furnished.scene)
    officer = leaving(furnished.person(furnished.scene.bureau, Role.OFFICER))
    officer.reset()
    officer.page.locator(f"main a[href*='{order.number}']").first.click()
    # The scene's evidence is the same file each time, so this one needs a word; a clean one needs none.
    officer.fill("核验意见", "已核对")
    officer.press("核销")
    officer.reads("已核销，金额转为应付服务机构")
    _took(officer, pages=1, typed=1, answers=1)


def test_officer_decides_a_clean_claim_with_one_key(
    furnished: Furnished, leaving: Welcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The scene's evidence is the same file each time.
    for reader in ("verification.facts", "verification.at_hand"):
        monkeypatch.setattr(f"{reader}.files_elsewhere", lambda *_: select(literal(0)).scalar_subquery())
    order, _other = claimed(furnished.scene), claimed(furnished.scene)
    officer = leaving(furnished.person(furnished.scene.bureau, Role.OFFICER))
    officer.reset()
    officer.page.locator(f"main a[href*='{order.number}']").first.click()
    officer.reads("全部符合")
    with officer.page.expect_navigation():
        # The access key, as a keyboard sends it; Playwright's own press leaves out the text by which it is found.
        officer.context.new_cdp_session(officer.page).send("Input.dispatchKeyEvent", ALT_V)
    officer.reads("已核销，金额转为应付服务机构")
    _took(officer, pages=1, typed=0, answers=1)
    # Enter opens the claim that waits longest.
    with officer.page.expect_navigation():
        officer.page.keyboard.press("Enter")
    officer.reads("待核验")
    assert order.number not in officer.page.url


def test_officer_returns_a_claim(furnished: Furnished, leaving: Welcome) -> None:
    order = claimed(furnished.scene)
    officer = leaving(furnished.person(furnished.scene.bureau, Role.OFFICER))
    officer.reset()
    officer.page.locator(f"main a[href*='{order.number}']").first.click()
    officer.page.locator("#return").get_by_label("服务记录").check()
    officer.choose("退回原因", "材料不全")
    officer.press("退回服务机构补正")
    officer.reads("已退回补正", "服务记录", "材料不全")
    _took(officer, pages=1, typed=0, answers=1)


def test_treasury_approves_a_batch(furnished: Furnished, leaving: Welcome) -> None:
    verified(furnished.scene)
    batch = Office(furnished.session, furnished.scene).reviewed()
    budget = leaving(furnished.person(furnished.scene.treasury, Role.BUDGET_HOLDER))
    budget.reset()
    budget.follow(batch.number)
    budget.fill("您的登录密码", budget.password)
    budget.press("批准")
    budget.reads("已批准，结算单已出具")
    _took(budget, pages=2, typed=1, answers=1)


@pytest.mark.parametrize("state", [OrderState.DOCKING, OrderState.CONTRACTED, OrderState.DELIVERED, OrderState.CLAIMED])
def test_home_says_where_my_case_is(furnished: Furnished, leaving: Welcome, state: OrderState) -> None:
    order = furnished.scene.order_in(state)
    buyer = leaving(furnished.person(order.enterprise, Role.ENTERPRISE_MEMBER))
    buyer.reset()
    found = buyer.page.locator(f"main li:has(a[href*='{order.number}'])").first
    said = found.inner_text()
    assert SERVICE in said
    assert state is OrderState.DELIVERED or "经办：" in said, f"who has it: {said}"
    _took(buyer, pages=0, typed=0)


def _took(person: Person, *, pages: int, typed: int, answers: int = 0) -> None:
    """At most so many pages and typed fields; ``answers`` are pages that only say that it is done."""
    assert person.pages - answers <= pages, f"{person.pages - answers} pages instead of {pages}"
    assert person.typed <= typed, f"{person.typed} typed fields instead of {typed}"


def _titled(furnished: Furnished) -> Organisation:
    enterprise = make.enterprise(furnished.session)
    furnished.session.commit()
    return enterprise
