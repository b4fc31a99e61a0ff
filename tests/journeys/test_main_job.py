"""The money once through the whole house: a programme's rules to a paid-out statement, by all its people, in Chromium.

The database is empty but for the regions and the staff accounts that an administrator makes; everybody else registers.
"""

import io
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import factories as make
import pytest
from browsers import House, Person, Shots
from order_cases import PNG
from papers import pdf
from playwright.sync_api import Browser
from provider_cases import NATIONAL_FACTS
from pypdf import PdfReader
from sqlalchemy.orm import Session

from accounts.models import Organisation
from audit.seals import seal
from audit.verification import verify
from foundation.actors import Role
from foundation.clock import add_working_days, at, today, travel_together
from ledger.verification import verify as verify_ledger

pytestmark = [pytest.mark.browser, pytest.mark.clock]

OWN_PASSWORD = "seven quiet herons"
PROVIDER = "厦门鹭岛数字化服务中心（有限合伙）"
ENTERPRISE = "厦门喆镕精密传感技术股份有限公司"
SERVICE = "生产线数字化诊断与改造方案"


@dataclass
class Story:
    """Who takes part, and what the pages told them on the way."""

    house: House
    browser: Browser
    shots: Shots
    clock: ExitStack = field(default_factory=ExitStack)
    people: dict[str, Person] = field(default_factory=dict)
    programme: str = ""
    certification: str = ""
    offering: str = ""
    order: str = ""
    batch: str = ""
    statement: str = ""
    uscc: dict[str, str] = field(default_factory=dict)

    def person(self, role: str) -> Person:
        """Somebody at the desk, signed in."""
        return self.people[role].home()

    def add(self, role: str, name: str, email: str = "", password: str = make.PASSWORD) -> Person:
        """Somebody with a browser of their own."""
        self.people[role] = Person(self.browser, self.house, name, email, password, shots=self.shots)
        return self.people[role]

    def later(self, days: int) -> None:
        """Let some days pass: the clock of the whole house, then what it does at night."""
        then = at(today() + timedelta(days=days), 10)
        self.clock.close()
        self.clock.enter_context(travel_together(then))
        self.house.work("notices.close_due", "vouchers.night", "vouchers.minute", "orders.deadlines")


@pytest.fixture
def story(empty_house: House, browser: Browser, shots: Shots, request: pytest.FixtureRequest) -> Iterator[Story]:
    """The installation as its administrator hands it over."""
    told = Story(empty_house, browser, shots)
    with Session(empty_house.engine) as session:
        bureau, treasury = make.bureau(session), make.treasury(session)
        for role, organisation, office, name in (
            ("officer", bureau, Role.OFFICER, "林初审"),
            ("reviewer", bureau, Role.REVIEWER, "陈复审"),
            ("budget", treasury, Role.BUDGET_HOLDER, "黄预算"),
            ("payer", treasury, Role.PAYER, "吴支付"),
            ("auditor", bureau, Role.AUDITOR, "郑审计"),
        ):
            told.add(role, name, make.member(session, organisation, office, name).user.email)
        told.uscc = {"enterprise": make.new_uscc(), "provider": make.new_uscc()}
        session.commit()
    with told.clock:
        yield told
    if request.session.testsfailed:
        for role, person in told.people.items():
            shots.take(person.page, f"where-{role}-stood")
    for person in told.people.values():
        person.leave()


def test_money_goes_from_the_budget_to_a_statement(story: Story) -> None:
    _programme(story)
    _certification(story)
    _offering(story)
    _voucher(story)
    _order(story)
    _service(story)
    _redemption(story)
    _targets(story)
    _settlement(story)
    _payment(story)
    _everything_adds_up(story)


def _programme(story: Story) -> None:
    """1. The bureau drafts from the Xiamen rules, a second person checks, the treasury puts money in."""
    visitor = story.add("visitor", "访客")
    visitor.goto("/")
    visitor.reads("中小企业找服务、用服务券")
    visitor.look("front-page", phone=True)
    visitor.goto("/programmes")
    visitor.reads("还没有公布的服务券项目")
    visitor.look("no-programmes-yet")

    officer = story.person("officer")
    officer.reads("起草第一个服务券项目")
    officer.look("officer-first-desk", phone=True)
    officer.menu("服务券项目")
    officer.follow("起草项目")
    officer.reads("依据文件", "每家企业上限")
    assert officer.field("每家企业上限").input_value() == "500000.00"
    assert officer.field("不支持融资类服务").is_checked()
    officer.choose("拨款的财政部门", "厦门市财政局")
    officer.look("programme-draft", phone=True)
    officer.press("保存草稿")
    officer.reads("草稿已保存", "¥500,000.00", "一（三）1 注", "融资")
    story.programme = _number(officer)
    officer.look("programme-drafted")
    assert officer.page.get_by_role("button", name="审核通过").count() == 0, "nobody checks their own draft"

    reviewer = story.person("reviewer")
    reviewer.reads("等我办理", "公共服务")
    reviewer.look("reviewer-desk")
    reviewer.follow("公共服务")
    reviewer.press("审核通过")
    reviewer.reads("项目已审核")
    reviewer.press("公布项目")
    reviewer.reads("项目已公布")
    reviewer.look("programme-announced")

    budget = story.person("budget")
    budget.goto(f"/programmes/{story.programme}")
    budget.follow("拨入资金")
    budget.fill("拨入金额", "2000000.00")
    budget.fill("登录密码", "not my password")
    budget.press("拨入资金")
    budget.reads("密码")
    assert budget.field("拨入金额").input_value() == "2000000.00"
    budget.fill("登录密码", make.PASSWORD)
    budget.look("appropriation")
    budget.press("拨入资金")
    budget.reads("资金已拨入项目", "¥2,000,000.00")
    budget.look("programme-money")

    reviewer.home(f"/programmes/{story.programme}").press("开放申领")
    reviewer.reads("已开放申领")

    visitor.goto(f"/programmes/{story.programme}")
    visitor.reads("登录后申领", "¥2,000,000.00", "每家企业可享受的总额", "抵扣示例")
    visitor.look("programme-public", phone=True)


def _certification(story: Story) -> None:
    """2. A provider registers and files its facts; the bureau reviews, publishes and certifies."""
    provider = story.add("provider", "周经办", "zhou@lujiang.example.cn", OWN_PASSWORD)
    provider.goto("/")
    provider.follow("注册服务机构")
    _register(provider, "服务机构", PROVIDER, story.uscc["provider"])
    provider.sign_in().look("provider-first-desk")
    provider.follow("申请认定")
    provider.reads("还没有申请")
    provider.press("申请认定")
    provider.reads("单位情况", "条件逐条核对")
    for name, value in {**NATIONAL_FACTS, "total_assets": "299.99"}.items():
        _fact(provider, name, value)
    provider.page.get_by_text("299.99").first.wait_for()
    provider.look("certification-form", phone=True)
    provider.attach("证明材料", "营业执照.pdf", _paper("营业执照.pdf"))
    provider.press("提交申请")
    provider.reads("还有几处需要修改", "资产总额：不符合条件：资产总额不低于300万元", "工信部企业〔2017〕156号")
    provider.look("certification-refused", phone=True)
    assert provider.page.locator("main [name=total_assets]").input_value() == "299.99", "what was typed stays"
    _fact(provider, "total_assets", "300")
    provider.press("提交申请")
    provider.reads("申请已提交", "符合", "工信部企业〔2017〕156号", "营业执照.pdf")
    provider.look("certification-filed", phone=True)
    story.certification = _number(provider)

    officer = story.person("officer")
    officer.reads(PROVIDER)
    officer.follow(PROVIDER)
    officer.press("受理")
    officer.reads("已受理")
    officer.fill("意见", "材料齐全，资产总额恰为300万元，达到要求，建议认定。")
    officer.look("certification-review")
    officer.press("提交初审意见")

    reviewer = story.person("reviewer")
    reviewer.follow(PROVIDER)
    reviewer.press("开始公示")
    reviewer.reads("公示已开始")
    closes = add_working_days(today(), 5)
    reviewer.reads(closes.isoformat())
    assert reviewer.page.get_by_role("button", name="认定", exact=True).count() == 0, "not before the notice has ended"
    reviewer.look("certification-notice")

    visitor = story.people["visitor"]
    visitor.goto("/notices")
    visitor.follow(PROVIDER)
    visitor.reads("公示期", "提出异议", closes.isoformat())
    visitor.look("public-notice", phone=True)

    story.later((closes - today()).days + 1)
    reviewer = story.person("reviewer")
    reviewer.follow(PROVIDER)
    reviewer.press("认定")
    reviewer.reads("已认定，证书可以下载", "有效期")
    reviewer.look("certified")


def _offering(story: Story) -> None:
    """3. The provider lists a service; the bureau approves product, content and price."""
    provider = story.person("provider")
    provider.menu("服务产品")
    provider.reads("还没有服务产品")
    provider.follow("新建服务产品")
    provider.fill("服务产品名称", SERVICE)
    provider.choose("服务类别", "数字化赋能服务")
    provider.fill("具体服务内容", "上门诊断生产环节的设备联网、数据采集和排产，给出改造路线图、投入测算和分期计划。")
    provider.fill("服务效果", "一份诊断报告、一张路线图；完成首条产线的数字化改造。")
    provider.tick("平台自行提供")
    provider.tick("线上线下结合")
    provider.fill("服务频次", "每企一次，三次上门")
    provider.fill("交付时间", "60")
    provider.fill("标准价格", "150000.00")
    provider.fill("收费价格", "120000.555")
    provider.fill("市场同类价格", "150000")
    provider.fill("价格依据", "三份同类合同的平均价")
    provider.press("提交审核")
    provider.reads("还有几处需要修改")
    assert provider.field("收费价格").input_value() == "120000.555", "what was typed stays"
    provider.look("offering-form-refused", phone=True)
    provider.fill("收费价格", "120000.00")
    provider.press("提交审核")
    provider.reads("已提交审核", "¥120,000.00")
    provider.look("offering-in-review")
    story.offering = _number(provider)

    visitor = story.people["visitor"]
    visitor.goto("/catalogue")
    visitor.reads("目录里还没有服务")
    visitor.look("empty-catalogue", phone=True)

    officer = story.person("officer")
    officer.follow(SERVICE)
    officer.reads("价格核对", "标准价格不高于")
    officer.look("offering-review")
    officer.press("审核通过并上架")
    officer.reads("审核通过，已上架")
    story.house.work()


def _voucher(story: Story) -> None:
    """4a. The enterprise registers, the bureau enters its title, it searches, and claims a voucher."""
    enterprise = story.add("enterprise", "许经理", "xu@zherong.example.cn", OWN_PASSWORD)
    enterprise.goto("/register")
    _register(enterprise, "企业", ENTERPRISE, story.uscc["enterprise"])
    enterprise.sign_in().look("enterprise-first-desk", phone=True)
    enterprise.goto(f"/programmes/{story.programme}/claim")
    enterprise.reads("暂时不能申领", "称号")
    enterprise.look("may-not-claim-yet")

    officer = story.person("officer")
    officer.goto("/titles/new")
    officer.fill("统一社会信用代码", story.uscc["enterprise"])
    officer.choose("称号", "专精特新中小企业")
    officer.fill("批次", "第三批")
    officer.fill("认定文件", "厦门市工业和信息化局公告2026年第8号")
    officer.fill("有效期起", (today() - timedelta(days=30)).isoformat())
    officer.fill("有效期止", (today() + timedelta(days=1000)).isoformat())
    officer.look("title-form")
    officer.press("登记称号")
    officer.reads(ENTERPRISE)
    officer.look("titles")

    enterprise.home("/catalogue")
    enterprise.fill("找什么服务", "诊断")
    enterprise.press("搜索")
    enterprise.reads(SERVICE, "共 1 项服务")
    enterprise.look("search-results", phone=True)
    enterprise.follow(SERVICE)
    enterprise.reads("¥120,000.00", "抵扣")
    enterprise.look("offering-page", phone=True)

    enterprise.goto(f"/programmes/{story.programme}/claim")
    enterprise.reads("现在可以申领 ¥500,000.00")
    enterprise.look("may-claim", phone=True)
    enterprise.press("申领 ¥500,000.00")
    # Money is short here, so the second is decided when it is over.
    enterprise.reads("申领已收到，正在排队")
    # The job is due with the next second.
    time.sleep(1.1)
    story.house.work()
    # Nobody reloads: the page looks again by itself.
    enterprise.page.get_by_text("已领满 ¥500,000.00").wait_for()
    enterprise.look("claimed")
    enterprise.follow("查看服务券")
    enterprise.reads("¥500,000.00")
    enterprise.look("vouchers", phone=True)


def _order(story: Story) -> None:
    """4b. It orders with the voucher; the amount is held."""
    enterprise = story.person("enterprise")
    enterprise.goto(f"/catalogue/{story.offering}/order")
    enterprise.reads("标准价格", "¥150,000.00", "服务券抵扣", "贵单位自付", "¥0.00", "抵扣后券上还剩")
    enterprise.fill("需求说明", "先看冲压车间的两条产线，工作日上午方便。")
    enterprise.look("order-form", phone=True)
    enterprise.press("下单并占用抵扣额")
    enterprise.reads("已下单，金额已占用")
    story.order = _number(enterprise)
    enterprise.look("order-placed", phone=True)


def _service(story: Story) -> None:
    """5a. Docking, agreement by both sides, record with evidence, delivery, confirmation and rating."""
    provider = story.person("provider")
    provider.reads("联系企业对接", SERVICE, ENTERPRISE, "¥120,000.00", "截止")
    provider.look("provider-desk")
    provider.follow(SERVICE)
    if provider.page.get_by_role("button", name="对接成功", exact=True).count():
        provider.press("对接成功")
    provider.look("order-docked")
    provider.follow("上传服务协议")
    provider.attach("服务协议", "服务协议.pdf", _paper("服务协议.pdf"))
    provider.fill("协议编号", "LJ-2026-018")
    provider.fill("签订日期", today().isoformat())
    provider.look("agreement-form")
    provider.press("上传并代表本单位确认")
    provider.look("agreement-filed")

    enterprise = story.person("enterprise")
    enterprise.follow(SERVICE)
    enterprise.press("确认服务协议")
    enterprise.reads("协议已由双方确认")
    enterprise.look("agreement-confirmed")

    story.later(3)
    provider = story.person("provider")
    provider.follow("提交第一条服务记录")
    provider.fill("服务内容", "三次上门诊断冲压车间两条产线，完成设备联网和数据采集。")
    provider.fill("服务成果", "诊断报告一份、路线图一张；首条产线完成数字化改造。")
    provider.tick("企业已完成数字化改造")
    provider.attach("过程材料", "现场照片.png", PNG, "image/png")
    provider.attach("成果材料", "诊断报告.pdf", _paper("诊断报告.pdf"))
    provider.look("record-form", phone=True)
    provider.press("提交服务记录")
    provider.look("record-filed")
    provider.press("标记交付完成")
    provider.reads("已标记交付")

    enterprise = story.person("enterprise")
    enterprise.follow("确认成效并评价")
    enterprise.tick("非常满意")
    enterprise.look("confirm-and-rate", phone=True)
    enterprise.press("确认成效并评价")
    enterprise.reads("非常满意", "成效确认")
    enterprise.look("order-confirmed")


def _redemption(story: Story) -> None:
    """5b. The provider claims with its invoice, the bureau verifies, the voucher is redeemed."""
    provider = story.person("provider")
    provider.follow(SERVICE)
    assert provider.field("价税合计").input_value() == "120000.00", "what the order knows is filled in"
    provider.attach("发票文件", "发票.pdf", _paper("发票.pdf"))
    provider.fill("发票号码", "26952000000012345678")
    provider.tick("已在税务局发票查验平台自查")
    provider.look("claim-form", phone=True)
    provider.press("提交核销申请")
    provider.reads("核销申请已提交")
    provider.look("claim-filed")

    officer = story.person("officer")
    officer.look("officer-desk", phone=True)
    officer.follow(SERVICE)
    officer.reads("逐项核对", "¥120,000.00")
    officer.look("claim-case", phone=True)
    officer.press("核销")
    officer.reads("已核销，金额转为应付服务机构")
    officer.look("claim-verified")

    enterprise = story.person("enterprise")
    enterprise.menu("服务券")
    enterprise.reads("¥380,000.00")
    enterprise.look("voucher-after-redemption")


def _targets(story: Story) -> None:
    """6. The target table: filled, approved, and each actual opens to its records."""
    provider = story.person("provider")
    provider.menu("绩效")
    provider.follow("新建目标表")
    provider.look("target-new")
    provider.press("开始填报")
    row = provider.page.locator("tr", has_text="数字化改造企业数").first
    row.locator("input").nth(0).fill("0")
    row.locator("input").nth(1).fill("2")
    provider.look("target-form", phone=True)
    provider.press("保存")
    provider.press("提交审批")
    provider.reads("已提交主管部门审批")

    officer = story.person("officer")
    officer.menu("绩效")
    officer.page.locator("main tbody a").first.click()
    officer.press("批准")
    officer.reads("已批准")
    officer.look("target-table", phone=True)
    row = officer.page.locator("tr", has_text="数字化改造企业数").first
    assert "50.0%" in row.inner_text(), row.inner_text()
    row.get_by_role("link").first.click()
    officer.reads(story.order, ENTERPRISE)
    officer.look("target-records")


def _settlement(story: Story) -> None:
    """7. The batch, its approval by the treasury, the statement and its public check."""
    officer = story.person("officer")
    officer.menu("结算")
    officer.reads("等待结算的已核销订单", "¥120,000.00")
    officer.look("settlement")
    officer.follow("编制结算批次")
    officer.look("batch-form")
    officer.press("计算")
    officer.reads("批次已计算")
    story.batch = _number(officer)
    officer.look("batch-calculated", phone=True)
    officer.press("提交财政审批")
    officer.reads("已提交财政部门审批")

    budget = story.person("budget")
    budget.reads(story.batch)
    budget.look("treasury-desk")
    budget.goto(f"/batches/{story.batch}")
    budget.fill("您的登录密码", make.PASSWORD)
    budget.look("batch-approval", phone=True)
    budget.press("批准")
    budget.reads("已批准，结算单已出具")
    budget.look("batch-approved")

    story.house.work()
    provider = story.person("provider")
    provider.menu("结算单")
    provider.look("provider-statements", phone=True)
    provider.page.locator("main tbody a").first.click()
    story.statement = _number(provider)
    provider.look("statement", phone=True)
    with provider.page.expect_download() as download:
        provider.page.get_by_role("link", name="下载 PDF").click()
    pdf = download.value.path().read_bytes()
    (story.shots.folder / "statement.pdf").write_bytes(pdf)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    plain = re.sub(r"\s", "", text)
    for words in (
        story.statement,
        PROVIDER,
        ENTERPRISE,
        story.order,
        "120,000.00",
        "壹拾贰万元整",
        "厦门市工业和信息化局",
    ):
        assert words in plain, f"the statement does not say {words}:\n{text}"

    link = re.search(re.escape(story.house.address) + r"/verify/[\w-]+\?hash=[0-9a-f]{64}", plain)
    assert link is not None, text
    visitor = story.people["visitor"]
    visitor.goto(link[0])
    visitor.reads("校验码一致", story.statement, "¥120,000.00")
    visitor.look("statement-check", phone=True)
    visitor.goto(link[0][:-1] + ("0" if link[0][-1] != "0" else "1"))
    visitor.reads("校验码不一致")


def _payment(story: Story) -> None:
    """7, continued. The treasury's payer notes the payment, and the enterprise sees its order settled."""
    payer = story.person("payer")
    payer.goto(f"/batches/{story.batch}")
    payer.fill("您的登录密码", make.PASSWORD)
    payer.look("payment")
    payer.press("记录付款")
    payer.reads("已记录付款")
    payer.look("batch-paid")

    enterprise = story.person("enterprise")
    enterprise.goto(f"/orders/{story.order}")
    enterprise.look("order-settled", phone=True)


def _everything_adds_up(story: Story) -> None:
    """8. Ledger and audit trail verify; the auditor reads it all."""
    story.house.work()
    with Session(story.house.engine) as session:
        while seal(session):
            pass
        session.commit()
        money = verify_ledger(session)
        assert money.ok, money
        assert money.transfers >= 5
        trail = verify(session)
        assert trail.ok, trail
        assert session.query(Organisation).count() == 4
    auditor = story.person("auditor")
    auditor.look("auditor-desk")
    auditor.menu("审计")
    auditor.look("audit", phone=True)
    for person, deed in (("陈复审", "批准结算批次"), ("林初审", "核验通过核销申请")):
        # Who came in and went is in the trail too, so a person's deeds are looked for by the name.
        auditor.goto(f"/audit?about=deeds&q={person}")
        auditor.reads(person, deed)


def _register(person: Person, kind: str, name: str, uscc: str) -> None:
    """Self-registration, with a code that is wrong at first."""
    person.tick(kind)
    person.fill("统一社会信用代码", uscc[:-1] + ("A" if uscc[-1] != "A" else "B"))
    person.fill("单位名称", name)
    person.choose("所在地区", "厦门市")
    person.fill("您的姓名", person.name)
    person.fill("邮箱", person.email)
    person.fill("密码", person.password)
    person.press("注册")
    person.reads("还有几处需要修改")
    assert person.field("单位名称").input_value() == name
    person.look(f"register-{kind}-refused", phone=True)
    person.fill("统一社会信用代码", uscc)
    person.fill("密码", person.password)
    person.press("注册")
    person.reads("注册完成，请登录")


def _fact(person: Person, name: str, value: str) -> None:
    control = person.page.locator(f"main [name={name}]")
    if control.evaluate("one => one.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)


def _paper(name: str) -> bytes:
    """A PDF of its own: the same file for two things would be noticed."""
    return pdf(mark=name)


def _number(person: Person) -> str:
    """The number of the case on whose page the person is."""
    return person.page.locator("#case-number").inner_text().strip()
