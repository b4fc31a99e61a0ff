"""The shell: front page, language, errors, headers, forms that are sent twice or after the session has ended."""

import re
from uuid import uuid4

import pytest
from factories import PASSWORD, actor_of, bureau, enterprise, member, new_uscc, provider, region
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.devices import told_of
from accounts.models import Organisation, User
from audit.trail import record
from foundation.actors import ENTERPRISE, EVERYBODY, PROVIDER, Role


def test_visitor_sees_the_front_page(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "服务券" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "nonce-" in policy


def test_language_is_kept(client: FlaskClient) -> None:
    assert client.get("/language/en?next=/help").headers["Location"] == "/help"
    assert '<html lang="en"' in client.get("/help").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_redirects_stay_here(client: FlaskClient, target: str) -> None:
    assert client.get("/language/en", query_string={"next": target}).headers["Location"] == "/"


def test_unknown_page_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/nothing-here")
    assert page.status_code == 404
    assert "</html>" in page.text


def _registration(session, **changes):
    return {
        "submission_id": str(uuid4()),
        "kind": "enterprise",
        "name": "厦门样例科技有限公司",
        "uscc": new_uscc(),
        "region_id": str(region(session).id),
        "person": "样例人",
        "email": "sample@example.cn",
        "password": "a long enough phrase",
        **changes,
    }


def test_registering_twice_with_one_form_registers_once(client: FlaskClient, session) -> None:
    form = _registration(session)
    session.commit()
    first = client.post("/register", data=form)
    second = client.post("/register", data=form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Organisation).where(Organisation.uscc == form["uscc"])) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"uscc": "91350200MA00000000"}, "校验码"),
        ({"password": "1234567890"}, "太常见"),
        ({"password": "short"}, "至少"),
        ({"email": "nobody"}, "有效的邮箱"),
        ({"name": ""}, "请填写单位名称"),
    ],
)
def test_bad_registration_keeps_what_was_typed(client: FlaskClient, session, change, told) -> None:
    form = _registration(session, **change)
    session.commit()
    page = client.post("/register", data=form)
    assert page.status_code in {409, 422}
    assert told in page.text
    assert "样例人" in page.text
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_all_faults_of_a_registration_are_told_at_once(client: FlaskClient, session) -> None:
    """Nobody should be sent round once for each field."""
    form = _registration(session, uscc="91350200MA00000000", password="short", email="nobody", region_id="")
    session.commit()
    page = client.post("/register", data=form).text
    for told in ("校验码", "至少", "有效的邮箱", "请选择所在地区"):
        assert told in page


def test_an_address_is_the_one_that_is_read(client: FlaskClient, session) -> None:
    """Copied from a messenger with signs that nobody sees, and typed by hand the next time."""
    form = _registration(session)
    session.commit()
    typed = form["email"]
    assert client.post("/register", data=form | {"email": f"\u200b{typed}\ufeff"}).status_code == 303
    assert session.scalar(select(User.email)) == typed
    grouped = " ".join(str(form["uscc"])[place : place + 4] for place in range(0, 18, 4))
    again = {"uscc": grouped, "email": "other@example.cn", "submission_id": str(uuid4())}
    assert "已经注册" in client.post("/register", data=form | again).text


@pytest.mark.parametrize(
    "phone", ["（0592）7703700", "0592－7703700", "０５９２-7703700", "0592—7703700", "0592-7703700/7703701"]
)
def test_telephone_numbers_are_taken_as_people_write_them(session, sign_in, phone: str) -> None:
    manager = sign_in(member(session, provider(session), Role.PROVIDER_MANAGER))
    facts = {"submission_id": str(uuid4()), "phone": phone, "address": "厦门（湖里）"}
    assert manager.post("/account/contact", data=facts).status_code == 303


def test_sign_in_locks_after_five_failures(client: FlaskClient, session) -> None:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()

    def attempt(password: str) -> int:
        return client.post("/sign-in", data={"email": person.user.email, "password": password}).status_code

    assert [attempt("wrong wrong wrong") for _ in range(5)] == [403] * 5
    assert attempt(PASSWORD) == 403


def test_the_account_leads_to_what_belongs_to_the_organisation(client: FlaskClient, session, sign_in) -> None:
    organisation = enterprise(session)
    page = sign_in(member(session, organisation, Role.ENTERPRISE_MANAGER)).get("/account").text
    for words in (organisation.uscc, 'href="/members"', 'href="/titles"'):
        assert words in page
    page = sign_in(member(session, organisation, Role.ENTERPRISE_MEMBER)).get("/account").text
    assert 'href="/members"' not in page
    assert 'href="/titles"' in page
    assert "请联系平台运营方核实身份后重设" in client.get("/sign-in").text


def test_a_manager_enters_how_the_organisation_is_reached(client: FlaskClient, session, sign_in) -> None:
    """What the other side of an order, and whoever reads the catalogue, needs; a clerk does not change it."""
    organisation = provider(session)
    manager = sign_in(member(session, organisation, Role.PROVIDER_MANAGER))
    facts = {"submission_id": str(uuid4()), "phone": " 0592-7703700 转 8 ", "address": "厦门市湖里区1号"}
    assert manager.post("/account/contact", data=facts).status_code == 303
    session.refresh(organisation)
    assert (organisation.phone, organisation.address) == ("0592-7703700 转 8", "厦门市湖里区1号")
    page = client.get(f"/providers/{organisation.uscc}").text
    assert "0592-7703700 转 8" in page
    assert 'value="0592-7703700 转 8"' in manager.get("/account").text
    wrong = manager.post("/account/contact", data=facts | {"submission_id": str(uuid4()), "phone": "打前台"})
    assert wrong.status_code == 422
    assert 'value="打前台"' in wrong.text
    clerk = sign_in(member(session, organisation, Role.PROVIDER_MEMBER))
    assert clerk.post("/account/contact", data=facts | {"submission_id": str(uuid4())}).status_code == 403
    assert 'name="phone"' not in clerk.get("/account").text


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0", "微信 · Android"),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_a_device_is_told_in_words(agent: str, told: str) -> None:
    assert told_of(agent) == told


def test_sign_in_and_out(client: FlaskClient, session) -> None:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()
    assert client.post("/sign-in", data={"email": person.user.email, "password": PASSWORD}).status_code == 303
    assert person.organisation.name in client.get("/").text
    client.post("/sign-out")
    assert person.organisation.name not in client.get("/").text


def test_bureau_needs_a_second_factor(client: FlaskClient, session) -> None:
    person = member(session, bureau(session), Role.OFFICER)
    session.commit()
    answer = client.post("/sign-in", data={"email": person.user.email, "password": PASSWORD})
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert person.organisation.name not in client.get("/").text
    page = client.get("/sign-in/code")
    assert "<svg" in page.text


def test_wrong_sign_in_says_the_same_for_unknown_and_known(client: FlaskClient, session) -> None:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()
    known = client.post("/sign-in", data={"email": person.user.email, "password": "wrong wrong"})
    unknown = client.post("/sign-in", data={"email": "nobody@example.cn", "password": "wrong wrong"})
    assert known.status_code == unknown.status_code == 403
    assert "邮箱或密码不正确" in known.text
    assert "邮箱或密码不正确" in unknown.text


def test_auditor_reads_the_trail_of_the_region_only(session, sign_in) -> None:
    person = member(session, bureau(session), Role.AUDITOR)
    near = actor_of(member(session, enterprise(session), Role.ENTERPRISE_MANAGER))
    far = actor_of(member(session, enterprise(session, code="430000"), Role.ENTERPRISE_MANAGER))
    record(session, near, "test.near", None, before={"state": "a"}, after={"state": "b", "amount": 1234550})
    record(session, far, "test.far", None)
    page = sign_in(person).get("/audit")
    assert "test.near" in page.text
    assert "¥12,345.50" in page.text
    assert "test.far" not in page.text


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize("role", [None, *sorted(EVERYBODY)])
def test_the_menu_leads_to_pages_of_the_same_name(client, session, sign_in, role: Role | None, language: str) -> None:
    browser = client
    if role is not None:
        side = enterprise if role in ENTERPRISE else provider if role in PROVIDER else bureau
        browser = sign_in(member(session, side(session), role))
    browser.get(f"/language/{language}")
    menu = re.search(r'<nav class="side".*?</nav>', browser.get("/help").text, re.DOTALL)
    assert menu
    entries = re.findall(r'<a href="([^"]+)".*?<span>([^<]+)</span></a>', menu[0])
    assert entries
    for address, word in entries:
        page = browser.get(address).text
        title = re.search(r"<h1>(.*?)</h1>", page)
        assert title, address
        assert title[1] == word, address
        assert re.search(rf'<a href="{address}" aria-current="page">', page), address
