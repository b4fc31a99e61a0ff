"""Signing in: one answer for a wrong password and an unknown user; five failures lock for fifteen minutes."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.lockout import FAILURES, LOCK_MINUTES, count_failure, locked
from accounts.models import User
from accounts.passwords import matches
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row


def check(session: Session, *, email: str, password: str) -> User:
    """The user, when the password is right; NotAllowed otherwise, in the same words whatever was wrong.

    The failures are counted under a row lock, so that parallel guesses count one by one. The caller must commit also
    when this raises: the count is the point. Where a code is still to come, only the right code clears the count:
    else whoever has the password could try codes for ever, clearing it with the password in between.
    """
    user = session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if user is None:
        matches(None, password)
        raise _refused()
    try:
        with session.begin_nested():
            user = lock_row(session, User, user.id)
    except Conflict as error:
        # Many guesses at once wait for each other; that they do would tell that there is such a user.
        raise _refused() from error
    if locked(user):
        # The password is not looked at: the answer tells nothing about it.
        matches(None, password)
        raise _refused()
    if matches(user, password):
        if user.totp_confirmed_at is None:
            user.failed_sign_ins = 0
        user.locked_until = None
        session.flush()
        return user
    count_failure(session, user)
    raise _refused()


def _refused() -> NotAllowed:
    return NotAllowed(
        N_("邮箱或密码不正确，或账号暂时锁定"),
        remedy=N_("核对后再试；连续 %(failures)s 次不正确会锁定 %(minutes)s 分钟"),
        failures=FAILURES,
        minutes=LOCK_MINUTES,
    )


def checked_email(text: str) -> str:
    """An e-mail address that can be written to; BadInput otherwise."""
    name, at, domain = text.strip().partition("@")
    if not (name and at and "." in domain.strip(".")) or any(letter.isspace() for letter in text.strip()):
        raise BadInput(N_("请填写有效的邮箱地址，例如 name@example.cn"), field="email")
    return text.strip()
