"""Second-factor secrets are encrypted, open with every key of the settings, and only in their own row."""

import pyotp
import pytest
from cryptography.fernet import Fernet
from factories import bureau, code_of, member
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Membership, User
from accounts.recovery import restore_access
from accounts.sealed_secrets import Resealed, SecretKeys, UnreadableSecret, keys_of, reseal, unreadable_people
from cli.doctor_rooms import second_factors
from config import Settings
from foundation.actors import Role
from foundation.clock import now
from foundation.identifiers import new_id

pytestmark = pytest.mark.clock

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def keys(*given: str) -> SecretKeys:
    return keys_of(Settings(second_factor_keys=given))


@pytest.fixture
def officer(session: Session) -> Membership:
    """Whose second factor was set up under a key that is the second of the settings now."""
    person = member(session, bureau(session), Role.OFFICER)
    user = person.user
    user.totp_secret, user.totp_confirmed_at = keys(OLD).seal(user.id, pyotp.random_base32()), now()
    session.commit()
    return person


def enter(app: Flask, officer: Membership, code: str, *given: str) -> tuple[int, str]:
    """Sign in where the settings have these keys; status and page of the code."""
    app.config["HUIQI_SETTINGS"] = app.config["HUIQI_SETTINGS"].model_copy(update={"second_factor_keys": given})
    browser: FlaskClient = app.test_client()
    browser.post("/sign-in", data={"email": officer.user.email, "password": "correct horse battery"})
    answer = browser.post("/sign-in/code", data={"code": code})
    return answer.status_code, answer.text


def code(officer: Membership) -> str:
    return pyotp.TOTP(keys(OLD).open(officer.user_id, officer.user.totp_secret)).at(now())


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    person, other = new_id(), new_id()
    before, after = keys(OLD).seal(person, "SECRET"), keys(NEW, OLD).seal(person, "SECRET")
    assert "SECRET" not in before
    assert keys(NEW, OLD).open(person, before) == keys(NEW).open(person, after) == "SECRET"
    for ring, whose, sealed in ((keys(NEW), person, before), (keys(OLD), person, after), (keys(OLD), other, before)):
        with pytest.raises(UnreadableSecret):
            ring.open(whose, sealed)


def test_nothing_is_stored_in_clear_when_the_second_factor_is_set_up(client: FlaskClient, session: Session) -> None:
    person = member(session, bureau(session), Role.OFFICER)
    session.commit()
    client.post("/sign-in", data={"email": person.user.email, "password": "correct horse battery"})
    page = client.get("/sign-in/code").text
    session.refresh(person.user)
    assert person.user.totp_secret.startswith("gAAAAA")
    assert person.user.totp_secret not in page
    assert client.post("/sign-in/code", data={"code": code_of(person.user)}).status_code == 303


def test_the_database_itself_refuses_a_secret_in_clear(session: Session, officer: Membership) -> None:
    officer.user.totp_secret = pyotp.random_base32()
    with pytest.raises(IntegrityError, match="ck_users_totp_secret_encrypted"):
        session.flush()


def test_an_older_key_goes_on_letting_people_in(app: Flask, officer: Membership) -> None:
    assert enter(app, officer, code(officer), NEW, OLD)[0] == 303


def test_a_lost_key_is_told_and_counts_no_failure(app: Flask, session: Session, officer: Membership) -> None:
    for _ in range(6):
        status, page = enter(app, officer, code(officer), NEW)
        assert (status, "系统无法读取您的动态验证码密钥" in page, "请联系平台运营方" in page) == (409, True, True)
    user = session.get_one(User, officer.user_id, populate_existing=True)
    assert (user.failed_sign_ins, user.locked_until) == (0, None)
    assert enter(app, officer, code(officer), OLD)[0] == 303


def test_who_keeps_the_installation_hears_of_a_lost_key_and_lets_people_in_again(
    session: Session, officer: Membership
) -> None:
    found = second_factors(session, Settings(second_factor_keys=(NEW,)))
    assert (found.ok, officer.user.email in found.told, "huiqi staff restore" in found.remedy) == (False, True, True)
    restore_access(session, email=officer.user.email, password="another long enough phrase")
    assert second_factors(session, Settings(second_factor_keys=(NEW,))).ok


def test_all_are_encrypted_anew_under_the_first_key(session: Session, officer: Membership) -> None:
    lost = member(session, officer.organisation, Role.REVIEWER)
    lost.user.totp_secret = keys(Fernet.generate_key().decode()).seal(lost.user_id, pyotp.random_base32())
    clear = member(session, officer.organisation, Role.INSPECTOR)
    clear.user.totp_secret = "clear:JBSWY3DPEHPK3PXP"
    session.flush()
    both = keys(NEW, OLD)
    assert reseal(session, both) == Resealed(2, [lost.user.email])
    assert reseal(session, both) == Resealed(0, [lost.user.email])
    session.expire_all()
    assert keys(NEW).open(clear.user_id, clear.user.totp_secret) == "JBSWY3DPEHPK3PXP"
    assert keys(NEW).open(officer.user_id, officer.user.totp_secret)
    assert unreadable_people(session, keys(NEW)) == [lost.user.email]
