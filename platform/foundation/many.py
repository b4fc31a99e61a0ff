"""Conditions on any number of values: one array, not a parameter for each value, of which PostgreSQL takes 65,535."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import QueryableAttribute


def among(column: QueryableAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """``column`` is one of ``values``, however many; as ``in_``, which is for the few words of a rule."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def not_among(column: QueryableAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """``column`` is none of ``values``, however many.

    As an anti-join: ``<> ALL(array)`` compares every row with every value once PostgreSQL plans it without seeing them.
    """
    given = func.unnest(literal(list(values), ARRAY(column.type))).column_valued("given")
    return ~select(1).where(given == column).exists()
