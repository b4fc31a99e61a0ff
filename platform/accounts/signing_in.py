"""Signing in: one answer for a wrong password and an unknown user; five failures lock for fifteen minutes."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.passwords import matches
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row

FAILURES: Final = 5
LOCK: Final = timedelta(minutes=15)


def check(session: Session, *, email: str, password: str) -> User:
    """The user, when the password is right; NotAllowed otherwise, in the same words whatever was wrong.

    The failures are counted under a row lock, so that parallel guesses count one by one. The caller must commit also
    when this raises: the count is the point.
    """
    user = session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if user is None:
        matches(None, password)
        raise _refused()
    user = lock_row(session, User, user.id)
    if user.locked_until is not None and user.locked_until > now():
        # The password is not looked at: the answer tells nothing about it.
        matches(None, password)
        raise _refused()
    if matches(user, password):
        user.failed_sign_ins = 0
        user.locked_until = None
        session.flush()
        return user
    count_failure(session, user)
    raise _refused()


def count_failure(session: Session, user: User) -> None:
    """One more failed password or code of a locked row; the fifth locks."""
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= FAILURES:
        user.failed_sign_ins = 0
        user.locked_until = now() + LOCK
        record(session, SYSTEM, "users.locked", user, after={"locked_until": user.locked_until.isoformat()})
    session.flush()


def _refused() -> NotAllowed:
    return NotAllowed(
        N_("邮箱或密码不正确，或账号暂时锁定"),
        remedy=N_("核对后再试；连续 %(failures)s 次不正确会锁定 %(minutes)s 分钟"),
        failures=FAILURES,
        minutes=int(LOCK.total_seconds() // 60),
    )


def checked_email(text: str) -> str:
    """An e-mail address that can be written to; BadInput otherwise."""
    name, at, domain = text.strip().partition("@")
    if not (name and at and "." in domain.strip(".")) or any(letter.isspace() for letter in text.strip()):
        raise BadInput(N_("请填写有效的邮箱地址，例如 name@example.cn"), field="email")
    return text.strip()
