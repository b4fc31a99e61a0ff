"""Five failures lock an account for fifteen minutes, whether they were passwords or codes; an administrator unlocks it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.models import Membership, User
from audit.trail import record
from foundation.actors import SYSTEM, Actor, Role
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.i18n import N_
from foundation.locking import lock_row

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
