"""Second-factor secrets as the database keeps them: encrypted (Fernet) under keys that only the settings know.

Whoever reads the table, or a copy of it, can make no codes. What is encrypted is the secret with the person's id, so a row's
secret is worth nothing in another row. The first key encrypts, all decrypt: a new key is put first, `huiqi migrate`
encrypts all anew under it, and then the old one can go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accounts.models import User
from config import Settings

_CLEAR: Final = "clear:"
"""Marks what an older version stored; version 0025 put it there."""


class UnreadableSecret(Exception):
    """None of the keys opens it: the key was lost, or the row is another's."""


@dataclass(frozen=True)
class SecretKeys:
    """The keys of this installation."""

    first: Fernet
    every: MultiFernet

    def seal(self, user_id: UUID, secret: str) -> str:
        """``secret`` of a person as it is stored."""
        return self.first.encrypt(f"{user_id} {secret}".encode()).decode()

    def open(self, user_id: UUID, sealed: str) -> str:
        """The secret; UnreadableSecret where no key fits or it was sealed for somebody else."""
        return _opened(self.every, user_id, sealed)


def keys_of(settings: Settings) -> SecretKeys:
    """The keys that the settings name."""
    return _keys(settings.second_factor_keys)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were encrypted, and the addresses of people whose secret no key opens."""

    count: int
    unreadable: Sequence[str]


def reseal(session: Session, keys: SecretKeys) -> Resealed:
    """Encrypt what older versions stored in clear, and anew what lies under another key than the first.

    A secret that is made or forgotten meanwhile stays as it was made.
    """
    count, unreadable = 0, []
    for user_id, email, present in _stored(session):
        try:
            if present.startswith(_CLEAR):
                secret = present.removeprefix(_CLEAR)
            elif _fits(keys.first, user_id, present):
                continue
            else:
                secret = keys.open(user_id, present)
        except UnreadableSecret:
            unreadable.append(email)
            continue
        mine = update(User).where(User.id == user_id, User.totp_secret == present)
        session.execute(mine.values(totp_secret=keys.seal(user_id, secret)))
        count += 1
    return Resealed(count, unreadable)


def unreadable_people(session: Session, keys: SecretKeys) -> list[str]:
    """Addresses of people whose secret no key opens."""
    return [email for user_id, email, sealed in _stored(session) if not _fits(keys.every, user_id, sealed)]


def people_in_clear(session: Session) -> list[str]:
    """Addresses of people whose secret an older version stored and no `huiqi migrate` has encrypted yet."""
    return [email for _, email, stored in _stored(session) if stored.startswith(_CLEAR)]


def _stored(session: Session) -> list[tuple[UUID, str, str]]:
    rows = session.execute(
        select(User.id, User.email, User.totp_secret).where(User.totp_secret.is_not(None)).order_by(User.email)
    ).all()
    return [(user_id, email, secret) for user_id, email, secret in rows if secret is not None]


@cache
def _keys(given: tuple[str, ...]) -> SecretKeys:
    each = [Fernet(key) for key in given]
    return SecretKeys(each[0], MultiFernet(each))


def _opened(key: Fernet | MultiFernet, user_id: UUID, sealed: str) -> str:
    try:
        owner, _, secret = key.decrypt(sealed).decode().partition(" ")
    except InvalidToken as error:
        raise UnreadableSecret from error
    if owner != str(user_id):
        raise UnreadableSecret
    return secret


def _fits(key: Fernet | MultiFernet, user_id: UUID, sealed: str) -> bool:
    try:
        _opened(key, user_id, sealed)
    except UnreadableSecret:
        return False
    return True
