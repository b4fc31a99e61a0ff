"""Five failures lock an account for fifteen minutes, whether they were passwords or codes; an administrator unlocks it.

The password that a signed-in person is asked for again has a count and a lock of its own.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.models import Membership, PasswordAttempts, User
from audit.trail import record
from foundation.actors import SYSTEM, Actor, Role
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.i18n import N_
from foundation.locking import lock_key, lock_row

FAILURES: Final = 5
LOCK: Final = timedelta(minutes=15)
LOCK_MINUTES: Final = int(LOCK.total_seconds() // 60)


def locked(user: User) -> bool:
    """Whether neither a password nor a code of the user is looked at now."""
    return user.locked_until is not None and user.locked_until > now()


def count_failure(session: Session, user: User) -> None:
    """One more failed password or code of a locked row; the fifth locks."""
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= FAILURES:
        user.failed_sign_ins = 0
        user.locked_until = now() + LOCK
        record(session, SYSTEM, "users.locked", user, after={"locked_until": user.locked_until.isoformat()})
    session.flush()


def count_attempt(session: Session, user_id: UUID) -> int | None:
    """Count an attempt to give the password again before it is looked at: which in a row it is; None while locked.

    The last one that is looked at locks; a right one clears this (``clear_attempts``). In a transaction of its own, so that
    guesses at once are counted one by one.
    """
    lock_key(session, "password", str(user_id))
    row = session.scalar(select(PasswordAttempts).where(PasswordAttempts.user_id == user_id))
    if row is None:
        row = PasswordAttempts(user_id=user_id, failures=0)
        session.add(row)
    if row.locked_until is not None:
        if row.locked_until > now():
            return None
        row.locked_until, row.failures = None, 0
    row.failures += 1
    if row.failures >= FAILURES:
        row.locked_until = now() + LOCK
    session.flush()
    return row.failures


def clear_attempts(session: Session, user_id: UUID) -> None:
    """The right password was given: nothing is counted any more."""
    lock_key(session, "password", str(user_id))
    session.execute(delete(PasswordAttempts).where(PasswordAttempts.user_id == user_id))


def unlock(session: Session, actor: Actor, membership_id: UUID) -> User:
    """An administrator lets somebody try again before the time is over. Conflict when nothing is locked."""
    membership = session.get(Membership, membership_id)
    if membership is None or actor.role is not Role.ADMINISTRATOR:
        raise NotFound(N_("没有找到这位成员"))
    user = lock_row(session, User, membership.user_id)
    if not locked(user):
        raise Conflict(N_("这个账号没有锁定"), remedy=N_("刷新页面查看最新状态"))
    before = user.locked_until
    user.locked_until = None
    user.failed_sign_ins = 0
    record(
        session,
        actor,
        "users.unlocked",
        user,
        before={"locked_until": before.isoformat() if before else None},
        after={"locked_until": None},
    )
    session.flush()
    return user
