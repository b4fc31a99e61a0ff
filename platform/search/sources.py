"""Where documents come from: an upper package registers a source by name, this room never looks into it.

Each source has its own facets, revisions, jobs and index, so what is searched for in one is never found in another.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from search.engine import Document


class Source(Protocol):
    """What an index is built from. It must contain only what everybody may find."""

    @property
    def facets(self) -> tuple[str, ...]:
        """The keyword fields of its documents: what can be filtered and counted."""

    def revisions(self, session: Session, /) -> dict[UUID, int]:
        """Every document that should be found, with its revision: one query, no texts."""

    def documents(self, session: Session, ids: Collection[UUID], /) -> Iterable[Document]:
        """The documents among ``ids`` that should be found, as they are now; others are left out."""


UNNAMED: Final = "offerings"
"""The source of an index or a queued job that was made when there was only one source and it had no name."""

_registered: dict[str, Source] = {}
# A name is a part of the names of folders and indexes, where a number follows after a hyphen.
_NAME: Final = re.compile(r"[a-z]+(_[a-z]+)*")


def register_source(name: str, source: Source) -> None:
    """Make ``source`` what the index ``name`` is built from; called once while the program starts.

    ValueError for a name with anything but small letters, and underscores between them.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a search source")
    _registered[name] = source


def registered_source(name: str) -> Source:
    """The source of this name; RuntimeError where none was registered."""
    if name not in _registered:
        raise RuntimeError(f"no document source is registered as {name!r}")
    return _registered[name]


def source_names() -> tuple[str, ...]:
    """The names of all sources, in alphabetical order."""
    return tuple(sorted(_registered))
