"""Who came in, who was refused and who went is in the trail; nobody fills it, and nothing that was typed is in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from factories import KEYS, PASSWORD, actor_of, authenticator, bureau, code_of, member, provider
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from accounts import noted
from accounts.models import Membership, MembershipState, SignIn, User
from audit.models import AuditEvent
from audit.repeats import tell_counts
from foundation.actors import Role
from foundation.clock import now, today, travel

pytestmark = pytest.mark.clock

WRONG = "wrong wrong wrong"


@pytest.fixture(autouse=True)
def _early_in_a_quarter() -> Iterator[None]:
    """What is counted by quarters of an hour falls into one."""
    moment = now()
    with travel(moment.replace(minute=moment.minute // 15 * 15, second=10)):
        yield


def enter(client: FlaskClient, email: str, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def events(session: Session, user: User | None = None) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.action.startswith("users.")).order_by(AuditEvent.sequence)
    return list(session.scalars(query if user is None else query.where(AuditEvent.subject_id == user.id)))


def actions(session: Session, user: User | None = None) -> list[str]:
    return [each.action.removeprefix("users.") for each in events(session, user)]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The first words of everything that is sent to the database; savepoints have numbers."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(" ".join(statement.split()[:2]).partition(" sa_savepoint")[0])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_coming_and_going(client: FlaskClient, session: Session, manager: Membership) -> None:
    enter(client, manager.user.email)
    client.post("/sign-out")
    came, went = events(session)
    assert (came.action, went.action) == ("users.signed_in", "users.signed_out")
    assert came.after == {"awaits_code": False}
    for each in (came, went):
        assert (each.user_id, each.organisation_id) == (manager.user_id, manager.organisation_id)
        assert (each.person, each.subject_id, each.ip) == (manager.user.name, manager.user_id, "127.0.0.1")


def test_who_signs_in_over_another_in_the_same_browser_has_signed_that_one_out(
    client: FlaskClient, session: Session, manager: Membership
) -> None:
    colleague = member(session, manager.organisation, Role.ENTERPRISE_MEMBER)
    session.commit()
    enter(client, manager.user.email)
    enter(client, colleague.user.email)
    assert actions(session, manager.user) == ["signed_in", "signed_out"]
    assert actions(session, colleague.user) == ["signed_in"]


def test_a_code_that_is_right_and_codes_that_are_wrong(
    client: FlaskClient, session: Session, officer: Membership
) -> None:
    enter(client, officer.user.email)
    for _ in range(3):
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 403
    assert client.post("/sign-in/code", data={"code": code_of(officer.user)}).status_code == 303
    came, failed, passed = events(session, officer.user)
    assert (came.action, came.after) == ("users.signed_in", {"awaits_code": True})
    assert (failed.action, failed.user_id) == ("users.second_factor_failed", officer.user_id)
    assert (passed.action, passed.organisation_id) == ("users.second_factor_passed", officer.organisation_id)
    assert "000000" not in str([each.after for each in events(session)])


def test_failures_of_an_account_are_one_event_a_lock_and_a_count(
    client: FlaskClient, session: Session, manager: Membership
) -> None:
    for _ in range(12):
        assert enter(client, manager.user.email, WRONG) == 403
    with travel(now() + timedelta(minutes=20)):
        tell_counts(session)
    first, lock, count = events(session, manager.user)
    assert (first.action, first.user_id, first.role, first.ip) == ("users.sign_in_failed", None, "system", "127.0.0.1")
    assert lock.action == "users.locked"
    assert (count.action, count.after["times"]) == ("users.sign_in_failed", 12)
    assert (count.after["seen"], WRONG in str([each.after for each in events(session)])) == (["127.0.0.1"], False)


def test_addresses_that_nobody_has_are_told_by_the_network_address_alone(client: FlaskClient, session: Session) -> None:
    for number in range(12):
        assert enter(client, f"my.password{number}@example.cn", WRONG) == 403
    (first,) = events(session)
    assert (first.action, first.subject_id, first.ip) == ("users.sign_in_failed", None, "127.0.0.1")
    assert "my.password" not in str((first.before, first.after, first.note, first.person))


def test_a_refusal_takes_the_same_statements_whatever_was_wrong(
    client: FlaskClient, engine: Engine, session: Session, manager: Membership
) -> None:
    def sent(email: str) -> list[str]:
        with statements(engine) as found:
            assert enter(client, email, WRONG) == 403
        return found

    nobody, wrong = sent("nobody@example.cn"), sent(manager.user.email)
    again = sent("other@example.cn"), sent(manager.user.email)
    for _ in range(3):
        enter(client, manager.user.email, WRONG)
    assert session.get_one(User, manager.user_id, populate_existing=True).locked_until is not None
    locked = sent(manager.user.email)
    assert nobody == wrong == again[0] == again[1] == locked
    assert len([each for each in nobody if each.startswith("WITH counted")]) == 1


def test_nobody_to_act_for_is_told(client: FlaskClient, session: Session, manager: Membership) -> None:
    manager.state = MembershipState.ENDED
    session.commit()
    for _ in range(3):
        enter(client, manager.user.email)
    assert actions(session, manager.user) == ["sign_in_without_organisation"]


def test_switching_is_told_with_both_organisations(client: FlaskClient, session: Session, manager: Membership) -> None:
    other = member(session, provider(session), Role.PROVIDER_MANAGER)
    other.user = manager.user
    session.commit()
    enter(client, manager.user.email)
    assert client.post("/account/organisation", data={"membership_id": str(other.id)}).status_code == 303
    switched = events(session, manager.user)[-1]
    assert (switched.action, switched.organisation_id) == ("users.organisation_switched", manager.organisation_id)
    assert switched.before == {"organisation": manager.organisation.name}
    assert switched.after == {"organisation": other.organisation.name}


def test_how_many_sessions_were_ended_is_told(app, session: Session, manager: Membership) -> None:
    browsers = [app.test_client() for _ in range(3)]
    # The first has been idle too long meanwhile: it ends as well and counts for nothing.
    for browser, minutes in zip(browsers, (31, 0, 0), strict=True):
        with travel(now() - timedelta(minutes=minutes)):
            enter(browser, manager.user.email)
    browsers[2].post("/account/end-others")
    ended = events(session, manager.user)[-1]
    assert (ended.action, ended.after) == ("users.sessions_ended", {"sessions": 1})
    session.expire_all()
    assert [each.ended_at is None for each in session.scalars(select(SignIn).order_by(SignIn.created_at))] == [
        False,
        False,
        True,
    ]


def test_refused_pages_are_one_event_of_a_kind_and_others_write_nothing(
    engine: Engine, session: Session, manager: Membership, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    browser = sign_in(manager)
    for _ in range(4):
        assert browser.get("/audit").status_code == 403
        assert browser.get("/orders/DD-0000-0000").status_code == 404
        assert browser.get("/no-such-page").status_code == 404
    refused, not_found = events(session)
    assert (refused.action, refused.after) == ("users.access_refused", {"seen": ["/audit"]})
    assert (not_found.action, not_found.after) == ("users.not_found", {"seen": ["/orders/DD-0000-0000"]})
    for each in (refused, not_found):
        assert (each.user_id, each.organisation_id, each.ip) == (
            manager.user_id,
            manager.organisation_id,
            "127.0.0.1",
        )
    with statements(engine) as sent:
        assert browser.get("/account").status_code == 200
    assert [each for each in sent if not each.startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"))] == []


def test_a_deed_that_its_verb_refuses_is_told_although_nothing_of_it_stays(
    session: Session, manager: Membership, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    colleague = member(session, manager.organisation, Role.ENTERPRISE_MEMBER)
    browser = sign_in(colleague)
    assert browser.post(f"/members/{manager.id}/remove").status_code == 403
    assert [(each.action, each.user_id) for each in events(session)] == [("users.access_refused", colleague.user_id)]


def test_a_deed_that_is_refused_in_its_form_is_told_too(
    session: Session, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    own, upper = bureau(session), bureau(session, "350000")
    officer = member(session, own, Role.OFFICER)
    day = today().isoformat()
    facts = {"to_bureau": str(upper.id), "programme": "", "valid_from": day, "valid_to": day, "reason": "人手不足"}
    assert sign_in(officer).post("/delegations", data=facts).status_code == 403
    (told,) = events(session, officer.user)
    assert (told.action, told.after) == ("users.access_refused", {"seen": ["/delegations"]})


def test_a_wrong_password_before_a_deed_is_no_refused_page(
    session: Session, manager: Membership, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    facts = {"present_password": WRONG, "password": "another long phrase 1"}
    refused = sign_in(manager).post("/account/password", data=facts)
    assert refused.status_code == 403, refused.text
    assert actions(session, manager.user) == []


def test_where_a_person_was_refused_is_told_for_each_organisation_and_address(
    session: Session, manager: Membership
) -> None:
    other = member(session, provider(session), Role.PROVIDER_MANAGER)
    other.user = manager.user
    session.commit()
    for place, ip, path in (
        (manager, "192.0.2.1", "/a"),
        (manager, "192.0.2.1", "/b"),
        (manager, "203.0.113.9", "/b"),
        (other, "203.0.113.9", "/secret"),
    ):
        noted.refused(session, replace(actor_of(place), ip=ip), found=True, path=path)
    with travel(now() + timedelta(minutes=20)):
        tell_counts(session)
    first, second, count = events(session, manager.user)
    assert [each.organisation_id for each in (first, second)] == [manager.organisation_id, other.organisation_id]
    assert (second.ip, second.after) == ("203.0.113.9", {"seen": ["/secret"]})
    assert (count.organisation_id, count.after["seen"]) == (manager.organisation_id, ["/a", "/b", "/b · 203.0.113.9"])


def test_the_auditor_reads_it_in_words(
    client: FlaskClient, session: Session, officer: Membership, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    auditor = member(session, bureau(session), Role.AUDITOR)
    enter(client, officer.user.email)
    enter(client, officer.user.email, WRONG)
    page = sign_in(auditor).get("/audit").text
    assert all(words in page for words in ("登录（密码正确）", "还需动态验证码", "登录失败"))


def test_a_secret_of_another_row_lets_nobody_in(client: FlaskClient, session: Session, officer: Membership) -> None:
    colleague = member(session, officer.organisation, Role.OFFICER)
    authenticator(colleague.user)
    own = code_of(colleague.user)
    officer.user.totp_secret = colleague.user.totp_secret
    session.commit()
    enter(client, officer.user.email)
    page = client.post("/sign-in/code", data={"code": own})
    assert (page.status_code, "系统无法读取您的动态验证码密钥" in page.text) == (409, True)
    assert KEYS.open(colleague.user_id, officer.user.totp_secret)
