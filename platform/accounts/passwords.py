"""Passwords: argon2id, at least ten characters, none of the common ones."""

from functools import cache, partial
from pathlib import Path
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from accounts.lockout import LOCK_MINUTES, count_failure, locked
from accounts.models import User
from foundation.actors import Actor
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.unit_of_work import afterwards

SHORTEST: Final = 10
LONGEST: Final = 200

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

    Failures count as those of signing in do, in a transaction of their own, because the refused deed is rolled back.
    """
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is not None and locked(user):
        raise NotAllowed(
            N_("账号因多次密码或验证码不正确暂时锁定，没有任何变动"),
            field=field,
            remedy=N_("%(minutes)s 分钟后再试"),
            minutes=LOCK_MINUTES,
        )
    if not matches(user, password):
        if user is not None:
            afterwards(session, partial(_count, user_id=user.id))
        raise NotAllowed(N_("密码不正确，没有任何变动"), field=field, remedy=N_("请输入您的登录密码"))


def _count(session: Session, *, user_id: UUID) -> None:
    count_failure(session, lock_row(session, User, user_id))
