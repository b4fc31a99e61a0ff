"""Where documents come from: an upper package registers its source, this room never looks into it."""

from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from search.engine import Document


class Source(Protocol):
    """The truth behind the index. Only what anybody may find belongs into it."""

    @property
    def facets(self) -> tuple[str, ...]:
        """The keyword fields of its documents: what can be filtered and counted."""

    def revisions(self, session: Session, /) -> dict[UUID, int]:
        """Every document that should be found, with its revision: one query, no texts."""

    def documents(self, session: Session, ids: Collection[UUID], /) -> Iterable[Document]:
        """The documents among ``ids`` that should be found, as they are now; others are left out."""


_registered: list[Source] = []


def register_source(source: Source) -> None:
    """Make ``source`` what the index is built from; called once while the program starts."""
    _registered[:] = [source]


def registered_source() -> Source:
    """The registered source; none is a mistake in the program."""
    if not _registered:
        raise RuntimeError("no document source is registered")
    return _registered[0]
