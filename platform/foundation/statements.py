"""Fixed SQL on the hot way: sent as it stands, without a compiler; and what a session must hear of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from weakref import WeakSet

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import CursorResult, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from foundation.database import Base

_TOLD = "told"


def run(session: Session, sql: str, facts: Mapping[str, Any]) -> CursorResult[Any]:
    """Send ``sql`` with ``facts`` for its ``%(names)s``, after what the session has not written yet.

    ``sql`` must be one of a few constants: each connection keeps the texts that it has seen often as prepared statements.
    Give it single values rather than arrays where it serves one row: PostgreSQL plans a statement over
    ``unnest(array)`` anew each time, as it cannot know beforehand how many rows there will be.
    """
    session.flush()
    return session.connection().exec_driver_sql(sql, dict(facts))


def read(session: Session, sql: str, facts: Mapping[str, Any]) -> list[Any]:
    """As ``run``, for a SELECT of many columns on the hot way: the rows, with their columns by name.

    Straight from psycopg: that SQLAlchemy describes sixteen columns anew each time costs more than the statement does.
    Errors are SQLAlchemy's; its events do not see the statement.
    """
    session.flush()
    connection = session.connection()
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    try:
        return driver.cursor(row_factory=namedtuple_row).execute(sql, facts).fetchall()
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(sql, None, error, psycopg.Error, hide_parameters=True) from error


def tell(session: Session, model: type[Base], row_id: UUID, **values: Any) -> None:
    """Give the row that the session holds, if it holds it, what plain SQL has read or written there.

    As after a flush, a rollback (of a savepoint too) makes the row forget it and read anew.
    """
    row = session.identity_map.get(identity_key(model, row_id))
    if row is None:
        return
    for name, value in values.items():
        set_committed_value(row, name, value)
    session.info.setdefault(_TOLD, WeakSet()).add(row)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _ended: SessionTransaction) -> None:
    for row in session.info.pop(_TOLD, ()):
        if row in session:
            session.expire(row)
