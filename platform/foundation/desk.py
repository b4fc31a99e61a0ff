"""What lies on a person's desk: what waits for me, and what I wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DeskItem:
    """A thing that waits; ``endpoint`` and ``arguments`` lead to it. ``task`` and ``blocks`` are msgids with ``params``."""

    task: str
    title: str
    endpoint: str
    arguments: Mapping[str, Any]
    since: datetime
    due: datetime | None = None
    blocks: str | None = None
    holder: str | None = None
    amount: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One of at most three figures on a desk; ``amount`` in fen where it is money, else ``count``."""

    label: str
    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    count: int | None = None
    amount: int | None = None


@dataclass(slots=True)
class Desk:
    """A person's home: oldest first."""

    mine: list[DeskItem] = field(default_factory=list)
    others: list[DeskItem] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
