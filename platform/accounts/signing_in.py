"""Signing in: one answer for a wrong password and an unknown user; five failures lock for fifteen minutes."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts import noted
from accounts.lockout import FAILURES, LOCK_MINUTES, count_failure, locked
from accounts.models import User
from accounts.passwords import matches
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_id
from foundation.locking import lock_rows


def check(session: Session, *, email: str, password: str, ip: str | None = None) -> User:
    """The user, when the password is right; NotAllowed otherwise, in the same words whatever was wrong.

    The failures are counted under a row lock, so that parallel guesses count one by one. The caller must commit also
    when this raises: the count and the note in the trail are the point. Where a code is still to come, only the right
    code clears the count: else whoever has the password could try codes for ever, clearing it with the password in
    between. A refusal takes the same statements and one hash whatever was wrong, so that its time tells nothing either.
    """
    known = session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    user = _held(session, known.id if known is not None else new_id())
    # While it is locked the password is not looked at: the answer tells nothing about it.
    looked_at = None if user is None or locked(user) else user
    if matches(looked_at, password) and looked_at is not None:
        if looked_at.totp_confirmed_at is None:
            looked_at.failed_sign_ins = 0
        looked_at.locked_until = None
        session.flush()
        return looked_at
    if looked_at is None:
        _count_for_nobody(session)
    else:
        count_failure(session, looked_at)
    noted.failed(session, known, ip=ip)
    raise _refused()


def _held(session: Session, user_id: UUID) -> User | None:
    """The locked row; None when there is none, or many guesses at once wait for each other."""
    try:
        with session.begin_nested():
            rows = lock_rows(session, User, [user_id])
    except Conflict:
        return None
    return rows[0] if rows else None


def _count_for_nobody(session: Session) -> None:
    """The statement of ``count_failure``, which finds no row."""
    nobody = update(User).where(User.id == new_id()).values(failed_sign_ins=User.failed_sign_ins)
    session.execute(nobody, execution_options={"synchronize_session": False})


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
