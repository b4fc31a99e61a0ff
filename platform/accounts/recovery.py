"""Letting a person in again who has lost the password or the telephone: by whoever runs the installation, never by a page."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import sessions
from accounts.lockout import clear_attempts
from accounts.models import User
from accounts.passwords import hash_password
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.locking import lock_row


def restore_access(session: Session, *, email: str, password: str) -> User:
    """Give the account with this address a new password and forget its authenticator; all its sessions end.

    Who must have a second factor sets it up anew at the next sign-in. NotFound for an unknown address, BadInput by the
    field ``password`` for a weak one. The caller has made sure of who asks: this is a command, not a page.
    """
    known = session.scalar(select(User.id).where(func.lower(User.email) == email.strip().lower()))
    if known is None:
        raise NotFound(N_("没有使用这个邮箱的账号"), field="email")
    user = lock_row(session, User, known)
    user.password_hash = hash_password(password, email=user.email)
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
    user.failed_sign_ins, user.locked_until = 0, None
    clear_attempts(session, user.id)
    ended = sessions.end_all(session, user.id)
    session.flush()
    record(session, SYSTEM, "users.access_restored", user, after={"sessions": ended})
    return user
