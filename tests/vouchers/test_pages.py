"""The pages through the test client: from the officer's draft to the enterprise's voucher, and who sees what."""

import re
from datetime import datetime, timedelta

import factories
import pytest
from sqlalchemy.orm import Session
from voucher_factories import claimant, close, fund, open_programme, terms, voucher

from accounts.models import Membership, Organisation
from enterprises.models import TitleLevel
from enterprises.titles import titles_on
from foundation.actors import Role
from foundation.clock import day_of, now, stopped, today, travel
from foundation.identifiers import new_id
from vouchers import programmes
from vouchers.claiming import NO_TITLE, allot, claim
from vouchers.desk import figures, others, waiting
from vouchers.models import Programme
from vouchers.queries import vouchers_of
from vouchers.redemption import hold

pytestmark = pytest.mark.clock


def membership_of(session: Session, actor) -> Membership:
    return session.query(Membership).filter_by(user_id=actor.user_id).one()


@pytest.fixture
def offices(session: Session):
    bureau, treasury = factories.bureau(session), factories.treasury(session)
    return {
        role: factories.member(session, treasury if role is Role.BUDGET_HOLDER else bureau, role)
        for role in (Role.OFFICER, Role.REVIEWER, Role.BUDGET_HOLDER)
    }


def form_values(page: str) -> dict[str, object]:
    """What a browser would send for the form as it stands."""
    values: dict[str, object] = {}
    form = page[page.index('<form class="form"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") == "checkbox" and " checked" not in tag:
            continue
        values.setdefault(facts["name"], [])
        values[facts["name"]].append(facts.get("value", ""))
    values |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\s*([^<]*)</textarea>', form))
    for name, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option( selected)?[^>]*value="([^"]*)"', body)
        values[name] = next((value for chosen, value in options if chosen), options[0][1])
    return values


def test_from_the_draft_to_the_voucher(session: Session, sign_in, offices):
    officer, reviewer = sign_in(offices[Role.OFFICER]), sign_in(offices[Role.REVIEWER])
    treasury = sign_in(offices[Role.BUDGET_HOLDER])
    values = form_values(officer.get("/programmes/new").text)
    assert values["cap_per_enterprise"] == ["500000.00"]
    tried = officer.post("/programmes/new", data=values | {"example": "1", "deduction_percent": "30"})
    assert "¥36,000.00" in tried.text
    assert session.query(Programme).count() == 0
    answer = officer.post("/programmes/new", data=form_values(tried.text) | {"deduction_percent": "100"})
    assert answer.status_code == 303, answer.text
    case = answer.location
    assert sign_in(offices[Role.OFFICER]).get(case).status_code == 200
    assert factories.enterprise(session)
    for browser, step in ((reviewer, "check"), (officer, "announce"), (officer, "open")):
        assert browser.post(f"{case}/{step}", data={"submission_id": str(new_id())}).status_code == 303, step
    page = treasury.get(f"{case}/appropriate")
    facts = form_values(page.text) | {"amount": "600000.00", "password": factories.PASSWORD}
    wrong = treasury.post(f"{case}/appropriate", data=facts | {"password": "not this one"})
    assert wrong.status_code == 403
    assert "600000.00" in wrong.text
    assert treasury.post(f"{case}/appropriate", data=facts | {"amount": "1.234"}).status_code == 422
    for _ in range(2):
        assert treasury.post(f"{case}/appropriate", data=facts).status_code == 303
    member = factories.member(session, factories.enterprise(session), Role.ENTERPRISE_MANAGER)
    enterprise = sign_in(member)
    page = enterprise.get(f"{case}/claim")
    assert "¥500,000.00" in page.text
    second = now()
    with stopped(second):
        claimed = enterprise.post(f"{case}/claim", data=form_values(page.text), follow_redirects=True)
    assert claimed.status_code == 200
    # Little money is left: whoever has priority may still press in the same second.
    assert "同一秒的申领排出先后就发放" in claimed.text
    assert 'hx-trigger="load delay:1500ms"' in claimed.text, "the page looks again by itself"
    with stopped(second + timedelta(seconds=1)):
        allot(session, session.query(Programme).one().id)
    assert "¥500,000.00" in enterprise.get("/vouchers").text
    assert enterprise.post(f"{case}/claim", data=form_values(page.text)).status_code == 303
    again = enterprise.post(f"{case}/claim", data=form_values(page.text) | {"submission_id": str(new_id())})
    assert again.status_code == 403
    assert "已达到每家企业的上限" in again.text
    assert "¥100,000.00" in treasury.get(f"{case}/money").text
    assert "FQ" in treasury.get(f"{case}/money/voucher").text
    assert "SL" in treasury.get(f"{case}/claims").text


def test_a_faulty_draft_keeps_what_was_typed(session: Session, sign_in, offices):
    officer = sign_in(offices[Role.OFFICER])
    values = form_values(officer.get("/programmes/new").text)
    faulty = officer.post(
        "/programmes/new", data=values | {"contracts_to": "2020-01-01", "name": "我的项目", "cap_per_enterprise": "1e5"}
    )
    assert faulty.status_code == 422
    assert "我的项目" in faulty.text
    assert "1e5" in faulty.text
    window = officer.post("/programmes/new", data=values | {"contracts_to": "2020-01-01"})
    assert window.status_code == 422
    assert "应不早于“服务协议签订起始日”" in window.text
    assert session.query(Programme).count() == 0


@pytest.mark.parametrize("button", [{}, {"example": "1"}])
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"claims_from": "0001-01-01"}, "日期应在 1949-10-01 至"),
        ({"claims_to": "9999-12-31"}, "不能填长期"),
        ({"expires_on": "12026-12-31"}, "应为四位数字"),
    ],
)
def test_a_day_that_no_programme_can_have_is_told(
    session: Session, sign_in, offices, typed: dict[str, str], told: str, *, button: dict[str, str]
):
    officer = sign_in(offices[Role.OFFICER])
    page = officer.post("/programmes/new", data=form_values(officer.get("/programmes/new").text) | typed | button)
    assert page.status_code == (200 if button else 422)
    assert told in page.text
    assert f'value="{next(iter(typed.values()))}"' in page.text
    assert session.query(Programme).count() == 0


def test_stored_days_at_the_ends_of_the_calendar_take_no_page_down(session: Session, sign_in, offices):
    """Such a draft was possible once: the list shows it, and it can be mended."""
    officer = sign_in(offices[Role.OFFICER])
    case = officer.post("/programmes/new", data=form_values(officer.get("/programmes/new").text)).location
    version = session.query(Programme).one().versions[-1]
    version.terms = version.terms | {
        "claims_open_at": "0001-01-01T00:00:00+08:00",
        "claims_close_at": "9999-12-31T23:59:59+08:00",
        "contracts_from": "0001-01-01",
        "contracts_to": "9999-12-31",
        "expires_on": "9999-12-31",
    }
    session.commit()
    for page in ("/programmes", "/programmes?format=csv", "/", case, f"{case}/edit"):
        assert officer.get(page).status_code == 200, page
    values = form_values(officer.get(f"{case}/edit").text)
    days = {"claims_from": "2026-01-01", "claims_to": "2026-12-31", "expires_on": "2026-12-31"}
    days |= {"contracts_from": "2026-01-01", "contracts_to": "2026-12-31"}
    assert officer.post(f"{case}/edit", data=values | days).status_code == 303
    assert "0001-01-01" not in officer.get(case).text


def test_a_share_that_is_no_whole_number_is_told_once(session: Session, sign_in, offices):
    officer = sign_in(offices[Role.OFFICER])
    sent = form_values(officer.get("/programmes/new").text) | {"deduction_percent": "37.5"}
    page = officer.post("/programmes/new", data=sent)
    assert page.status_code == 422
    assert "请填写 1 至 100" not in page.text


def test_a_draft_begins_with_the_notice_that_was_chosen(session: Session, sign_in):
    bureau, _ = factories.bureau(session), factories.treasury(session)
    officer = sign_in(factories.member(session, bureau, Role.OFFICER))
    usual = officer.get("/programmes/new").text
    assert "厦门市支持" in usual
    assert 'href="/programmes/new?preset=beijing-2021-batch1"' in usual
    page = officer.get("/programmes/new?preset=beijing-2021-batch1").text
    assert 'href="/programmes/new?preset=xiamen-2021"' in page
    assert 'value="300000.00"' in page
    answer = officer.post("/programmes/new?preset=beijing-2021-batch1", data=form_values(page))
    assert answer.status_code == 303, answer.text
    assert session.query(Programme).one().scheme_id == "beijing-2021-batch1"
    assert "北京市第一批" in officer.get(answer.location).text


def test_an_officer_of_a_region_without_a_programme_is_told_where_to_begin(session: Session, sign_in):
    officer = factories.member(session, factories.bureau(session), Role.OFFICER)
    actor = factories.actor_of(officer)
    assert [item.task.id for item in waiting(session, actor)] == ["programme.first"]
    home = sign_in(officer).get("/").text
    assert 'href="/programmes/new"' in home
    assert (
        waiting(session, factories.actor_of(factories.member(session, factories.bureau(session), Role.REVIEWER))) == []
    )
    open_programme(session)
    assert waiting(session, actor) == []


def test_the_drafter_is_refused_on_the_page(session: Session, sign_in):
    bureau, _ = factories.bureau(session), factories.treasury(session)
    officer = factories.member(session, bureau, Role.OFFICER)
    browser = sign_in(officer)
    case = browser.post("/programmes/new", data=form_values(browser.get("/programmes/new").text)).location
    assert browser.post(f"{case}/check", data={}).status_code == 403
    assert browser.post(f"{case}/announce", data={}).status_code == 409


def test_visitors_see_what_is_open_and_how_much_is_left(session: Session, client):
    setting = open_programme(session, money=5000_00, cap_per_enterprise=1000_00)
    claim(session, claimant(session), programme_id=setting.programme.id)
    closed = open_programme(session, money=7000_00)
    close(session, closed)
    session.flush()
    front = client.get("/").text
    assert f'href="/programmes/{setting.programme.number}"' in front
    assert closed.programme.number not in front
    for page in (front, client.get("/programmes").text):
        assert "¥4,000.00" in page
    page = client.get(f"/programmes/{closed.programme.number}").text
    line = page[page.index('<ol class="steps"') :]
    steps = re.findall(r'<time class="step-at" datetime="([^"]+)">([-0-9]+)', line)
    assert [(day_of(datetime.fromisoformat(moment)), shown) for moment, shown in steps] == [(today(), f"{today()}")] * 5


def test_public_pages_show_rules_and_hide_drafts(session: Session, client, sign_in, offices):
    setting = open_programme(session, money=123_00)
    officer = sign_in(offices[Role.OFFICER])
    draft = officer.post("/programmes/new", data=form_values(officer.get("/programmes/new").text)).location
    listed = client.get("/programmes").text
    assert setting.programme.number in listed
    assert draft.split("/")[-1] not in listed
    assert client.get(draft).status_code == 404
    page = client.get(f"/programmes/{setting.programme.number}").text
    assert "¥123.00" in page
    assert "哪些称号可以申领" in page
    assert client.get(f"/programmes/{setting.programme.number}/money").status_code in {302, 303, 401}
    assert client.get("/programmes/XM-nothing").status_code == 404


def test_a_voucher_is_seen_by_its_enterprise_and_its_offices(session: Session, sign_in):
    setting, enterprise, made = voucher(session, face=90_000)
    hold(session, enterprise, voucher_id=made.id, order_id=new_id(), amount=40_000, transfer_id=new_id())
    own = sign_in(membership_of(session, enterprise)).get(f"/vouchers/{made.number}").text
    assert "¥500.00" in own
    assert "¥400.00" in own
    assert sign_in(membership_of(session, claimant(session))).get(f"/vouchers/{made.number}").status_code == 404
    elsewhere = factories.member(session, factories.bureau(session, "430000"), Role.OFFICER)
    assert sign_in(elsewhere).get(f"/vouchers/{made.number}").status_code == 404
    reviewer = sign_in(membership_of(session, setting.reviewer))
    assert made.number in reviewer.get("/vouchers").text
    assert reviewer.post(f"/vouchers/{made.number}/reclaim", data={"note": ""}).status_code == 422
    facts = {"note": "停产", "submission_id": str(new_id()), "password": "not this one"}
    assert reviewer.post(f"/vouchers/{made.number}/reclaim", data=facts).status_code == 403
    facts["password"] = factories.PASSWORD
    assert reviewer.post(f"/vouchers/{made.number}/reclaim", data=facts).status_code == 303
    assert "已退回项目" in reviewer.get(f"/vouchers/{made.number}").text


def test_titles_are_registered_filtered_and_revoked(session: Session, sign_in, offices):
    organisation = factories.enterprise(session, None, name="厦门测试科技有限公司")
    reviewer = sign_in(offices[Role.REVIEWER])
    facts = {
        "uscc": organisation.uscc,
        "level": "srdi",
        "batch": "第三批",
        "document": "厦工信企业〔2021〕1号",
        "valid_from": "2020-01-01",
        "valid_to": "9999-12-31",
    }
    assert reviewer.post("/titles/new", data=facts).status_code == 303
    assert reviewer.post("/titles/new", data=facts).status_code == 409
    unknown = reviewer.post("/titles/new", data=facts | {"uscc": factories.new_uscc()})
    assert unknown.status_code == 422
    assert "没有以这个统一社会信用代码注册的企业" in unknown.text
    found = reviewer.get("/titles?q=测试科技&level=srdi").text
    assert "2020-01-01 — 长期" in found
    assert organisation.uscc in found
    assert organisation.uscc not in reviewer.get("/titles?level=innovative").text
    revoke = re.search(r"/titles/[\w-]+/revoke", found)[0]
    assert reviewer.post(revoke, data={"reason": "复核未通过"}).status_code == 303
    member = factories.member(session, organisation, Role.ENTERPRISE_MEMBER)
    assert "已撤销" in sign_in(member).get("/titles").text


def test_desks(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    first, second = claimant(session), claimant(session, TitleLevel.LITTLE_GIANT)
    assert [item.task.id for item in waiting(session, first)] == ["programme.claim"]
    claim(session, first, programme_id=setting.programme.id)
    claim(session, second, programme_id=setting.programme.id)
    assert waiting(session, first) == []
    assert [item.task.id for item in others(session, second)] == ["voucher_claim.in_line"]
    assert [figure.amount for figure in figures(session, first)] == [1000]
    assert [figure.count for figure in figures(session, setting.officer)] == [1]
    assert vouchers_of(session, first).total == 1


@pytest.mark.parametrize("ahead", [timedelta(hours=-9), timedelta(days=9)])
def test_rules_drafted_on_the_first_day_of_their_window_are_not_late(session: Session, ahead):
    bureau, treasury = factories.bureau(session), factories.treasury(session)
    rules = terms(claims_open_at=now() + ahead)
    facts = {"name": "n", "summary": "s", "scheme_id": "xiamen-2021", "treasury_uscc": treasury.uscc, "terms": rules}
    programmes.draft(session, factories.actor(session, bureau, Role.OFFICER), **facts)
    (item,) = waiting(session, factories.actor(session, bureau, Role.REVIEWER))
    assert item.task.id == "programme.check"
    assert item.due == (rules.claims_open_at if ahead > timedelta(0) else None)


def test_who_has_no_title_learns_the_way_into_the_register(session: Session, sign_in):
    """The desk leads to the titles, and the page says who registers, with which papers, and what goes without."""
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    setting.programme.bureau.phone = "0592-7703700"
    untitled = factories.enterprise(session, None)
    member = factories.member(session, untitled, Role.ENTERPRISE_MEMBER)
    assert [item.task.id for item in waiting(session, factories.actor_of(member))] == ["title.ask"]
    browser = sign_in(member)
    home = browser.get("/").text
    for address in ('href="/titles"', 'href="/catalogue"', 'href="/programmes"'):
        assert address in home
    page = browser.get("/titles").text
    for words in (untitled.uscc, setting.programme.bureau.name, "0592-7703700", "/catalogue?band=free"):
        assert words in page
    ended = factories.enterprise(session, None)
    factories.give_title(session, ended, TitleLevel.SRDI, today() - timedelta(days=2000))
    actor = factories.actor(session, ended, Role.ENTERPRISE_MEMBER)
    assert [item.task.id for item in waiting(session, actor)] == ["title.ask"]


def test_who_got_nothing_is_told_on_the_desk_for_some_days(session: Session, sign_in):
    setting = open_programme(session, cap_per_enterprise=1000)
    enterprise = claimant(session)
    claim(session, enterprise, programme_id=setting.programme.id)
    titles_on(session, enterprise.organisation_id, today())[0].revoked_on = today()
    session.flush()
    fund(session, setting, 1000)
    told = next(item for item in waiting(session, enterprise) if item.task.id == "voucher_claim.without_voucher")
    assert told.blocks == NO_TITLE
    with travel(now() + timedelta(days=14)):
        assert "voucher_claim.without_voucher" not in [item.task.id for item in waiting(session, enterprise)]
    browser = sign_in(
        factories.member(session, session.get_one(Organisation, enterprise.organisation_id), Role.ENTERPRISE_MEMBER)
    )
    assert "不符合条件" in browser.get("/vouchers").text


def test_a_full_voucher_is_no_refusal(session: Session, sign_in):
    """Who has claimed everything is told so kindly and led to the vouchers, not called ineligible."""
    setting = open_programme(session, money=5000, cap_per_enterprise=1000)
    organisation = factories.enterprise(session, TitleLevel.SRDI)
    member = factories.member(session, organisation, Role.ENTERPRISE_MEMBER)
    claim(session, factories.actor_of(member), programme_id=setting.programme.id)
    page = sign_in(member).get(f"/programmes/{setting.programme.number}/claim").text
    main = page[page.index("<h1>") :]
    assert "已领满" in main
    assert 'class="btn btn-primary" href="/vouchers"' in main
    for words in ("暂时不能申领", "条件逐条核对", "不符合"):
        assert words not in main, words


def test_who_is_in_line_is_not_called_ineligible(session: Session, sign_in):
    """Also after the window has closed; and whoever could no longer order with the voucher is told."""
    setting = open_programme(session)
    organisation = factories.enterprise(session, TitleLevel.SRDI)
    member = factories.member(session, organisation, Role.ENTERPRISE_MEMBER)
    claim(session, factories.actor_of(member), programme_id=setting.programme.id)
    close(session, setting)
    address = f"/programmes/{setting.programme.number}/claim"
    page = sign_in(member).get(address).text
    main = page[page.index("<h1>") :]
    assert "正在排队" in main
    assert "第 1 版" in main
    for words in ("暂时不能申领", "条件逐条核对", "不符合"):
        assert words not in main, words
    assert "不能再用来下单" not in main
    with travel(now() + timedelta(days=40)):
        assert "不能再用来下单" in sign_in(member).get(address).text


def test_a_programme_without_money_says_so(session: Session, client):
    setting = open_programme(session, deduction_percent=50)
    case = f"/programmes/{setting.programme.number}"
    for address in ("/", "/programmes", case):
        # The worked example below has an own share of nothing; what the programme has is above it.
        page = client.get(address).text.split('id="example"')[0]
        assert "资金尚未下达" in page, address
        assert "¥0.00" not in page, address
    fund(session, setting, 100_00)
    for address in ("/", "/programmes", case):
        assert "资金尚未下达" not in client.get(address).text, address


def test_empty_pages_say_what_to_do(session: Session, client, sign_in):
    assert "还没有公布的服务券项目" in client.get("/programmes").text
    member = factories.member(session, factories.enterprise(session, None), Role.ENTERPRISE_MEMBER)
    browser = sign_in(member)
    assert "还没有服务券" in browser.get("/vouchers").text
    assert "还没有登记贵单位的称号" in browser.get("/titles").text


def test_an_officer_finds_the_register_of_titles_from_the_programmes(client, offices, sign_in):
    """Claims stand on the register, and the navigation of a bureau has no room for it."""
    assert 'href="/titles"' in sign_in(offices[Role.OFFICER]).get("/programmes").text
    assert 'href="/titles"' not in sign_in(offices[Role.BUDGET_HOLDER]).get("/programmes").text
    assert 'href="/titles"' not in client.get("/programmes").text
