"""Documents for search tests, and a source that stands for an upper package's tables."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from search.engine import Document

FACETS = ("category", "mode", "region")


def uid(number: int) -> UUID:
    """An id that sorts by its number; its halves differ, so both of them are put to work."""
    return UUID(int=(number << 64) | (0xFFFF_FFFF_0000_0000 + number))


def document(
    number: int,
    title: str,
    body: str = "",
    *,
    revision: int = 1,
    price: int = 10_000,
    category: Collection[str] = (),
    region: Collection[str] = (),
    mode: Collection[str] = (),
) -> Document:
    """A document that can be found; prices in fen."""
    keywords = {"category": tuple(category), "region": tuple(region), "mode": tuple(mode)}
    return Document(uid(number), revision, title, body, keywords, price)


class Shelf:
    """A source in memory: what a test puts on it is what the database would hold."""

    facets = FACETS

    def __init__(self, *documents: Document) -> None:
        self.documents_by_id = {each.id: each for each in documents}

    def put(self, *documents: Document) -> None:
        self.documents_by_id |= {each.id: each for each in documents}

    def take(self, *numbers: int) -> None:
        for number in numbers:
            del self.documents_by_id[uid(number)]

    def revisions(self, _session: Session) -> dict[UUID, int]:
        return {each.id: each.revision for each in self.documents_by_id.values()}

    def documents(self, _session: Session, ids: Collection[UUID]) -> Iterable[Document]:
        return [self.documents_by_id[each] for each in ids if each in self.documents_by_id]
