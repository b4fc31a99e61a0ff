"""Letting a person in again who has lost the password or the telephone."""

from datetime import timedelta

import factories as make
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import PasswordAttempts, SignIn, User
from accounts.passwords import matches
from accounts.recovery import restore_access
from audit.models import AuditEvent
from cli.staff import staff
from foundation.actors import Role
from foundation.clock import now
from foundation.errors import BadInput, NotFound

pytestmark = pytest.mark.clock

NEW = "another long enough phrase"


@pytest.fixture
def locked_out(session: Session) -> User:
    """An officer with an authenticator, a session and a lock."""
    membership = make.member(session, make.bureau(session), Role.OFFICER)
    user = membership.user
    make.authenticator(user)
    user.totp_last_step = 1
    user.failed_sign_ins, user.locked_until = 4, now() + timedelta(minutes=15)
    session.add(
        SignIn(
            token_hash="x",
            user_id=user.id,
            membership_id=membership.id,
            created_at=now(),
            last_seen_at=now(),
            ends_at=now() + timedelta(hours=12),
            password_at=now(),
        )
    )
    session.flush()
    return user


def test_password_and_authenticator_begin_anew_and_old_sessions_end(session: Session, locked_out: User) -> None:
    restore_access(session, email=f" {locked_out.email.upper()} ", password=NEW)
    assert matches(locked_out, NEW)
    assert not matches(locked_out, make.PASSWORD)
    assert (locked_out.totp_secret, locked_out.totp_confirmed_at, locked_out.totp_last_step) == (None, None, None)
    assert (locked_out.failed_sign_ins, locked_out.locked_until) == (0, None)
    session.expire_all()
    assert session.scalars(select(SignIn.ended_at)).one() is not None
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "users.access_restored")).one()
    assert event.subject_id == locked_out.id
    assert NEW not in str((event.before, event.after, event.note))


def test_guesses_of_the_lost_password_stop_no_deed_with_the_new_one(session: Session, locked_out: User) -> None:
    session.add(PasswordAttempts(user_id=locked_out.id, failures=5, locked_until=now() + timedelta(minutes=15)))
    session.flush()
    restore_access(session, email=locked_out.email, password="four words in a row")
    # Other people's attempts are there: each is written at once, so that a test that is rolled back leaves it.
    assert session.scalar(select(PasswordAttempts).where(PasswordAttempts.user_id == locked_out.id)) is None


def test_a_weak_password_and_an_unknown_address_change_nothing(session: Session, locked_out: User) -> None:
    with pytest.raises(BadInput) as weak:
        restore_access(session, email=locked_out.email, password="short")
    assert weak.value.field == "password"
    with pytest.raises(NotFound):
        restore_access(session, email="nobody@example.cn", password=NEW)
    assert locked_out.totp_secret is not None
    assert matches(locked_out, make.PASSWORD)


def test_the_command_takes_the_password_from_the_environment(session: Session, locked_out: User) -> None:
    done = CliRunner().invoke(staff, ["restore", "--email", locked_out.email], env={"HUIQI_STAFF_PASSWORD": NEW})
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    assert matches(locked_out, NEW)
