"""The pages as people use them: the whole certification path, offerings, the catalogue, and what goes wrong."""

import io
import json
import re
from datetime import timedelta
from uuid import uuid4

import factories as make
import pytest
from clock_jobs import done
from provider_cases import NATIONAL_FACTS, PDF, People
from sqlalchemy import event, select

import notices.jobs
from foundation.actors import Role
from foundation.clock import add_working_days, end_of, today, travel
from foundation.pages import PAGE_SIZE
from providers import certification, hooks, price_review, review, standing
from providers.catalogue_query import read
from providers.models import Certification, CertificationState, OfferingState, OfferingVersion
from search.current import current_search

pytestmark = pytest.mark.clock


def post(client, url, **values):
    return client.post(url, data={"submission_id": str(uuid4()), **values})


def index(session):
    """What the worker does with the queued jobs."""
    current_search("offerings").catch_up(session, thorough=True)


OFFERING = {
    "name": "数字化转型诊断",
    "category": "digital",
    "kind": "digital",
    "content": "上门诊断生产环节，给出改造路线图和投入测算。",
    "effect": "一份诊断报告",
    "mode": "own",
    "channel": "both",
    "frequency": "每企一次",
    "delivery_days": "60",
    "list_price": "120000.00",
    "charged_price": "80000",
    "market_price": "120,000",
    "price_basis": "三份同类合同",
}


def test_certification_from_form_to_certificate(session, sign_in, client):
    people = People(session)
    clerk, officer, reviewer = (
        sign_in(one) for one in (people.clerk_membership, people.officer_membership, people.reviewer_membership)
    )
    form_url = post(clerk, "/certifications").headers["Location"]
    number = form_url.split("/")[2]
    case = f"/certifications/{number}"
    assert officer.get(case).status_code == 404
    typed = NATIONAL_FACTS | {"service_staff": "19"}
    judged = clerk.get(f"{case}/judgement", query_string=typed, headers={"HX-Request": "true"}).text
    assert "把服务人员增加到20人" in judged
    assert "1 项不符合" in judged
    refused = post(clerk, form_url, submit="1", **NATIONAL_FACTS | {"partners": ""})
    assert refused.status_code == 422
    assert 'href="#partners"' in refused.text
    files = {"files": [(io.BytesIO(PDF), "人员名单.pdf")]}
    assert post(clerk, form_url, submit="1", **NATIONAL_FACTS, **files).headers["Location"] == case
    assert "人员名单.pdf" in officer.get(case).text
    assert post(officer, f"{case}/review/take").status_code == 303
    assert post(officer, f"{case}/review/recommend", **{"recommend-note": "同意推荐"}).status_code == 303
    assert post(officer, f"{case}/review/open_notice").status_code == 403
    assert post(reviewer, f"{case}/review/open_notice").status_code == 303
    found = session.scalar(select(Certification).where(Certification.number == number))
    notice_url = re.search(r"/notices/GS[\w-]+", reviewer.get(case).text).group()
    assert people.provider.name in client.get("/notices").text
    bare = post(client, notice_url, name="李四", contact="13800000000", text="不实")
    assert bare.status_code == 422
    assert "没有证据的异议不予受理" in bare.text
    told = post(
        client, notice_url, name="李四", contact="13800000000", text="名单不实", evidence=(io.BytesIO(PDF), "证据.pdf")
    )
    assert told.status_code == 303
    assert "13800000000" not in client.get(notice_url).text
    inside = officer.get(notice_url).text
    assert "13800000000" in inside
    objection = re.search(r"/objections/([\w-]+)", inside).group(1)
    answered = {f"{objection}-answer": "社保名单与申报一致", f"{objection}-upheld": "no"}
    assert post(officer, f"{notice_url}/objections/{objection}", **answered).status_code == 303
    with travel(end_of(found.due_on) + timedelta(hours=1)):
        # The browsers' sessions ended while the notice ran; what follows are the verbs.
        done(session, notices.jobs.every_night)
        from providers.review import certify  # noqa: PLC0415

        certify(session, people.reviewer, found)
    found.valid_from -= timedelta(days=30)
    session.commit()
    assert found.state is CertificationState.CERTIFIED
    pdf = clerk.get(f"{case}/certificate.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert found.number in client.get(f"/providers/{people.provider.uscc}").text
    assert "社保名单与申报一致" in client.get(notice_url).text


def test_what_is_missing_stands_beside_the_form_and_follows(session, sign_in):
    people = People(session)
    made = certification.start(session, people.clerk)
    certification.save(session, people.clerk, made, NATIONAL_FACTS | {"service_staff": "19"})
    browser = sign_in(people.clerk_membership)
    page = browser.get(f"/certifications/{made.number}/form").text
    aside = page[page.index('<aside class="aside"') : page.index("</aside>")]
    assert 'href="#service_staff"' in aside
    address = f"/certifications/{made.number}/judgement"
    live = browser.get(address, query_string=NATIONAL_FACTS, headers={"HX-Request": "true"}).text
    swapped = live[live.index('id="judgement-summary" hx-swap-oob') :]
    assert 'href="#service_staff"' not in swapped
    assert "可以提交" in swapped


def test_autosave_keeps_the_draft_and_does_not_use_up_the_form(session, sign_in):
    people = People(session)
    made = certification.start(session, people.clerk)
    clerk = sign_in(people.clerk_membership)
    url = f"/certifications/{made.number}"
    sending = {"submission_id": str(uuid4()), **NATIONAL_FACTS}
    saved = clerk.post(f"{url}/draft", data=sending, headers={"X-Requested-With": "autosave"})
    assert saved.text == "草稿已自动保存"
    assert clerk.post(f"{url}/form", data=sending).headers["Location"].startswith(f"{url}/form")
    kept = clerk.post(f"{url}/form", data=sending | {"submission_id": str(uuid4()), "satisfaction": "lots"})
    assert kept.status_code == 422
    assert 'value="lots"' in kept.text
    session.refresh(made)
    assert made.facts["satisfaction"] == 80


def test_offering_from_form_to_catalogue(session, sign_in, client):
    people = People(session, certified=True)
    clerk, officer = sign_in(people.clerk_membership), sign_in(people.officer_membership)
    url = post(clerk, "/offerings/new", submit="1", **OFFERING).headers["Location"]
    number = url.rsplit("/", 1)[1]
    assert client.get(f"/catalogue/{number}").status_code == 404
    assert "审核产品、内容和价格" in officer.get(url).text
    assert post(officer, f"{url}/steps/approve").status_code == 303
    page = client.get(f"/catalogue/{number}").text
    linked = json.loads(re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page).group(1))
    assert linked["offers"] == {"@type": "Offer", "price": "80000.00", "priceCurrency": "CNY"}
    index(session)
    for words in ("诊断", "断", "路线图"):
        assert f"/catalogue/{number}" in client.get("/catalogue", query_string={"q": words}).text
    assert "<mark>诊断</mark>" in client.get("/catalogue", query_string={"q": "诊断"}).text
    assert post(clerk, f"{url}/edit", submit="1", **OFFERING | {"name": "新的名字"}).status_code == 303
    assert "新的名字" not in client.get(f"/catalogue/{number}").text
    assert post(officer, f"{url}/steps/approve").status_code == 303
    assert "新的名字" in client.get(f"/catalogue/{number}").text
    like = clerk.get("/offerings/new", query_string={"like": number}).text
    assert 'value="120000.00"' in like


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"content": "长" * 201}, "200"),
        ({"charged_price": "120000.01"}, "收费价格不能高于标准价格"),
        ({"list_price": "120000.001"}, "最多两位小数"),
        ({"list_price": ""}, "请填写标准价格"),
        ({"mode": "single_third_party"}, "服务商全称"),
        ({"kind": "ip"}, "不属于所选的服务类别"),
        ({"delivery_days": "soon"}, "delivery_days-error"),
        ({"orders_per_enterprise": "2"}, "与这里的下单次数不一致"),
        ({"orders_per_enterprise": "0"}, "请填写 1 至 1,000 的整数"),
    ],
)
def test_bad_offerings_say_where_and_lose_nothing(session, sign_in, changes, told):
    clerk = sign_in(People(session, certified=True).clerk_membership)
    page = post(clerk, "/offerings/new", **OFFERING | changes)
    assert page.status_code == 422
    assert told in page.text
    assert "三份同类合同" in page.text
    for value in changes.values():
        assert value in page.text
    assert session.scalar(select(OfferingVersion.id)) is None


def test_an_approval_that_lost_its_race_is_told(session, sign_in):
    people = People(session, certified=True)
    version = people.in_review()
    url = f"/offerings/{version.offering.number}"
    officer = sign_in(people.officer_membership)
    assert post(officer, f"{url}/steps/approve").status_code == 303
    late = post(officer, f"{url}/steps/approve")
    assert late.status_code == 409
    assert "已上架" in late.text


def test_the_bureau_finds_by_name_and_number(session, sign_in):
    people, other = People(session, certified=True), People(session, certified=True)
    version, another = people.in_review(), other.in_review()
    application = People(session).submitted()
    officer = sign_in(people.officer_membership)

    def found(address, words):
        return officer.get(address, query_string={"q": words}).text

    mine = found("/offerings", people.provider.name)
    assert version.offering.number in mine
    assert another.offering.number not in mine
    assert version.offering.number in found("/offerings", version.offering.number.lower())
    assert application.number in found("/certifications", application.organisation.uscc)
    assert application.number not in found("/certifications", people.provider.name)
    assert "没有符合条件" in found("/certifications", "没有这家机构")


def test_the_main_button_follows_the_review(session, sign_in):
    """What the bureau wants changed is changed first; sending it again unchanged is the rarer way."""
    people = People(session, certified=True)
    version = people.in_review()
    price_review.request_changes(session, people.officer, version, note="写明市场同类价格的来源")
    page = sign_in(people.clerk_membership).get(f"/offerings/{version.offering.number}").text
    actions = page[page.index('class="case-actions"') : page.index("</header>", page.index('class="case-actions"'))]
    assert actions.index("按意见修改") < actions.index("更多操作") < actions.index("不修改，重新提交审核")
    assert 'class="btn btn-primary" href=' in actions


def test_more_information_is_filed_with_its_own_words_and_both_dates(session, sign_in):
    people = People(session)
    made = people.submitted()
    review.take_up(session, people.officer, made)
    due = add_working_days(today(), 10)
    review.request_information(session, people.officer, made, note="人员名单不清", facts=[], due_on=due)
    session.commit()
    clerk = sign_in(people.clerk_membership)
    case = f"/certifications/{made.number}"
    assert "再次提交时间" not in clerk.get(case).text
    assert post(clerk, f"{case}/form", submit="1", **NATIONAL_FACTS).status_code == 303
    page = clerk.get(case).text
    assert "补充材料已提交，主管部门会继续审核" in page
    assert "受理后" not in page
    assert page.index("提交时间") < page.index("再次提交时间")


def test_the_reviewer_accepts_another_market_figure(session, sign_in):
    people = People(session, certified=True)
    version = people.in_review()
    session.commit()
    officer = sign_in(people.officer_membership)
    url = f"/offerings/{version.offering.number}"
    low = post(officer, f"{url}/steps/approve", **{"approve-accepted": "119999.99", "approve-note": "有依据"})
    assert low.status_code == 422
    assert "高于市场同类价格" in low.text
    assert "本平台设定" in low.text
    assert "北京" not in low.text
    given = {"approve-accepted": "130000", "approve-note": "三份政府采购合同"}
    assert post(officer, f"{url}/steps/approve", **given).status_code == 303
    page = officer.get(url).text
    assert "认可的市场同类价格" in page
    assert "130,000.00" in page
    assert "三份政府采购合同" in page


def test_a_change_of_what_is_listed_does_not_read_as_delisted(session, sign_in):
    people = People(session, certified=True)
    version = people.listed()
    session.commit()
    clerk = sign_in(people.clerk_membership)
    url = f"/offerings/{version.offering.number}"
    assert post(clerk, f"{url}/edit", submit="1", **OFFERING | {"name": "新名字"}).status_code == 303
    page = clerk.get(url).text
    assert "新版本已提交审核，通过之前目录里仍是现在的版本" in page
    assert "审核通过前目录里不会显示" not in page


def test_other_organisations_get_404(session, sign_in):
    people, stranger = People(session, certified=True), People(session, code="430000", certified=True)
    version = people.in_review()
    application = People(session).submitted()
    for membership in (stranger.clerk_membership, stranger.officer_membership):
        browser = sign_in(membership)
        assert browser.get(f"/offerings/{version.offering.number}").status_code == 404
        assert browser.get(f"/certifications/{application.number}").status_code == 404
    assert version.state is OfferingState.IN_REVIEW


def test_suspension_hides_from_the_catalogue(session, client):
    people = People(session, certified=True)
    version = people.listed()
    index(session)
    assert "共 1 项服务" in client.get("/catalogue").text
    certificate = session.scalar(select(Certification).where(Certification.organisation_id == people.provider.id))
    standing.suspend(session, people.reviewer, certificate, note="抽查")
    # At once, before the worker has run; then in the index too.
    assert version.name not in client.get("/catalogue", query_string={"q": "诊断"}).text
    assert client.get(f"/catalogue/{version.offering.number}").status_code == 404
    assert client.get(f"/providers/{people.provider.uscc}").status_code == 404
    index(session)
    assert "共 0 项服务" in client.get("/catalogue").text


def test_filters_count_and_the_address_holds_everything(session, client):
    People(session, certified=True).listed()
    People(session, certified=True, code="430000").listed(
        name="合同审查", category="legal", kind=None, charged_price=0, channel="online"
    )
    index(session)
    page = client.get("/catalogue").text
    for option in (
        "数字化赋能服务（1）",
        "法律维权服务（1）",
        "全国（2）",
        "厦门市（1）",
        "湖南省（1）",
        "免费（1）",
        "线上（2）",
        "线下（1）",
    ):
        assert option in page
    found = client.get("/catalogue", query_string={"category": "legal", "sort": "price_ascending", "page": "9"}).text
    assert '<option value="legal" selected>' in found
    assert '<option value="price_ascending" selected>' in found
    only = client.get("/catalogue", query_string={"region": "350000"}).text
    assert "数字化转型诊断" in only
    assert "合同审查" not in only


@pytest.mark.parametrize(
    "query",
    [{"q": "没有这种东西"}, {"category": "nonsense"}, {"page": "-3"}, {"page": "9" * 30}, {"sort": "x"}, {"q": "<b>"}],
)
def test_strange_addresses_are_no_errors(session, client, query):
    People(session, certified=True).listed()
    index(session)
    page = client.get("/catalogue", query_string=query)
    assert page.status_code == 200
    if "q" in query:
        assert "没有找到" in page.text
        assert "政策服务" in page.text


def test_catalogue_keeps_its_query_budget(session, client):
    for _ in range(3):
        people = People(session, certified=True)
        for name in ("上云诊断", "产线诊断", "质量诊断", "安全诊断"):
            people.listed(name=name)
    index(session)
    session.commit()
    statements = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *found: statements.append(found[2]))
    page = client.get("/catalogue", query_string={"q": "诊断"})
    assert page.text.count("card-item") == 12
    reads = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    assert len(reads) <= 3, reads


def test_upper_rooms_add_to_the_offering_page(session, client, monkeypatch):
    version = People(session, certified=True).listed()
    seen = []

    def order_button(_session, actor, offered):
        seen.append((actor, offered.id))
        return hooks.Extra("components/icons.html", {"number": offered.offering.number})

    monkeypatch.setattr(hooks, "offering_extras", [order_button])
    assert client.get(f"/catalogue/{version.offering.number}").status_code == 200
    assert seen == [(None, version.id)]


def test_desks_say_whose_turn_it_is(session, sign_in):
    people = People(session)
    people.recommended()
    assert "复审认定申请" in sign_in(people.reviewer_membership).get("/").text
    assert "初审认定申请" not in sign_in(people.officer_membership).get("/").text
    assert "主管部门" in sign_in(people.clerk_membership).get("/").text


def test_staff_find_organisations_and_all_find_offerings(session, sign_in):
    people = People(session, certified=True)
    people.listed()
    index(session)
    officer = sign_in(people.officer_membership).get("/search", query_string={"q": people.provider.uscc})
    assert people.provider.name in officer.text
    stranger = sign_in(make.member(session, make.enterprise(session), Role.ENTERPRISE_MEMBER))
    assert people.provider.uscc not in stranger.get("/search", query_string={"q": people.provider.name}).text
    assert "数字化转型诊断" in stranger.get("/search", query_string={"q": "诊断"}).text


def test_a_filed_judgement_speaks_the_readers_language(session, sign_in):
    people = People(session)
    application = people.submitted()
    officer = sign_in(people.officer_membership)
    officer.set_cookie("language", "en")
    page = officer.get(f"/certifications/{application.number}").text
    assert "Is an independent legal person" in page
    assert '<td class="cell-text" data-label="Required">是</td>' not in page


def test_the_catalogue_shows_fifty_a_page_as_every_list_does() -> None:
    assert read({}).page_size == PAGE_SIZE == 50
