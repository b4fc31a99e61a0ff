"""Passwords: argon2id, at least ten characters, none of the common ones."""

from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.orm import Session

from accounts.models import User
from foundation.actors import Actor
from foundation.errors import BadInput, NotAllowed
from foundation.i18n import N_

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
    """The argon2id hash of a new password; BadInput when it is too short, too long, common or the e-mail address."""
    if len(password) < SHORTEST:
        raise BadInput(N_("密码至少 %(count)s 个字符"), field=field, count=SHORTEST)
    if len(password) > LONGEST:
        raise BadInput(N_("密码最多 %(count)s 个字符"), field=field, count=LONGEST)
    plain = password.casefold()
    if plain in _common() or len(set(plain)) < 4 or plain in {email.casefold(), email.partition("@")[0].casefold()}:
        raise BadInput(N_("这个密码太常见，容易被猜到"), field=field, remedy=N_("可以用几个互不相关的词连成一句话"))
    return _hasher.hash(password)


def matches(user: User | None, password: str) -> bool:
    """Whether ``password`` is the user's; takes the same time for an unknown user."""
    try:
        return _hasher.verify(user.password_hash if user else _nobody(), password[:LONGEST]) and user is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def reconfirmed(session: Session, actor: Actor, password: str, *, field: str = "password") -> None:
    """Before money moves the person proves again to be there; NotAllowed by the field otherwise."""
    user = session.get(User, actor.user_id) if actor.user_id else None
    if not matches(user, password):
        raise NotAllowed(N_("密码不正确，没有任何变动"), field=field, remedy=N_("请输入您的登录密码"))
