"""Changes of the own account."""

from sqlalchemy.orm import Session

from accounts import sessions
from accounts.models import User
from accounts.passwords import hash_password, reconfirmed
from audit.trail import record
from foundation.actors import Actor


def change_password(session: Session, actor: Actor, *, present: str, password: str) -> None:
    """A new password after the present one was given; every other session of the person ends."""
    reconfirmed(session, actor, present, field="present_password")
    user = session.get_one(User, actor.user_id)
    user.password_hash = hash_password(password, email=user.email)
    row = sessions.current_sign_in()
    sessions.end_all(session, user.id, but=row.id if row else None)
    record(session, actor, "users.password_changed", user)
