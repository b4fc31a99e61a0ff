"""Pages of a long list: exact totals, 50 rows a page, and all the rows of the list for an export."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
Other = TypeVar("Other")

PAGE_SIZE = 50
CHUNK: Final = 500
"""Rows of a whole list that are held at a time."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows with the exact total; ``source`` reads the whole list, where there is more than this page."""

    rows: Sequence[Row]
    total: int
    number: int
    size: int = PAGE_SIZE
    source: Callable[[], Iterator[Sequence[Row]]] | None = None

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))

    def chunks(self) -> Iterator[Sequence[Row]]:
        """All rows of the list in its order, by the query of the page, read in chunks."""
        return iter([self.rows]) if self.source is None else self.source()

    def through(self, make: Callable[[Sequence[Row]], Sequence[Other]]) -> "Page[Other]":
        """The same list of what ``make`` makes of its rows, a page or a chunk at a time; so read models come of rows."""
        chunks, source = self.chunks, self.source
        return Page(
            make(self.rows),
            self.total,
            self.number,
            self.size,
            None if source is None else lambda: (make(chunk) for chunk in chunks()),
        )


def page_of(session: Session, query: Select[Any], number: int, size: int = PAGE_SIZE) -> Page[Any]:
    """The rows of page ``number`` (from 1; too high a number gives the last page) and how many there are in all."""
    counted: Select[Any] = select(func.count()).select_from(query.order_by(None).subquery())
    total = session.scalar(counted) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()

    def chunks() -> Iterator[Sequence[Any]]:
        return session.scalars(query.execution_options(yield_per=CHUNK)).partitions()

    return Page(rows, total, number, size, chunks)
