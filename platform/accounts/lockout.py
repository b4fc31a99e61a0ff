"""Five failures lock an account for fifteen minutes, whether they were passwords or codes."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from accounts.models import User
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now

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
