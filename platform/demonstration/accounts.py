"""The accounts of the demonstration: who they are, their one password, and the way through the second factor."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

import pyotp

from demonstration.script import PersonPart, script
from foundation.actors import BUREAU, TREASURY, Role
from foundation.clock import now

# In the open, so it protects nothing: the data is only loaded where nothing is worth protecting.
PASSWORD: Final = "huiqi-demo-only"  # noqa: S105 - public on purpose
DOMAIN: Final = "demo.huiqi.example"
_STEP: Final = 30

STAFF: Final = BUREAU | TREASURY | {Role.AUDITOR, Role.ADMINISTRATOR}
"""Roles whose accounts have the second factor set up."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as; ``secret`` belongs into an authenticator app, None where there is no second factor."""

    email: str
    name: str
    organisation: str
    role: Role
    secret: str | None

    def spelled(self) -> str:
        """The secret in groups of four, as it is copied by hand."""
        return (
            " ".join(self.secret[place : place + 4] for place in range(0, len(self.secret), 4)) if self.secret else ""
        )

    def code(self) -> str | None:
        """The six digits that hold now; each is good once, and for another half minute after its time."""
        return pyotp.TOTP(self.secret).at(int(now().timestamp())) if self.secret else None


def accounts() -> list[Account]:
    """All accounts, in the order of the script."""
    names = {each.key: each.name for each in script().organisations}
    return [
        Account(address(person), person.name, names[person.organisation], person.role, secret_of(person))
        for person in script().people
    ]


def address(person: PersonPart) -> str:
    """The e-mail address; the domain can never exist (RFC 2606)."""
    return f"{person.email}@{DOMAIN}"


def secret_of(person: PersonPart) -> str | None:
    """The fixed and public secret of a staff account: made from the address, so that it is the same on every load."""
    if person.role not in STAFF:
        return None
    return base64.b32encode(hashlib.sha256(address(person).encode()).digest()[:15]).decode()


def seconds_left() -> int:
    """How long the present codes hold."""
    return _STEP - int(now().timestamp()) % _STEP
