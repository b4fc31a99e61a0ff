"""Deadlines in working days that are still open: each room says how its own are counted again when a year's notice comes.

A room registers at import. ``moving`` finds, ``extend`` changes one thing in a short transaction; a deadline never gets
shorter, because people rely on the day that they were told.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OpenDeadlines:
    """The open deadlines of one kind of thing; ``label`` (msgid) is what they are called."""

    name: str
    label: str
    # Ids of the open things whose deadline would be later if it were counted now; reads only.
    moving: Callable[[Session], Collection[UUID]]
    # Counts that of one thing again, under its lock; whether it moved. May be called twice.
    extend: Callable[[Session, UUID], bool]


_registered: Final[dict[str, OpenDeadlines]] = {}


def register(deadlines: OpenDeadlines) -> None:
    """Have these deadlines counted again whenever the calendar changes."""
    _registered[deadlines.name] = deadlines


def registered() -> Mapping[str, OpenDeadlines]:
    """All kinds of open deadlines by name, in the order of their registration."""
    return MappingProxyType(_registered)
