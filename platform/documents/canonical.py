"""The hash of a document's content: a PDF cannot hold its own, so it prints that of what it says."""

import json
from collections.abc import Collection
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

PRESENTATION = frozenset({"verification_url", "language"})
"""How and where the content is shown, not what it says; the address may itself carry the hash."""


def canonical_json(content: Any) -> str:
    """The content as JSON with sorted keys and without spaces; money in fen, moments in UTC, dates as ``YYYY-MM-DD``."""
    return json.dumps(_plain(content, PRESENTATION), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_hash(content: Any) -> str:
    """SHA-256 over the UTF-8 of ``canonical_json``, in 64 hexadecimal digits; anybody can recompute it."""
    return sha256(canonical_json(content).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any, without: Collection[str] = ()) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name not in without}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment on paper needs its time zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form: use text, whole numbers, dates or dataclasses")
