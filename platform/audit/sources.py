"""What the trail seals: the rows of every table whose model says so (``__sealed__`` names its column of time).

Rooms above the trail declare their tables that way, so the trail imports none of them. Such a table is append-only and has
a ``sequence`` of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from audit.models import AuditEvent, AuditSeal
from foundation.database import Base

EVENTS: Final = AuditEvent.__tablename__
CHAIN: Final = AuditSeal.__tablename__
"""The source of the first leaf where an older chain of seals is continued: its head."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sealed table; ``time`` names the column that says when a row was made."""

    table: Table
    time: str

    @property
    def name(self) -> str:
        """As leaves name it."""
        return str(self.table.name)


def sources() -> dict[str, Source]:
    """All sealed tables, by name and in the order of their names: the trail itself comes first."""
    found = {}
    for mapper in Base.registry.mappers:
        time = getattr(mapper.class_, "__sealed__", None)
        if time is not None and isinstance(mapper.local_table, Table):
            found[mapper.local_table.name] = Source(mapper.local_table, time)
    return dict(sorted(found.items()))


def told(row: Mapping[str, Any]) -> str:
    """A row as JSON with sorted keys: the same bytes for the same row, whoever computes them.

    Every column is in it but those that are NULL: a column that a later version adds leaves older rows as they were.
    """
    return _encode({name: value for name, value in row.items() if value is not None})


def digest_of(row: Mapping[str, Any]) -> bytes:
    """SHA-256 of the row as ``told``."""
    return sha256(told(row).encode()).digest()


def leaf_data(source: str, sequence: int, *, kept: bool, digest: bytes) -> bytes:
    """What a leaf of the tree is the hash of; it holds the row's digest only, so it outlives a row that is removed."""
    return f"{source} {sequence} {'kept' if kept else 'passing'} {digest.hex()}".encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a sealed row has a value that has no one spelling: {type(value).__name__}")


_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain).encode
