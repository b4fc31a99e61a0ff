"""Pages of a long list: exact totals, 50 rows a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows with the exact total."""

    rows: Sequence[Row]
    total: int
    number: int
    size: int = PAGE_SIZE

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))


def page_of(session: Session, query: Select[Any], number: int, size: int = PAGE_SIZE) -> Page[Any]:
    """The rows of page ``number`` (from 1; too high a number gives the last page) and how many there are in all."""
    counted: Select[Any] = select(func.count()).select_from(query.order_by(None).subquery())
    total = session.scalar(counted) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(rows, total, number, size)
