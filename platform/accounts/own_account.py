"""Changes of the own account, and of how the own organisation is reached."""

from typing import Final

from sqlalchemy.orm import Session

from accounts import sessions
from accounts.models import Organisation, User
from accounts.passwords import hash_password, reconfirmed
from audit.trail import record
from foundation.actors import Actor, Role

SPEAKERS: Final = frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER, Role.OFFICER, Role.REVIEWER})
"""Who says how an organisation is reached."""


def change_password(session: Session, actor: Actor, *, present: str, password: str) -> None:
    """A new password after the present one was given; every other session of the person ends."""
    reconfirmed(session, actor, present, field="present_password")
    user = session.get_one(User, actor.user_id)
    user.password_hash = hash_password(password, email=user.email)
    row = sessions.current_sign_in()
    ended = sessions.end_all(session, user.id, but=row.id if row else None)
    record(session, actor, "users.password_changed", user, after={"sessions": ended})


def change_contact(session: Session, actor: Actor, *, phone: str, address: str) -> None:
    """How the actor's organisation is reached: shown to the other side of its orders, of providers to everybody."""
    organisation = session.get_one(Organisation, actor.organisation_id)
    before = {"phone": organisation.phone, "address": organisation.address}
    organisation.phone, organisation.address = phone or None, address or None
    session.flush()
    record(
        session,
        actor,
        "organisations.contact_changed",
        organisation,
        before=before,
        after={"phone": organisation.phone, "address": organisation.address},
    )
