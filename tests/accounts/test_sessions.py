"""Sessions end: by time, by hand, by a new password, with a membership; and who switches must bring the code."""

from datetime import datetime, timedelta

import pytest
from factories import PASSWORD, actor_of, bureau, code_of, enterprise, member, provider
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, SignIn
from accounts.registration import admit, join, remove
from foundation import clock
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.clock


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def browser_of(app, person: Membership) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"email": person.user.email, "password": PASSWORD}).status_code == 303
    return client


def test_half_an_hour_without_a_page_ends_it(client: FlaskClient, app, manager: Membership) -> None:
    browser = browser_of(app, manager)
    start = now()
    for minutes in (20, 40, 69):
        with travel(start + timedelta(minutes=minutes)):
            assert is_in(browser), minutes
    with travel(start + timedelta(minutes=99, seconds=31)):
        assert not is_in(browser)


def test_half_a_day_after_the_password_it_is_over_however_busy_it_was(
    app, session: Session, manager: Membership
) -> None:
    browser = browser_of(app, manager)
    start = session.scalars(select(SignIn.created_at)).one()
    for quarter in range(1, 48):
        with travel(start + timedelta(minutes=15 * quarter)):
            assert is_in(browser), quarter
    with travel(start + timedelta(hours=12)):
        assert not is_in(browser)
        assert browser_of(app, manager).get("/account").text.count("Werkzeug/") == 1


def test_a_host_whose_clock_is_wrong_ends_no_session(app, monkeypatch: pytest.MonkeyPatch, manager: Membership) -> None:
    """Nor lengthens one: begin and end are told by the database, whichever host answers."""
    browser = browser_of(app, manager)

    class Fast(datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + timedelta(hours=13)

    with monkeypatch.context() as host:
        host.setattr(clock, "datetime", Fast)
        assert is_in(browser)
        late = browser_of(app, manager)
    with travel(now() + timedelta(minutes=29)):
        assert is_in(late)
    with travel(now() + timedelta(hours=12, minutes=1)):
        assert not is_in(late)


def test_the_page_of_signing_in_says_why_it_is_asked_for(app, client: FlaskClient, manager: Membership) -> None:
    def told(browser: FlaskClient) -> str:
        return browser.get("/account", follow_redirects=True).text

    start = now()
    idle, old, lost, mine, out = (browser_of(app, manager) for _ in range(5))
    with travel(start + timedelta(minutes=29)):
        assert is_in(mine)
        mine.post("/account/end-others")
        assert "这台设备上的登录已被结束" in told(lost)
        idle, old = browser_of(app, manager), browser_of(app, manager)
    with travel(start + timedelta(minutes=60)):
        assert "超过 30 分钟没有操作" in told(idle)
    with travel(start + timedelta(hours=12, minutes=29, seconds=30)):
        assert "登录已满 12 小时" in told(old)
    out = browser_of(app, manager)
    out.post("/sign-out")
    for browser in (client, out):
        page = told(browser)
        assert not any(word in page for word in ("请重新登录", "没有操作"))
    assert "请重新登录" not in browser_of(app, manager).get("/sign-in").text


def test_what_was_typed_when_the_time_was_over_comes_back(app, manager: Membership) -> None:
    browser = browser_of(app, manager)
    with travel(now() + timedelta(hours=13)):
        typed = {"phone": "0592-1234567", "address": "样例路1号"}
        sent = browser.post("/account/contact", data=typed, headers={"Referer": "http://localhost/account"})
        again = browser.post(sent.location, data={"email": manager.user.email, "password": PASSWORD})
        assert again.location == "/account"
        assert 'value="0592-1234567"' in browser.get(again.location).text


def test_being_seen_is_noted_after_a_read_and_nothing_else_is(app, session: Session, manager: Membership) -> None:
    browser = browser_of(app, manager)
    later = now() + timedelta(minutes=5)
    with travel(later):
        assert is_in(browser)
    (seen,) = session.scalars(select(SignIn.last_seen_at)).all()
    assert abs(seen - later) < timedelta(seconds=5)


def test_a_new_password_ends_all_other_sessions(app, manager: Membership) -> None:
    mine, lost = browser_of(app, manager), browser_of(app, manager)
    form = {"present_password": PASSWORD, "password": "another long phrase"}
    assert mine.post("/account/password", data={**form, "present_password": "wrong wrong"}).status_code == 403
    assert is_in(lost)
    assert mine.post("/account/password", data=form).status_code == 303
    assert (is_in(mine), is_in(lost)) == (True, False)


def test_all_others_can_be_ended_by_hand(app, manager: Membership) -> None:
    mine, lost = browser_of(app, manager), browser_of(app, manager)
    mine.post("/account/end-others")
    assert (is_in(mine), is_in(lost)) == (True, False)


def test_only_living_sessions_are_listed(app, session: Session, manager: Membership) -> None:
    browser_of(app, manager)
    with travel(now() + timedelta(hours=1)):
        assert browser_of(app, manager).get("/account").text.count("Werkzeug/") == 1


def test_an_ended_membership_is_refused_with_the_next_page(app, session: Session, manager: Membership) -> None:
    colleague = member(session, manager.organisation, Role.ENTERPRISE_MEMBER)
    session.commit()
    browser = browser_of(app, colleague)
    assert is_in(browser)
    assert browser_of(app, manager).post(f"/members/{colleague.id}/remove").status_code == 303
    assert not is_in(browser)
    assert browser.post("/sign-in", data={"email": colleague.user.email, "password": PASSWORD}).status_code == 303
    assert not is_in(browser)


def test_a_further_person_waits_for_the_manager(
    app, client: FlaskClient, session: Session, manager: Membership
) -> None:
    user = join(
        session,
        uscc=manager.organisation.uscc,
        person="新同事",
        email="new@example.cn",
        password="a long enough phrase",
    )
    session.commit()
    (request,) = session.scalars(select(Membership).where(Membership.user_id == user.id)).all()
    form = {"email": "new@example.cn", "password": "a long enough phrase"}
    client.post("/sign-in", data=form)
    assert not is_in(client)
    colleague = member(session, manager.organisation, Role.ENTERPRISE_MEMBER)
    stranger = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    with pytest.raises(NotAllowed):
        admit(session, actor_of(colleague), request.id, yes=True)
    with pytest.raises(NotFound):
        admit(session, actor_of(stranger), request.id, yes=True)
    admit(session, actor_of(manager), request.id, yes=True)
    with pytest.raises(Conflict):
        admit(session, actor_of(manager), request.id, yes=False)
    with pytest.raises(BadInput):
        remove(session, actor_of(manager), manager.id)
    session.commit()
    client.post("/sign-in", data=form)
    assert is_in(client)
    assert request.role is Role.ENTERPRISE_MEMBER


def test_a_colleague_opens_no_list_of_members(app, session: Session, manager: Membership, sign_in) -> None:
    colleague = member(session, manager.organisation, Role.ENTERPRISE_MEMBER)
    browser = sign_in(colleague)
    assert browser.get("/members").status_code == 403
    assert browser.post(f"/members/{manager.id}/remove").status_code == 403
    assert session.get_one(Membership, manager.id).state is MembershipState.ACTIVE


def test_switching_to_a_bureau_asks_for_the_code(app, session: Session, manager: Membership) -> None:
    office = member(session, bureau(session), Role.OFFICER)
    office.user = manager.user
    foreign = member(session, provider(session), Role.PROVIDER_MANAGER)
    session.commit()
    browser = browser_of(app, manager)
    assert browser.post("/account/organisation", data={"membership_id": str(foreign.id)}).status_code == 404
    answer = browser.post("/account/organisation", data={"membership_id": str(office.id)})
    assert answer.headers["Location"] == "/sign-in/code"
    assert browser.get("/claims").headers["Location"].startswith("/sign-in/code")
    browser.get("/sign-in/code")
    session.refresh(manager.user)
    assert browser.post("/sign-in/code", data={"code": code_of(manager.user)}).status_code == 303
    assert browser.get("/claims").status_code == 200
