"""Passwords: argon2id, at least ten characters, none of the common ones."""

from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from accounts.lockout import FAILURES, LOCK_MINUTES, clear_attempts, count_attempt
from accounts.models import SignIn, User
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import now
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_
from foundation.unit_of_work import afterwards, at_once

SHORTEST: Final = 10
LONGEST: Final = 200
LATELY: Final = timedelta(minutes=10)
"""How long a right password counts for deeds that follow each other."""

_hasher = PasswordHasher()


@cache
def _common() -> frozenset[str]:
    path = Path(__file__).parent / "data" / "common-passwords.txt"
    return frozenset(path.read_text(encoding="utf8").split())


@cache
def _nobody() -> str:
    """A hash to check against when there is no such user, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")


def hash_password(password: str, *, email: str = "", field: str = "password") -> str:
    """The argon2id hash of a new password; BadInput when it is not strong."""
    ensure_strong(password, email=email, field=field)
    return _hasher.hash(password)


def ensure_strong(password: str, *, email: str = "", field: str = "password") -> None:
    """BadInput when a new password is too short, too long, common or the e-mail address."""
    if len(password) < SHORTEST:
        raise BadInput(N_("密码至少 %(count)s 个字符"), field=field, count=SHORTEST)
    if len(password) > LONGEST:
        raise BadInput(N_("密码最多 %(count)s 个字符"), field=field, count=LONGEST)
    plain = password.casefold()
    if plain in _common() or len(set(plain)) < 4 or plain in {email.casefold(), email.partition("@")[0].casefold()}:
        raise BadInput(N_("这个密码太常见，容易被猜到"), field=field, remedy=N_("可以用几个互不相关的词连成一句话"))


def matches(user: User | None, password: str) -> bool:
    """Whether ``password`` is the user's; takes the same time for an unknown user."""
    try:
        return _hasher.verify(user.password_hash if user else _nobody(), password[:LONGEST]) and user is not None
    except (VerificationError, InvalidHashError):
        return False


def reconfirmed(session: Session, actor: Actor, password: str, *, field: str = "password") -> None:
    """Before money moves the person proves again to be there; NotAllowed by the field otherwise.

    Each attempt is counted under a lock and for good before the password is looked at, on a connection of its own: the
    refused deed is rolled back, and guesses sent at once must not all be looked at. The right one clears the count, and
    counts for a while where ``confirmed_lately`` asks.
    """
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise NotAllowed(N_("密码不正确，没有任何变动"), field=field, remedy=N_("请输入您的登录密码"))
    with at_once(session) as own:
        count = count_attempt(own, user.id)
    if count is None:
        raise NotAllowed(
            N_("密码多次不正确，暂时不能办理需要密码的事项，没有任何变动"),
            field=field,
            remedy=N_("%(minutes)s 分钟后再试"),
            minutes=LOCK_MINUTES,
        )
    if not matches(user, password):
        if count == FAILURES:
            afterwards(session, partial(_note_lock, user_id=user.id))
        raise NotAllowed(N_("密码不正确，没有任何变动"), field=field, remedy=N_("请输入您的登录密码"))
    with at_once(session) as own:
        clear_attempts(own, user.id)
    if actor.sign_in_id is not None:
        session.get_one(SignIn, actor.sign_in_id).password_at = now()


def recently_confirmed(session: Session, actor: Actor) -> bool:
    """Whether this browser's person gave the right password within the last ten minutes."""
    row = session.get(SignIn, actor.sign_in_id) if actor.sign_in_id else None
    return row is not None and lately(row.password_at)


def lately(password_at: datetime | None) -> bool:
    """Whether a password given then still counts for deeds that follow each other."""
    return password_at is not None and now() - password_at <= LATELY


def confirmed_lately(session: Session, actor: Actor, password: str, *, field: str = "password") -> None:
    """As ``reconfirmed``, but one given within the last ten minutes counts: for deeds of which many follow each other."""
    if not recently_confirmed(session, actor):
        reconfirmed(session, actor, password, field=field)


def _note_lock(session: Session, *, user_id: UUID) -> None:
    record(session, SYSTEM, "users.password_locked", session.get_one(User, user_id))
