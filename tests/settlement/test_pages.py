"""The pages of verification, performance and settlement, walked by the people who use them."""

import io
import re
from collections.abc import Callable

import factories as make
import pytest
from claim_cases import PUBLIC, Office, beijing, claimed, giant, verified
from flask.testing import FlaskClient
from order_cases import Scene, person
from papers import pdf
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role
from foundation.clock import today
from orders.models import OrderState
from performance import tables
from performance.models import TargetState, TargetTable
from settlement.approval import approve
from settlement.models import Batch, BatchState, Statement
from settlement.statement_files import file_of, print_unprinted
from verification.claiming import claim_of
from verification.models import RedemptionState

pytestmark = pytest.mark.clock

SignIn = Callable[[Membership], FlaskClient]


@pytest.fixture
def provider(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))


@pytest.fixture
def officer(session: Session, scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(person(session, scene.bureau.id, Role.OFFICER))


def text_of(client: FlaskClient, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def claim_data(number: str = "24352000000000009999", **changes: object) -> dict[str, object]:
    return {
        "number": number,
        "day": today().isoformat(),
        "amount": "100000.00",
        "self_checked": "y",
        "file": (
            io.BytesIO(pdf(mark="page")),
            "发票.pdf",
        ),
    } | changes


def test_a_provider_claims_with_what_the_order_knows_filled_in(
    session: Session, scene: Scene, provider: FlaskClient
) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    url = f"/orders/{order.number}/claim"
    page = text_of(provider, url)
    assert order.provider.name in page
    assert 'value="100000.00"' in page
    parties = {"seller": order.provider.name, "buyer": order.enterprise.name}
    wrong = provider.post(url, data=claim_data("123", amount="1.005", **parties))
    assert wrong.status_code == 422
    wrong = provider.post(url, data=claim_data("123", **parties))
    assert wrong.status_code == 422
    assert "不是 20 位数电票号码" in wrong.get_data(as_text=True)
    assert 'value="123"' in wrong.get_data(as_text=True)
    done = provider.post(url, data=claim_data(**parties))
    assert (done.status_code, done.location) == (303, f"/claims/{order.number}")
    assert "核销申请" in text_of(provider, done.location)


def test_an_officer_redeems(session: Session, scene: Scene, officer: FlaskClient) -> None:
    order = claimed(scene)
    session.commit()
    assert order.number in text_of(officer, "/claims")
    assert order.number in text_of(officer, f"/claims?state=submitted&q={order.number}")
    assert "没有符合条件" in text_of(officer, "/claims?state=rejected")
    assert "全部符合" in text_of(officer, f"/claims/{order.number}")
    assert officer.post(f"/claims/{order.number}/verify", data={}).status_code == 303
    session.expire_all()
    assert order.state is OrderState.VERIFIED
    again = officer.post(f"/claims/{order.number}/verify", data={})
    assert again.status_code == 409
    assert "已不能进行" in again.get_data(as_text=True)


def test_an_officer_returns_and_rejects(
    session: Session, scene: Scene, officer: FlaskClient, provider: FlaskClient
) -> None:
    order = claimed(scene)
    session.commit()
    nothing = officer.post(f"/claims/{order.number}/return", data={"return-note": "发票模糊"})
    assert nothing.status_code == 422
    assert "标出需要补正的内容" in nothing.get_data(as_text=True)
    assert "选择退回的原因" in nothing.get_data(as_text=True)
    data = {
        "return-reason": "illegible",
        "return-note": "发票模糊",
        "return-marks": ["invoice_number", "invoice_date"],
    }
    assert officer.post(f"/claims/{order.number}/return", data=data).status_code == 303
    assert "发票模糊" in text_of(provider, f"/orders/{order.number}/claim")
    assert "材料看不清" in text_of(provider, f"/orders/{order.number}/claim")
    assert "发票号码、开票日期" in text_of(provider, f"/claims/{order.number}")
    assert "材料看不清：发票模糊" in text_of(provider, f"/claims/{order.number}")
    found = claim_of(session, order.number)
    assert found is not None
    assert found.state is RedemptionState.RETURNED
    other = claimed(scene)
    session.commit()
    data = {"reject-reason": "not_delivered", "reject-note": "现场核实未开展"}
    assert officer.post(f"/claims/{other.number}/reject", data=data).status_code == 303
    assert "服务没有真实发生" in text_of(officer, f"/claims/{other.number}")


def test_a_batch_from_draft_to_payment(session: Session, scene: Scene, sign_in: SignIn, provider: FlaskClient) -> None:
    order, waiting = verified(scene), claimed(scene)
    session.commit()
    maker = sign_in(person(session, scene.bureau.id, Role.REVIEWER))
    holder = sign_in(person(session, scene.treasury.id, Role.BUDGET_HOLDER))
    payer = sign_in(person(session, scene.treasury.id, Role.PAYER))
    assert scene.programme.name in text_of(maker, "/batches")
    # Only a scheme that asks for them has more fields than the period.
    assert "平台资金总额" not in text_of(maker, "/batches/new")
    scheme, scene.programme.scheme_id = scene.programme.scheme_id, "beijing-2021-batch1"
    session.commit()
    assert "平台资金总额" in text_of(maker, "/batches/new")
    scene.programme.scheme_id = scheme
    session.commit()
    data = {
        "programme": scene.programme.number,
        "period_from": today().isoformat(),
        "period_to": today().isoformat(),
    }
    made = maker.post("/batches/new", data=data)
    assert made.status_code == 303
    page = text_of(maker, made.location)
    assert order.number in page
    assert waiting.number in page
    assert "收款单位" in page
    assert scene.provider.name in page
    assert maker.post(f"{made.location}/calculation").status_code == 303
    assert maker.post(f"{made.location}/review").status_code == 303
    wrong = holder.post(f"{made.location}/approval", data={"approve-password": "wrong"})
    assert wrong.status_code == 403
    assert "密码不正确" in wrong.get_data(as_text=True)
    assert holder.post(f"{made.location}/approval", data={"approve-password": make.PASSWORD}).status_code == 303
    session.expire_all()
    statement = session.scalars(select(Statement)).one()
    assert statement.number in text_of(payer, made.location)
    paid = {"pay-statements": [statement.number], "pay-password": make.PASSWORD}
    assert payer.post(f"{made.location}/payment", data=paid).status_code == 303
    session.expire_all()
    assert session.scalars(select(Batch.state)).one() is BatchState.PAID
    assert "已付款" in text_of(payer, made.location)
    assert statement.number in text_of(provider, "/statements")
    assert statement.number in text_of(holder, f"/statements?q={statement.number}")
    assert order.number in text_of(provider, f"/statements/{statement.number}")
    url = f"/statements/{statement.number}"
    assert payer.post(f"{url}/correction/request", data={"ask-reason": "金额有误"}).status_code == 303
    assert "提请红字冲减：金额有误" in text_of(holder, url)
    assert "出具红字结算单" not in text_of(payer, url), "who asks does not carry it out"
    assert "复核红字冲减" in text_of(holder, "/")
    red = holder.post(f"{url}/correction", data={"correct-password": make.PASSWORD})
    assert red.status_code == 303
    assert "红字" in text_of(holder, red.location)
    assert "应退回财政部门" in text_of(provider, url)
    # The batch says so at its head, the list beside its state.
    assert f"已付款的结算单 {statement.number}" in text_of(holder, made.location)
    assert "已付款，已追缴" in text_of(holder, "/batches")


def test_batches_are_sent_back_and_withdrawn(session: Session, scene: Scene, sign_in: SignIn) -> None:
    verified(scene)
    number = Office(session, scene).reviewed().number
    session.commit()
    holder = sign_in(person(session, scene.treasury.id, Role.BUDGET_HOLDER))
    maker = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    assert holder.post(f"/batches/{number}/return", data={}).status_code == 422
    assert holder.post(f"/batches/{number}/return", data={"return-reason": "补充说明"}).status_code == 303
    head = text_of(maker, f"/batches/{number}")
    assert head.index("财政部门退回：补充说明") < head.index("计算过程")
    assert "按财政退回意见修改批次" in text_of(maker, "/")
    assert maker.post(f"/batches/{number}/withdrawal", data={"withdraw-reason": "期间选错"}).status_code == 303
    assert "已撤回" in text_of(maker, f"/batches/{number}")
    assert "补充说明" in text_of(maker, f"/batches/{number}")


def test_a_batch_cancelled_before_payment_does_not_look_paid(
    session: Session, scene: Scene, sign_in: SignIn, provider: FlaskClient
) -> None:
    statement = issued(session, scene)
    office = Office(session, scene)
    office.corrected(statement.number)
    session.commit()
    holder = sign_in(person(session, scene.treasury.id, Role.BUDGET_HOLDER))
    page = text_of(holder, f"/batches/{statement.batch.number}")
    assert "付款以前被红字冲减" in page
    assert 'step-failed"' in page.replace("step step-failed", 'step-failed"')
    assert "付款（已完成）" not in re.sub(r"<[^>]+>", "", page)
    assert "已冲减，未付款" in text_of(holder, "/batches")
    assert "没有付款" in text_of(provider, f"/statements/{statement.number}")


def test_a_colleague_declines_on_the_page(session: Session, scene: Scene, sign_in: SignIn) -> None:
    statement = issued(session, scene)
    holder = sign_in(person(session, scene.treasury.id, Role.BUDGET_HOLDER))
    payer = sign_in(person(session, scene.treasury.id, Role.PAYER))
    url = f"/statements/{statement.number}"
    assert payer.post(f"{url}/correction/request", data={}).status_code == 422
    assert payer.post(f"{url}/correction/request", data={"ask-reason": "金额有误"}).status_code == 303
    assert "撤回申请" in text_of(payer, url)
    assert "不同意冲减" in text_of(holder, url)
    assert holder.post(f"{url}/correction/refusal", data={"decline-reason": "核对无误"}).status_code == 303
    assert "提请红字冲减：" not in text_of(holder, url)


def test_an_award_and_a_part_are_decided_on_pages_of_their_own(session: Session, scene: Scene, sign_in: SignIn) -> None:
    beijing(scene)
    order = giant(scene)
    session.commit()
    maker = sign_in(person(session, scene.bureau.id, Role.REVIEWER))
    form = text_of(maker, "/batches/new")
    (label,) = re.findall(r"平台资金总额（元）<span[^>]*>([^<]+)</span>", form)
    assert label == "必填"
    assert "10%%" not in form
    days = {"period_from": today().isoformat(), "period_to": today().isoformat()}
    data = {"programme": scene.programme.number, **days}
    assert "填写平台资金总额" in maker.post("/batches/new", data=data).get_data(as_text=True)
    url = maker.post("/batches/new", data=data | {"envelope": "3000000.00"}).location
    given = f"{url}/awards/{scene.provider.uscc}"
    for wrong in ("37.5", "abc", ""):
        refused = maker.post(given, data={"share": wrong, "reason": "年度目标完成"})
        assert refused.status_code == 422
        (faults,) = re.findall(r'id="share-error">(.*?)</ul>', refused.get_data(as_text=True), re.DOTALL)
        assert faults.count("<li>") == 1
    assert maker.post(given, data={"share": "12.5", "reason": ""}).status_code == 422
    assert maker.post(given, data={"share": "12.5", "reason": "年度目标完成"}).status_code == 303
    assert "奖励理由：年度目标完成" in text_of(maker, url)
    assert 'value="12.5' in text_of(maker, given)
    part = f"{url}/orders/{order.number}"
    assert maker.post(part, data={"amount": "60000", "reason": "部分交付"}).status_code == 422
    assert maker.post(part, data={"amount": "30000", "reason": "部分交付"}).status_code == 303
    assert "其余 20,000.00 元退回资金池。理由：部分交付" in text_of(maker, url)
    text_of(maker, f"{url}/orders/DD-none", 404)
    text_of(maker, f"{url}/awards/none", 404)


def issued(session: Session, scene: Scene) -> Statement:
    verified(scene)
    office = Office(session, scene)
    number = office.reviewed().number
    approve(session, office.budget_holder, number, password=make.PASSWORD, public_url=PUBLIC)
    statement = session.scalars(select(Statement)).one()
    session.commit()
    return statement


def test_a_statement_says_that_its_file_is_being_made(session: Session, scene: Scene, provider: FlaskClient) -> None:
    url = f"/statements/{issued(session, scene).number}"
    assert "PDF 正在生成" in text_of(provider, url)
    assert "稍后再下载" in text_of(provider, f"{url}/statement.pdf", 409)
    print_unprinted(session)
    session.commit()
    assert "PDF 正在生成" not in text_of(provider, url)
    with provider.get(f"{url}/statement.pdf") as pdf:
        assert pdf.mimetype == "application/pdf"
        assert pdf.get_data().startswith(b"%PDF")


def test_anybody_checks_a_statement(session: Session, scene: Scene, client: FlaskClient) -> None:
    statement = issued(session, scene)
    assert "结算单编号" in text_of(client, "/verify")
    asked = client.get(f"/verify?number={statement.number.lower()}")
    assert asked.location == f"/verify/{statement.number}"
    assert "与纸面核对" in text_of(client, asked.location)
    right = text_of(client, f"/verify/{statement.number}?hash={statement.content_hash}")
    assert "校验码一致" in right
    # Whoever forges the amount copies the code with it: only the reader can compare the paper.
    assert "再核对下面的收款单位和金额" in right
    assert "文件正在生成" in right
    print_unprinted(session)
    file = file_of(session, statement)
    session.commit()
    assert file is not None
    assert str(file.sha256) in text_of(client, f"/verify/{statement.number}")
    assert "¥50,000.00" in right
    wrong = text_of(client, f"/verify/{statement.number}?hash={'0' * 64}")
    assert "校验码不一致" in wrong
    assert "校验码一致" not in wrong
    assert "没有编号为" in text_of(client, "/verify/JS-350200-1999-0001", 404)


def test_other_peoples_things_are_not_there(session: Session, scene: Scene, sign_in: SignIn) -> None:
    statement = issued(session, scene)
    order = claimed(scene)
    table = tables.create(session, scene.clerk, template_id="beijing-2021-annex4", year=today().year)
    session.commit()
    stranger = sign_in(make.member(session, make.provider(session), Role.PROVIDER_MANAGER))
    elsewhere = sign_in(make.member(session, make.bureau(session, "430000"), Role.OFFICER))
    for client in (stranger, elsewhere):
        text_of(client, f"/statements/{statement.number}", 404)
        text_of(client, f"/statements/{statement.number}/statement.pdf", 404)
        text_of(client, f"/claims/{order.number}", 404)
        text_of(client, f"/targets/{table.id}", 404)
        text_of(client, f"/targets/{table.id}/rows/ind12", 404)
    text_of(elsewhere, f"/batches/{statement.batch.number}", 404)
    text_of(stranger, f"/orders/{order.number}/claim", 404)
    text_of(stranger, f"/batches/{statement.batch.number}", 403)
    assert elsewhere.post(f"/claims/{order.number}/verify").status_code == 404


def test_a_target_table_from_draft_to_a_figures_records(
    session: Session, scene: Scene, provider: FlaskClient, officer: FlaskClient
) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    session.commit()
    assert "还没有绩效目标表" in text_of(provider, "/targets")
    text_of(provider, "/targets/new")
    made = provider.post("/targets/new", data={"template": "beijing-2021-annex4", "year": str(today().year)})
    assert made.status_code == 303
    text_of(provider, made.location)
    wrong = {"ind03-srdi.baseline": "1", "ind05-srdi.baseline": "x", "ind05-srdi.target": "2"}
    refused = provider.post(made.location, data=wrong)
    assert refused.status_code == 422
    assert "不是数字" in refused.get_data(as_text=True)
    assert 'value="x"' in refused.get_data(as_text=True)
    good = {
        "ind03-srdi.baseline": "1", "ind03-srdi.target": "10",
        "ind03-srdi.baseline_part": "0", "ind03-srdi.target_part": "4",
        "ind05-srdi.baseline": "0", "ind05-srdi.target": "2", "ind08-srdi.baseline": "0", "ind08-srdi.target": "1,200.5",
    }  # fmt: skip
    saved = provider.post(made.location, data=good)
    assert saved.status_code == 303
    assert "1,200.5" in text_of(provider, saved.location)
    assert 'value="1200.5"' in text_of(provider, made.location)
    assert provider.post(f"{saved.location}/submission").status_code == 303
    assert officer.post(f"{saved.location}/return", data={"reason": "目标偏低"}).status_code == 303
    assert provider.post(f"{saved.location}/submission").status_code == 303
    assert officer.post(f"{saved.location}/approval").status_code == 303
    page = text_of(officer, saved.location)
    assert page.count("<tr>") == 24 + 1
    assert "50.0%" in page
    behind = text_of(officer, f"{saved.location}/rows/ind05-srdi")
    assert order.number in behind
    # The receipts themselves: three pages from the list of tables.
    assert "方案.pdf" in behind
    assert "现场.png" in behind
    assert "还没有计入这一行" in text_of(officer, f"{saved.location}/rows/ind12")
    changed = provider.post(f"{saved.location}/change", data={"reason": "企业数量变化"})
    assert changed.status_code == 303
    session.expire_all()
    assert {each.state for each in session.scalars(select(TargetTable)).unique()} == {
        TargetState.APPROVED,
        TargetState.DRAFT,
    }
    assert "第 1 版" in text_of(provider, changed.location.removesuffix("/edit"))
    assert "还没有提交" not in text_of(officer, "/targets?state=approved")


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("bureau", Role.OFFICER),
        ("bureau", Role.REVIEWER),
        ("treasury", Role.BUDGET_HOLDER),
        ("treasury", Role.PAYER),
        ("provider", Role.PROVIDER_MANAGER),
    ],
)
def test_desks_name_what_waits(session: Session, scene: Scene, sign_in: SignIn, kind: str, role: Role) -> None:
    claimed(scene)
    verified(scene)
    office = Office(session, scene)
    office.reviewed()
    scene.order_in(OrderState.CONFIRMED)
    session.commit()
    page = text_of(sign_in(person(session, getattr(scene, kind).id, role)), "/")
    expected = {
        Role.OFFICER: "核验：",
        Role.REVIEWER: "批准和付款：",
        Role.BUDGET_HOLDER: "审批结算批次：",
        Role.PAYER: "待审批和待付款的批次",
        Role.PROVIDER_MANAGER: "申请核销：",
    }
    assert expected[role] in page


def test_a_providers_desk_names_the_enterprise_of_a_claim(
    session: Session, scene: Scene, provider: FlaskClient
) -> None:
    finished, waiting = scene.order_in(OrderState.CONFIRMED), claimed(scene)
    session.commit()
    page = text_of(provider, "/")
    for order in (finished, waiting):
        assert f"{order.offering_version.name} · {order.enterprise.name}" in page
    assert f"· {scene.provider.name}<" not in page, "its own name tells it nothing"


def test_an_order_leads_to_its_claim(
    session: Session, scene: Scene, provider: FlaskClient, officer: FlaskClient
) -> None:
    confirmed, waiting = scene.order_in(OrderState.CONFIRMED), claimed(scene)
    session.commit()
    assert f"/orders/{confirmed.number}/claim" in text_of(provider, f"/orders/{confirmed.number}")
    assert f"/claims/{waiting.number}" in text_of(officer, f"/orders/{waiting.number}")
