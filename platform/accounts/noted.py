"""Coming in and going out as the trail tells it.

What may be repeated without end is counted (``audit/repeats.py``). Nothing that was typed is kept: no password and no code,
and of an address that nobody has not even a digest, as people type passwords into that field and digests of addresses can
be guessed. Who tries unknown addresses is known by the network address.
"""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from accounts.models import SignIn, User
from audit.repeats import record_repeated
from audit.trail import record
from foundation.actors import SYSTEM, Actor

COMING_AND_GOING: Final = (
    "users.signed_in",
    "users.second_factor_passed",
    "users.sign_in_failed",
    "users.second_factor_failed",
    "users.sign_in_without_organisation",
    "users.organisation_switched",
    "users.signed_out",
    "users.access_refused",
    "users.not_found",
)
"""What this module and ``sessions`` tell: many events, which a reader of what was done wants to leave out, or to see alone."""

UNKNOWN: Final = "?"
"""An address of the network that the server did not tell."""


def failed(session: Session, user: User | None, *, ip: str | None) -> None:
    """A sign-in was refused; ``user`` is whose address was given, None when it is nobody's."""
    subject, subject_id = (User, user.id) if user is not None else (None, None)
    record_repeated(session, replace(SYSTEM, ip=ip), "users.sign_in_failed", subject, subject_id, seen=ip or UNKNOWN)


def wrong_code(session: Session, user: User, actor: Actor) -> None:
    """A code was refused to somebody who had given the right password."""
    record_repeated(session, actor, "users.second_factor_failed", User, user.id, seen=actor.ip or UNKNOWN)


def without_organisation(session: Session, user: User, *, ip: str | None) -> None:
    """The password was right, but there is no organisation for which the person may act (yet)."""
    actor = replace(SYSTEM, ip=ip)
    record_repeated(session, actor, "users.sign_in_without_organisation", User, user.id, seen=ip or UNKNOWN)


def refused(session: Session, actor: Actor, *, found: bool, path: str) -> None:
    """A page or deed was refused to a signed-in person; not ``found``: it does not exist, or not for this person."""
    if found:
        record_repeated(session, actor, "users.access_refused", User, actor.user_id, seen=path)
    else:
        record_repeated(session, actor, "users.not_found", User, actor.user_id, seen=path)


def signed_in(session: Session, row: SignIn, actor: Actor, *, awaits_code: bool) -> None:
    """The right password was given; where a code is still to come, the person is not in yet."""
    record(session, actor, "users.signed_in", row.user, after={"awaits_code": awaits_code})


def signed_out(session: Session, row: SignIn, actor: Actor, *, note: str | None = None) -> None:
    """The person ended this browser's session."""
    record(session, actor, "users.signed_out", row.user, note=note)
