"""Pages of a long list: totals exact to 10,000, 50 rows a page, and all the rows of the list for an export.

To count a list is to read it. Nobody needs to know more than that there are more than ``EXACT`` rows, and nobody turns so
many pages: counting and turning end there, and the page says so. Sums of money are always over the whole list.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
Other = TypeVar("Other")

PAGE_SIZE = 50
EXACT: Final = 10_000
"""A total above this says that there are more than so many."""
CHUNK: Final = 500
"""Rows of a whole list that are held at a time."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows; ``total`` is exact up to ``EXACT``, and above it when there are more.

    ``source`` reads the whole list and ``count`` counts it up to a limit, where there is more than this page.
    """

    rows: Sequence[Row]
    total: int
    number: int
    size: int = PAGE_SIZE
    source: Callable[[], Iterator[Sequence[Row]]] | None = None
    count: Callable[[int], int] | None = None

    @property
    def last(self) -> int:
        """The number of the last page that can be turned to, at least 1."""
        return last_page(self.total, self.size)

    @property
    def goes_on(self) -> bool:
        """Whether the list has more rows than can be turned to."""
        return self.total > EXACT

    def longer_than(self, most: int) -> bool:
        """Whether the whole list has more rows than ``most``."""
        if self.total <= EXACT or self.count is None:
            return self.total > most
        return self.count(most + 1) > most

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
            self.count,
        )


def last_page(total: int, size: int = PAGE_SIZE) -> int:
    """The number of the last page of a list with this total that can be turned to, at least 1."""
    return max(1, -(-min(total, EXACT) // size))


def page_of(session: Session, query: Select[Any], number: int, size: int = PAGE_SIZE) -> Page[Any]:
    """The rows of page ``number`` (from 1; too high a number gives the last page) and how many there are up to ``EXACT``."""

    def count(most: int) -> int:
        return session.scalar(select(func.count()).select_from(query.order_by(None).limit(most).subquery())) or 0

    total = count(EXACT + 1)
    number = min(max(1, number), last_page(total, size))
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()

    def chunks() -> Iterator[Sequence[Any]]:
        return session.scalars(query.execution_options(yield_per=CHUNK)).partitions()

    return Page(rows, total, number, size, chunks, count)
