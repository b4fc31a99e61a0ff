"""People in difficulties: without JavaScript, without a mouse, twice, in two tabs, signed out, with the wrong file."""

from collections.abc import Callable
from typing import Final

import pytest
from browsers import PHONE, Person
from order_cases import PDF, PNG
from playwright.sync_api import expect
from sqlalchemy import func, select, update

from accounts.models import SignIn, User
from foundation.actors import Role
from foundation.clock import now, today
from orders.models import Order, OrderState

from .conftest import Furnished

pytestmark = [pytest.mark.browser, pytest.mark.clock]

Welcome = Callable[[Person], Person]
MOST_TABS = 60


def test_without_javascript(furnished: Furnished, leaving: Welcome) -> None:
    buyer = leaving(furnished.buyer(java_script_enabled=False))
    _find_offering(buyer, furnished)
    buyer.follow("下单")
    buyer.fill("需求说明", "没有脚本也能下单")
    buyer.press("下单并占用抵扣额")
    buyer.reads("已下单，金额已占用", "没有脚本也能下单", "¥50,000.00")


def test_with_the_keyboard_alone(furnished: Furnished, leaving: Welcome) -> None:
    buyer = leaving(furnished.buyer())
    buyer.context.clear_cookies()
    buyer.goto("/")
    _tab_to(buyer, "登录")
    _enter(buyer)
    expect(buyer.field("邮箱")).to_be_focused()
    buyer.page.keyboard.type(buyer.email)
    _tab_to(buyer, "密码")
    buyer.page.keyboard.type(buyer.password)
    _enter(buyer)
    _tab_to(buyer, "搜索服务产品、订单、机构")
    buyer.page.keyboard.type("诊断")
    _enter(buyer)
    _tab_to(buyer, "工业互联网诊断")
    _enter(buyer)
    _tab_to(buyer, "下单")
    _enter(buyer)
    _tab_to(buyer, "需求说明")
    buyer.page.keyboard.type("只用键盘")
    _tab_to(buyer, "下单并占用抵扣额")
    _enter(buyer)
    buyer.reads("已下单，金额已占用", "只用键盘")


def test_first_tab_leads_past_the_menu(furnished: Furnished, leaving: Welcome) -> None:
    buyer = leaving(furnished.buyer())
    buyer.goto("/catalogue")
    _tab_to(buyer, "跳到正文", most=1)
    buyer.page.keyboard.press("Enter")
    expect(buyer.page.locator("main")).to_be_focused()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_double_click_and_back_button_order_once(furnished: Furnished, leaving: Welcome, script: bool) -> None:
    buyer = leaving(furnished.buyer(java_script_enabled=script))
    before = _orders(furnished)
    buyer.goto(f"/catalogue/{furnished.scene.offering.number}/order")
    buyer.page.get_by_role("button", name="下单并占用抵扣额").dblclick(no_wait_after=True)
    buyer.page.wait_for_url("**/orders/*")
    first = buyer.page.url
    assert _orders(furnished) == before + 1
    buyer.page.go_back()
    buyer.reads("已有进行中的订单", first.rpartition("/")[2])
    if script:
        buyer.page.get_by_role("button", name="下单并占用抵扣额").click()
        buyer.page.wait_for_url("**/orders/*")
        assert buyer.page.url == first, "the second sending is answered as the first one was"
    assert _orders(furnished) == before + 1


def test_two_tabs_do_not_do_it_twice(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.CONTRACTED)
    confirmed = furnished.scene.order_in(OrderState.DOCKING)
    furnished.session.commit()
    assert order.number != confirmed.number
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.goto(f"/orders/{confirmed.number}")
    other = clerk.new_page()
    other.goto(clerk.page.url)
    clerk.page.locator("summary", has_text="对接未成功").click()
    clerk.fill("未成功的原因", "企业已停产", within="details[open]")
    clerk.press("对接未成功")
    clerk.reads("订单已作废")
    clerk.page.close()
    clerk.page = other
    clerk.page.locator("summary", has_text="取消订单").click()
    clerk.fill("取消原因", "重复", within="details[open]")
    clerk.press("取消订单")
    clerk.reads("不能", "已作废")


def test_session_ended_while_typing(furnished: Furnished, leaving: Welcome) -> None:
    buyer = leaving(furnished.buyer())
    buyer.goto(f"/catalogue/{furnished.scene.offering.number}/order")
    buyer.fill("需求说明", "写了很久的需求说明")
    furnished.session.execute(
        update(SignIn)
        .where(SignIn.user_id == select(User.id).where(User.email == buyer.email).scalar_subquery())
        .values(ended_at=now())
    )
    furnished.session.commit()
    buyer.press("下单并占用抵扣额")
    assert "/sign-in" in buyer.page.url
    buyer.reads("登录")
    buyer.fill("邮箱", buyer.email)
    buyer.fill("密码", buyer.password)
    buyer.press("登录")
    assert buyer.page.url.endswith("/order")
    assert buyer.field("需求说明").input_value() == "写了很久的需求说明"
    buyer.press("下单并占用抵扣额")
    buyer.reads("已下单，金额已占用", "写了很久的需求说明")


def test_a_file_that_is_too_large(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.DOCKING)
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.goto(f"/orders/{order.number}/agreement")
    clerk.reads("一个文件，不超过 20 MB")
    clerk.attach("服务协议", "协议.pdf", PDF + b"\0" * (21 * 1024 * 1024))
    expect(clerk.page.locator(".chosen-files .too-large")).to_contain_text("超过 20 MB")
    clerk.fill("协议编号", "HT-21")
    clerk.fill("签订日期", today().isoformat())
    clerk.press("上传并代表本单位确认")
    assert "20 MB" in clerk.page.locator("#file-error").inner_text()
    assert clerk.field("协议编号").input_value() == "HT-21", "what was typed stays"
    clerk.accessible()


def test_a_program_is_refused_with_the_way_out_and_a_pdf_named_png_is_kept_as_pdf(
    furnished: Furnished, leaving: Welcome
) -> None:
    order = furnished.scene.order_in(OrderState.CONTRACTED)
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.goto(f"/orders/{order.number}/records/new")
    clerk.fill("服务内容", "上门诊断")
    clerk.fill("服务成果", "形成报告")
    clerk.reads("每个文件不超过 20 MB，一次最多 20 个")
    clerk.attach("过程材料", "现场照片.png", b"MZ\x90\0", "image/png")
    clerk.attach("成果材料", "照片.png", PNG, "image/png")
    clerk.press("提交服务记录")
    said = clerk.page.locator("#process_files-error").inner_text()
    assert "程序不能作为材料" in said, said
    assert clerk.field("服务内容").input_value() == "上门诊断", "what was typed stays"
    clerk.accessible()
    clerk.attach("过程材料", "现场照片.png", PDF, "image/png")
    clerk.attach("成果材料", "照片.png", PNG, "image/png")
    clerk.press("提交服务记录")
    clerk.reads("服务记录已提交", "现场照片.pdf", "照片.png")


def test_amount_with_three_decimals_and_dates_out_of_window(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.CONFIRMED)
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.goto(f"/orders/{order.number}/claim")
    clerk.fill("价税合计", "100000.005")
    clerk.fill("发票号码", "24352000000000009999")
    clerk.attach("发票文件", "发票.pdf", PDF)
    clerk.press("提交核销申请")
    clerk.reads("还有几处需要修改")
    assert clerk.page.locator("#amount-error").inner_text()
    assert clerk.field("价税合计").input_value() == "100000.005"
    assert clerk.field("发票号码").input_value() == "24352000000000009999"
    clerk.accessible()


@pytest.mark.parametrize("width", [640, 375])
def test_twice_as_large_nothing_sticks_out(furnished: Furnished, leaving: Welcome, width: int) -> None:
    """A page at 200 % on a 1280 px screen is 640 px wide."""
    order = furnished.scene.order_in(OrderState.CONFIRMED)
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MANAGER))
    clerk.page.set_viewport_size({"width": width, "height": 700})
    number = furnished.scene.offering.number
    for path in (
        "/",
        "/catalogue",
        f"/catalogue/{number}",
        "/orders",
        f"/orders/{order.number}",
        f"/orders/{order.number}/claim",
        "/records",
        "/offerings",
        "/certifications",
        "/targets/new",
        "/statements",
        "/account",
        "/help",
    ):
        clerk.goto(path)
        clerk.fits()
    clerk.goto("/larger-type?next=/orders")
    clerk.fits()


LONG_NAME: Final = "厦门市海沧区精密机械与智能装备制造技术研究开发有限责任公司"
_SCROLLING: Final = """() => [...document.querySelectorAll(".list-frame")].map((frame) => [
  frame.scrollWidth > frame.clientWidth, frame.tabIndex === 0, frame.getAttribute("role") === "region" && !!frame.ariaLabel])"""


def test_long_names_do_not_push_the_amounts_away(furnished: Furnished, leaving: Welcome) -> None:
    scene = furnished.scene
    scene.provider.name = LONG_NAME
    scene.offered.name = "面向中小企业的数字化转型诊断、改造方案设计与实施陪跑服务"
    for state in (OrderState.DOCKING, OrderState.IN_SERVICE, OrderState.CLAIMED):
        order = scene.order_in(state)
        order.enterprise.name = LONG_NAME[::-1]
    furnished.settle()
    officer = leaving(furnished.person(scene.bureau, Role.OFFICER))
    for path in ("/orders", "/claims", "/offerings"):
        officer.goto(path)
        assert [row for row in officer.page.evaluate(_SCROLLING) if row[0]] == [], f"{path} scrolls sideways"
    officer.goto("/larger-type?next=/")
    officer.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for language in ("zh_Hans_CN", "en"):
        officer.goto(f"/language/{language}?next=/")
        for path in (
            "/catalogue",
            f"/catalogue/{scene.offering.number}",
            f"/providers/{scene.provider.uscc}",
            "/orders",
        ):
            officer.goto(path)
            officer.fits()


def test_paper_has_nothing_to_fill_in(furnished: Furnished, leaving: Welcome) -> None:
    order = furnished.scene.order_in(OrderState.DELIVERED)
    furnished.session.commit()
    clerk = leaving(furnished.person(furnished.scene.provider, Role.PROVIDER_MEMBER))
    clerk.page.emulate_media(media="print")
    for path in ("/verify", f"/orders/{order.number}", "/catalogue"):
        clerk.goto(path)
        assert clerk.page.locator("h1").first.is_visible(), path
        for left_out in ("form", "nav.side", "header.top", "main a.btn", "main button"):
            shown = [one for one in clerk.page.locator(left_out).all() if one.is_visible()]
            assert not shown, f"{path} prints {left_out}: {shown[0].inner_text()}"


def test_what_scrolls_sideways_can_be_scrolled_by_keyboard(furnished: Furnished, leaving: Welcome) -> None:
    officer = leaving(furnished.person(furnished.scene.bureau, Role.OFFICER))
    without_script = leaving(furnished.person(furnished.scene.bureau, Role.OFFICER, java_script_enabled=False))
    furnished.scene.place()
    furnished.session.commit()
    officer.goto("/orders")
    assert officer.page.evaluate(_SCROLLING) == [[False, False, False]], (
        "no stop for the keyboard where nothing scrolls"
    )
    officer.page.set_viewport_size({"width": 820, "height": 700})
    officer.page.wait_for_function("() => document.querySelector('.list-frame').tabIndex === 0")
    assert officer.page.evaluate(_SCROLLING) == [[True, True, True]]
    officer.accessible()
    without_script.goto("/orders")
    assert without_script.page.get_by_role("region", name="订单").get_attribute("tabindex") == "0"


def _find_offering(person: Person, furnished: Furnished) -> None:
    person.goto("/catalogue")
    person.fill("找什么服务", "诊断")
    person.press("搜索")
    person.follow("工业互联网诊断")


def _orders(furnished: Furnished) -> int:
    furnished.session.rollback()
    return furnished.session.scalar(select(func.count()).select_from(Order)) or 0


def _tab_to(person: Person, name: str, most: int = MOST_TABS) -> None:
    """Press Tab until what has this name has the focus, and see that one can see it."""
    for _ in range(most):
        person.page.keyboard.press("Tab")
        found = person.page.evaluate(_FOCUSED)
        if found["name"].startswith(name):
            assert found["seen"], f"the focus on “{name}” cannot be seen on {person.page.url}"
            return
    raise AssertionError(f"“{name}” cannot be reached by {most} tabs on {person.page.url}")


def _enter(person: Person) -> None:
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")


_FOCUSED = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
  return {
    name: (label || one.getAttribute("aria-label") || one.innerText || "").trim(),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none",
  };
}"""
