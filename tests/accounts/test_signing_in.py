"""Signing in: one answer for everything that is wrong, five failures lock, codes are good once."""

import re
from datetime import timedelta

import factories as make
import pytest
from factories import KEYS, PASSWORD, actor_of, member, treasury
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import Membership, SignIn, User
from accounts.passwords import hash_password, matches, reconfirmed
from accounts.signing_in import checked_email
from audit.models import AuditEvent
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.errors import BadInput, NotAllowed
from foundation.unit_of_work import run_afterwards

pytestmark = pytest.mark.clock

WRONG = "wrong wrong wrong"


def sign_in(client: FlaskClient, person: Membership, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", data={"email": person.user.email, "password": password, **more})


def code_of(person: Membership, steps: int = 0) -> str:
    return make.code_of(person.user, steps)


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_the_fifth_failure_locks_and_the_lock_ends(client: FlaskClient, session: Session, manager: Membership) -> None:
    for _ in range(5):
        assert sign_in(client, manager, WRONG).status_code == 403
    locked = sign_in(client, manager)
    assert (locked.status_code, is_in(client)) == (403, False)
    events = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == manager.user_id)).all()
    assert set(events) == {"users.sign_in_failed", "users.locked"}
    assert events.count("users.locked") == 1
    with travel(now() + timedelta(minutes=14, seconds=50)):
        assert sign_in(client, manager).status_code == 403
    with travel(now() + timedelta(minutes=15, seconds=1)):
        assert sign_in(client, manager).status_code == 303
        assert is_in(client)


def test_four_failures_and_the_right_password_begin_anew(client: FlaskClient, manager: Membership) -> None:
    for _ in range(2):
        for _ in range(4):
            sign_in(client, manager, WRONG)
        assert sign_in(client, manager).status_code == 303


def test_a_wrong_password_can_be_corrected_in_the_same_form(client: FlaskClient, manager: Membership) -> None:
    same_form = {"submission_id": "01991234-5678-7abc-8def-0123456789ab"}
    assert sign_in(client, manager, WRONG, **same_form).status_code == 403
    assert sign_in(client, manager, **same_form).status_code == 303
    assert is_in(client)


def test_unknown_wrong_and_locked_read_the_same(client: FlaskClient, session: Session, manager: Membership) -> None:
    def shown(email: str) -> tuple[int, str]:
        page = client.post("/sign-in", data={"email": email, "password": WRONG})
        body = page.text[page.text.index("<main") : page.text.index("</main")].replace(email, "")
        # Tokens and ids are new on each page.
        return page.status_code, re.sub(r'type="hidden" name="\w+" value="[^"]*"', "", body)

    wrong = shown(manager.user.email)
    for _ in range(5):
        locked = shown(manager.user.email)
    assert session.get_one(User, manager.user_id, populate_existing=True).locked_until is not None
    assert wrong == locked == shown("nobody@example.cn")


@pytest.mark.parametrize("email", ["", "a\x00b@example.cn", "' OR 1=1 --", "x" * 3000])
def test_strange_addresses_are_refused_and_nothing_breaks(client: FlaskClient, email: str) -> None:
    assert client.post("/sign-in", data={"email": email, "password": WRONG}).status_code in {403, 422}


def test_a_session_has_a_token_of_its_own_and_the_former_one_ends(
    client: FlaskClient, session: Session, manager: Membership
) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["csrf_token"] = "planted", "planted"
    sign_in(client, manager)
    with client.session_transaction() as cookie:
        first = dict(cookie)
    assert "planted" not in first.values()
    sign_in(client, manager)
    ended = session.scalars(select(SignIn.ended_at).order_by(SignIn.created_at)).all()
    assert (ended[0] is not None, ended[1]) == (True, None)


def test_no_page_of_a_bureau_without_the_code(client: FlaskClient, officer: Membership) -> None:
    answer = sign_in(client, officer)
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert client.get("/account").headers["Location"] == "/sign-in/code?next=/account"
    assert client.post("/sign-in/code?next=/account", data={"code": code_of(officer)}).headers["Location"] == "/account"
    assert is_in(client)


def test_a_code_is_good_once_and_its_neighbours_too(client: FlaskClient, officer: Membership) -> None:
    spied = code_of(officer)
    sign_in(client, officer)
    assert client.post("/sign-in/code", data={"code": spied}).status_code == 303
    sign_in(client, officer)
    assert client.post("/sign-in/code", data={"code": spied}).status_code == 403
    assert client.post("/sign-in/code", data={"code": code_of(officer, -1)}).status_code == 403
    assert client.post("/sign-in/code", data={"code": code_of(officer, 1)}).status_code == 303


@pytest.mark.parametrize("steps", [-3, 3])
def test_codes_of_another_time_are_refused(client: FlaskClient, officer: Membership, steps: int) -> None:
    sign_in(client, officer)
    assert client.post("/sign-in/code", data={"code": code_of(officer, steps)}).status_code == 403


def test_codes_cannot_be_tried_for_ever_with_the_password_in_between(client: FlaskClient, officer: Membership) -> None:
    """The right password does not clear the count of wrong codes, else it would be the way round the lock."""
    for _ in range(5):
        assert sign_in(client, officer).status_code == 303
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 403
    assert sign_in(client, officer).status_code == 403


def test_first_sign_in_sets_the_factor_up_with_one_secret(client: FlaskClient, session: Session) -> None:
    person = member(session, treasury(session), Role.PAYER)
    session.commit()
    sign_in(client, person)
    first, second = client.get("/sign-in/code").text, client.get("/sign-in/code").text
    session.refresh(person.user)
    secret = KEYS.open(person.user_id, person.user.totp_secret)
    assert secret in first
    assert secret in second
    assert client.post("/sign-in/code", data={"code": code_of(person)}).status_code == 303
    assert secret not in client.get("/sign-in/code").text


def test_money_asks_again_and_counts_although_the_deed_is_rolled_back(
    sessions: sessionmaker[Session], session: Session, manager: Membership
) -> None:
    actor = actor_of(manager)
    for _ in range(5):
        with sessions() as work:
            with pytest.raises(NotAllowed, match="密码不正确"), work.begin_nested():
                reconfirmed(work, actor, WRONG)
            work.rollback()
            run_afterwards(work)
    session.expire_all()
    with pytest.raises(NotAllowed, match="多次不正确"):
        reconfirmed(session, actor, PASSWORD)
    with travel(now() + timedelta(minutes=16)):
        reconfirmed(session, actor, PASSWORD)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("ninechars", "至少 10"),
        ("password123", "太常见"),
        ("PassWord123", "太常见"),
        ("1234567890", "太常见"),
        ("ababababab", "太常见"),
        ("long.name@example.cn", "太常见"),
        ("long.name1", None),
        ("x y" * 67, "最多 200"),
        ("厦门的海风吹过鼓浪屿", None),
    ],
)
def test_which_passwords_are_taken(password: str, told: str | None) -> None:
    if told is None:
        hashed = hash_password(password, email="long.name@example.cn")
        assert hashed.startswith("$argon2id$")
        assert matches(User(password_hash=hashed), password)
        assert not matches(User(password_hash=hashed), password + "!")
        return
    with pytest.raises(BadInput, match=told):
        hash_password(password, email="long.name@example.cn")


@pytest.mark.parametrize("text", ["", "a", "a@", "@b.cn", "a@b", "a b@c.cn", "a@b.cn\nx"])
def test_addresses_that_cannot_be(text: str) -> None:
    with pytest.raises(BadInput):
        checked_email(text)


def test_two_accounts_cannot_differ_only_in_case(client: FlaskClient, session: Session, manager: Membership) -> None:
    form = {"uscc": manager.organisation.uscc, "person": "另一人", "email": manager.user.email.upper()}
    page = client.post("/join", data={**form, "password": "a long enough phrase"})
    assert (page.status_code, "这个邮箱已经注册" in page.text) == (409, True)
    assert session.scalar(select(func.count()).select_from(User)) == 1
