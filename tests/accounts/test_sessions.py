"""Sessions end: by time, by hand, by a new password, with a membership; and who switches must bring the code."""

from datetime import timedelta

import pyotp
import pytest
from factories import PASSWORD, actor_of, bureau, enterprise, member, provider
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, SignIn
from accounts.registration import admit, join, remove
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.clock


@pytest.fixture
def manager(session: Session) -> Membership:
    person = member(session, enterprise(session), Role.ENTERPRISE_MANAGER)
    session.commit()
    return person


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
    code = pyotp.TOTP(manager.user.totp_secret).at(now())
    assert browser.post("/sign-in/code", data={"code": code}).status_code == 303
    assert browser.get("/claims").status_code == 200
