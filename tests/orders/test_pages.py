"""The pages of orders, walked by all sides through the shell."""

import io
import re
from collections.abc import Callable
from typing import Any

import factories as make
import pytest
from flask.testing import FlaskClient
from order_cases import PDF, PNG, Scene, person
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from accounts.models import Membership, Organisation, User
from audit.models import AuditEvent
from enterprises.models import TitleLevel
from files.models import Attachment
from foundation.actors import Role
from foundation.clock import today
from foundation.identifiers import new_id
from orders.models import Order, OrderState
from vouchers.models import Voucher
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


@pytest.fixture(scope="module")
def engine(limited_engine):
    """Everything here runs as the database role of web and worker."""
    return limited_engine


SignIn = Callable[[Membership], FlaskClient]


@pytest.fixture
def voucher(scene: Scene) -> Voucher:
    return scene.voucher()


@pytest.fixture
def enterprise(session: Session, voucher: Voucher, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, voucher.enterprise_id, Role.ENTERPRISE_MEMBER))


@pytest.fixture
def provider(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))


@pytest.fixture
def officer(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.bureau.id, Role.OFFICER))


def send(browser: FlaskClient, url: str, **fields: Any) -> TestResponse:
    """A form as a browser sends it, with a submission id of its own unless given."""
    files = {name: FileStorage(*value) for name, value in fields.items() if isinstance(value, tuple)}
    boundary, body = encode_multipart({"submission_id": str(new_id()), **fields, **files})
    return browser.post(url, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def done(response: TestResponse) -> None:
    assert response.status_code == 303, response.get_data(as_text=True)


def order_form(scene: Scene, voucher: Voucher, **changes: Any) -> dict[str, Any]:
    return {
        "voucher": voucher.number,
        "charged_price": "10000000",
        f"deduction-{voucher.number}": "5000000",
        **changes,
    }


def test_the_whole_way_from_the_form_to_the_letter(  # noqa: PLR0917 - everybody takes part
    session: Session,
    scene: Scene,
    voucher: Voucher,
    enterprise: FlaskClient,
    provider: FlaskClient,
    officer: FlaskClient,
    client: FlaskClient,
) -> None:
    page = enterprise.get(f"/catalogue/{scene.offering.number}/order").get_data(as_text=True)
    assert "¥50,000.00" in page
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    done(send(enterprise, f"/catalogue/{scene.offering.number}/order", **hidden, voucher=voucher.number))
    order = session.scalars(select(Order)).one()
    case = f"/orders/{order.number}"
    done(send(provider, f"{case}/docking/success"))
    agreement = {
        "agreement_number": "HT-2026-1",
        "signed_on": today().isoformat(),
        "file": (io.BytesIO(PDF), "协议.pdf"),
    }
    done(send(provider, f"{case}/agreement", **agreement))
    done(send(enterprise, f"{case}/agreement/confirm"))
    record = {
        "description": "现场诊断两条产线",
        "result": "形成改造方案",
        "digital_enterprises": "y",
        "delivered_on": today().isoformat(),
        "channel": "offline",
        "place": "厂区",
        "delivered_by": "王工",
        "process_files": (io.BytesIO(PNG), "现场.png"),
        "result_files": (io.BytesIO(PDF), "方案.pdf"),
    }
    done(send(provider, f"{case}/records/new", **record))
    done(send(enterprise, f"{case}/records/1/contest", reason="日期不对"))
    page = provider.get(f"{case}/records/1/amend").get_data(as_text=True)
    assert "日期不对" in page
    assert "现场诊断两条产线" in page
    record["result"] = "形成改造方案和报价"
    done(
        send(
            provider,
            f"{case}/records/1/amend",
            **{k: v for k, v in record.items() if k not in {"process_files", "result_files"}},
        )
    )
    done(send(enterprise, f"{case}/records/1/confirm"))
    done(send(provider, f"{case}/delivery"))
    done(send(enterprise, f"{case}/confirmation", rating="5", comment="很好"))
    session.refresh(order)
    assert order.state is OrderState.CONFIRMED
    for browser in (enterprise, provider, officer):
        assert "形成改造方案和报价" in browser.get(case).get_data(as_text=True)
        assert order.number in browser.get("/orders").get_data(as_text=True)
        assert order.number in browser.get("/records").get_data(as_text=True)
    letter = enterprise.get(f"{case}/confirmation.pdf")
    assert letter.data.startswith(b"%PDF-")
    check = client.get(f"/confirmations/{order.number}").get_data(as_text=True)
    assert re.search(r"<code>[0-9a-f]{64}</code>", check)


def test_changed_amounts_are_shown_and_the_next_submission_agrees(
    session: Session, scene: Scene, voucher: Voucher, enterprise: FlaskClient
) -> None:
    url = f"/catalogue/{scene.offering.number}/order"
    stale = order_form(
        scene, voucher, charged_price="9000000", needs="两条产线", **{f"deduction-{voucher.number}": "4500000"}
    )
    response = send(enterprise, url, **stale)
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "¥45,000.00 → ¥50,000.00" in page
    assert "两条产线" in page
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    done(send(enterprise, url, **{**hidden, "voucher": voucher.number, "needs": "两条产线"}))
    assert session.scalars(select(Order)).one().needs == "两条产线"


def test_a_tab_that_is_older_than_another_order_asks_again(
    session: Session, scene: Scene, voucher: Voucher, enterprise: FlaskClient
) -> None:
    url = f"/catalogue/{scene.offering.number}/order"
    old = order_form(scene, voucher, under_way="", needs="第二个标签页")
    done(send(enterprise, url, **order_form(scene, voucher, under_way="")))
    response = send(enterprise, url, **old)
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "刚才已对这项服务下了订单" in page
    assert "第二个标签页" in page
    order = session.scalars(select(Order)).one()
    assert f'name="under_way" value="{order.number}"' in page


def test_the_same_form_sent_twice_orders_once(
    session: Session, scene: Scene, voucher: Voucher, enterprise: FlaskClient
) -> None:
    form = order_form(scene, voucher, submission_id=str(new_id()))
    answers = [send(enterprise, f"/catalogue/{scene.offering.number}/order", **form) for _ in range(3)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert session.scalar(select(func.count()).select_from(Order)) == 1
    assert wallet(session, voucher).held == 5_000_000


def test_a_form_without_a_voucher_is_told_so(scene: Scene, enterprise: FlaskClient) -> None:
    response = send(enterprise, f"/catalogue/{scene.offering.number}/order", needs="两条产线")
    assert response.status_code == 422
    assert "两条产线" in response.get_data(as_text=True)


def test_the_summary_follows_the_chosen_voucher(
    session: Session, scene: Scene, voucher: Voucher, enterprise: FlaskClient
) -> None:
    """As a fragment while one chooses, and by a button where there is no JavaScript; nothing is ordered by either."""
    small = scene.voucher(session.get_one(Organisation, voucher.enterprise_id), face=3_000_000)
    url = f"/catalogue/{scene.offering.number}/order"
    page = enterprise.get(url).get_data(as_text=True)
    assert f'hx-get="{url}/summary"' in page
    answer = enterprise.get(f"{url}/summary?voucher={small.number}", headers={"HX-Request": "true"})
    fragment = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<html" not in fragment
    for words in (small.number, "¥120,000.00", "¥20,000.00", "¥30,000.00", "¥70,000.00"):
        assert words in fragment
    assert voucher.number not in fragment
    assert enterprise.get(f"{url}/summary?voucher={scene.voucher().number}").status_code == 404
    tried = send(
        enterprise, url, **order_form(scene, voucher) | {"voucher": small.number}, needs="两条产线", recount="1"
    )
    page = tried.get_data(as_text=True)
    assert tried.status_code == 200
    assert "两条产线" in page
    summary = page[page.index('id="order-summary"') : page.index("</aside>")]
    assert small.number in summary
    assert voucher.number not in summary
    assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_who_has_no_voucher_is_led_on(session: Session, scene: Scene, sign_in: SignIn) -> None:
    """Who may claim gets the button to do it; who has no title learns how to get into the register and whom to call."""
    url = f"/catalogue/{scene.offering.number}/order"
    entitled = sign_in(person(session, make.enterprise(session, TitleLevel.SRDI).id, Role.ENTERPRISE_MANAGER))
    assert f'href="/programmes/{scene.programme.number}/claim"' in entitled.get(url).get_data(as_text=True)
    scene.provider.phone = "0592-1234567"
    session.flush()
    untitled = sign_in(person(session, make.enterprise(session, None).id, Role.ENTERPRISE_MANAGER))
    page = untitled.get(url).get_data(as_text=True)
    for words in ('href="/titles"', 'href="/programmes"', "0592-1234567"):
        assert words in page


def test_the_case_says_whose_turn_it_is_and_opens_only_what_opens(
    session: Session, scene: Scene, sign_in: SignIn
) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    buyer = sign_in(person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    clerk = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
    case = f"/orders/{order.number}"
    assert "轮到贵单位：确认成效并评价" in buyer.get(case).get_data(as_text=True)
    page = clerk.get(case).get_data(as_text=True)
    assert "轮到贵单位" not in page
    assert f"现在由 {order.enterprise.name} 办理：确认成效并评价" in page
    assert f'href="/programmes/{scene.programme.number}#rules"' in page
    claimed = scene.order_in(OrderState.CLAIMED)
    buyer = sign_in(person(session, claimed.enterprise_id, Role.ENTERPRISE_MEMBER))
    assert f"/claims/{claimed.number}" not in buyer.get(f"/orders/{claimed.number}").get_data(as_text=True)
    page = clerk.get(f"/orders/{claimed.number}").get_data(as_text=True)
    assert page.count(f'href="/claims/{claimed.number}"') == 1


def test_a_form_whose_time_is_over_leads_to_the_case(session: Session, scene: Scene, sign_in: SignIn) -> None:
    """Back in the browser, or in a second tab, nobody fills in what can no longer be sent."""
    order = scene.order_in(OrderState.CONFIRMED)
    buyer = sign_in(person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    clerk = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
    case = f"/orders/{order.number}"
    for browser, address in (
        (buyer, f"{case}/confirmation"),
        (clerk, f"{case}/agreement"),
        (clerk, f"{case}/records/new"),
        (clerk, f"{case}/records/1/amend"),
    ):
        answer = browser.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, case)
        assert "这一步现在不能办理" in browser.get(case).text
    refused = send(buyer, f"{case}/confirmation", rating="5")
    assert refused.status_code == 409
    assert "这一步没有办成" in refused.text
    assert "还有几处需要修改" not in refused.text


def test_both_sides_find_whom_to_contact(session: Session, scene: Scene, provider: FlaskClient) -> None:
    order = scene.place()
    who = session.scalars(
        select(User).join(User.memberships).where(Membership.organisation_id == order.enterprise_id)
    ).first()
    assert who is not None
    page = provider.get(f"/orders/{order.number}").get_data(as_text=True)
    assert who.name in page
    assert f'href="mailto:{who.email}"' in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"file": (b"", "协议.pdf")}, "空文件"),
        ({"file": (PDF[:60], "协议.pdf")}, "“协议.pdf”：PDF 文件不完整或已损坏，无法打开"),
        ({"file": (b"x" * (20 * 1024 * 1024 + 1), "协议.pdf")}, "“协议.pdf”：文件超过 20 MB"),
        ({"file": (b"MZ\x90\x00" + b"\x00" * 100, "协议.pdf")}, "这里不收 EXE 文件"),
        ({"signed_on": "2020-01-01"}, "早于下单日"),
        ({"signed_on": "20201332"}, "签订日期"),
        ({"agreement_number": " "}, "填写协议编号"),
        ({"file": None}, "选择双方签章的协议文件"),
    ],
)
def test_bad_agreements_are_refused_by_the_field_and_nothing_typed_is_lost(
    session: Session, scene: Scene, provider: FlaskClient, fields: dict[str, Any], said: str
) -> None:
    order = scene.order_in(OrderState.DOCKING)
    good = {"agreement_number": "HT-特别-1", "signed_on": today().isoformat(), "file": (PDF, "协议.pdf")}
    form = {key: value for key, value in {**good, **fields}.items() if value is not None}
    if "file" in form:
        form["file"] = (io.BytesIO(form["file"][0]), form["file"][1])
    response = send(provider, f"/orders/{order.number}/agreement", **form)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert said in page
    assert "HT-特别-1" in page or "agreement_number" in fields
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0
    assert order.agreement is None


def test_a_refused_step_on_the_case_page_keeps_the_reason(scene: Scene, provider: FlaskClient) -> None:
    order = scene.order_in(OrderState.IN_SERVICE)
    response = send(provider, f"/orders/{order.number}/cancel", reason="企业停产")
    assert response.status_code == 409
    assert "这一步已不能进行" in response.get_data(as_text=True)
    response = send(provider, f"/orders/{order.number}/dispute", reason="")
    assert response.status_code == 422
    assert "写明原因" in response.get_data(as_text=True)


def test_others_orders_and_files_are_not_there(session: Session, scene: Scene, sign_in: SignIn) -> None:
    order = scene.order_in(OrderState.CONTRACTED)
    file = session.scalars(select(Attachment)).one()
    strangers = [
        make.member(session, make.enterprise(session), Role.ENTERPRISE_MANAGER),
        make.member(session, make.provider(session), Role.PROVIDER_MANAGER),
        make.member(session, make.bureau(session, "430000"), Role.OFFICER),
    ]
    for stranger in strangers:
        browser = sign_in(stranger)
        for url in (f"/orders/{order.number}", f"/orders/{order.number}/confirmation.pdf", f"/files/{file.id}"):
            assert browser.get(url).status_code == 404, (stranger.role, url)
        assert order.number not in browser.get("/orders").get_data(as_text=True)


def test_a_download_is_an_attachment_that_cannot_act_and_is_logged(
    session: Session, scene: Scene, officer: FlaskClient
) -> None:
    scene.order_in(OrderState.CONTRACTED)
    file = session.scalars(select(Attachment)).one()
    response = officer.get(f"/files/{file.id}")
    assert response.data == PDF
    response.close()
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    logged = session.scalars(select(AuditEvent).where(AuditEvent.action == "attachment.download")).one()
    assert logged.subject_id == file.id


def test_the_list_filters_and_sums_what_it_finds(scene: Scene, officer: FlaskClient) -> None:
    orders = [scene.place(), scene.place(), scene.order_in(OrderState.CONTRACTED)]
    page = officer.get("/orders?state=docking").get_data(as_text=True)
    assert orders[0].number in page
    assert orders[2].number not in page
    assert "¥100,000.00" in page
    page = officer.get(f"/orders?q={orders[2].enterprise.name}").get_data(as_text=True)
    assert orders[0].number not in page
    assert officer.get("/orders?state=nonsense&page=-3&q=%25").status_code == 200


@pytest.mark.parametrize(
    "state", [state for state in OrderState if state.value not in {"verified", "settled", "returned"}]
)
def test_every_state_has_a_page_for_every_side(  # noqa: PLR0917 - everybody looks
    session: Session, scene: Scene, sign_in: SignIn, officer: FlaskClient, provider: FlaskClient, state: OrderState
) -> None:
    order = scene.order_in_any(state)
    enterprise = sign_in(person(session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    for browser in (enterprise, provider, officer):
        assert browser.get(f"/orders/{order.number}").status_code == 200
        assert browser.get("/").status_code == 200
