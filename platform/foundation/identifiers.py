"""Identifiers: time-ordered UUIDs made by the client, and short numbers for people."""

import secrets
import time
from datetime import date
from typing import Final
from uuid import UUID

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O and 1/I: a number is read out on the telephone."""


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): unique without asking the database, and close in time means close in the index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def new_number(prefix: str, day: date) -> str:
    """A number such as ``DD20261120-7KQ4MX``: prefix, day, six random characters (a billion a day); a unique constraint guards it."""
    return f"{prefix}{day:%Y%m%d}-" + "".join(secrets.choice(_ALPHABET) for _ in range(6))
