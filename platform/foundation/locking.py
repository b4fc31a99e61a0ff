"""The one module that locks.

Rules (each from a bug somebody else had): lock what you make scarcer; once in a transaction; before you check;
in sorted order, so that two transactions cannot wait for each other; with a short time-out, so that a person gets
an answer. Check after locking: what was read before the lock may be stale, so locked rows are read anew. Locks are
``FOR NO KEY UPDATE``: keys never change here, and whoever writes a row that refers to the locked one need not wait for
it, which would be a lock that no order of ours knows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, TextClause, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from foundation.database import Base
from foundation.errors import Busy
from foundation.i18n import N_
from foundation.many import among
from foundation.statements import read, run

Thing = TypeVar("Thing", bound=Base)

# lock_not_available and deadlock_detected.
_BUSY: Final = frozenset({"55P03", "40P01"})

# Sets the time-out for the rest of the transaction in the statement that locks, so it needs no trip of its own. As a
# condition it is evaluated before the lock is waited for: locks are taken on what has passed the conditions.
_PATIENCE: Final = "set_config('lock_timeout', '3s', true) IS NOT NULL"
_patience: Final = func.set_config("lock_timeout", "3s", True).is_not(None)

_enabled: ContextVar[bool] = ContextVar("locking_enabled", default=True)


@contextmanager
def without_locks() -> Iterator[None]:
    """Positive control for race tests only: the same code without its locks must oversell, else the test proves nothing."""
    token = _enabled.set(False)
    try:
        yield
    finally:
        _enabled.reset(token)


def lock_rows(session: Session, model: type[Thing], ids: Iterable[UUID]) -> list[Thing]:
    """Lock the rows of ``model`` with these ids until the transaction ends and return them fresh, in id order.

    Conflict after three seconds of waiting: somebody else holds one of them.
    """
    query = select(model).where(among(model.id, sorted(set(ids)))).order_by(model.id)
    query = query.execution_options(populate_existing=True)
    if not _enabled.get():
        return list(session.scalars(query))
    try:
        return list(session.scalars(query.where(_patience).with_for_update(of=model, key_share=True)))
    except OperationalError as error:
        raise as_busy(error) or error from error


def lock_row(session: Session, model: type[Thing], row_id: UUID) -> Thing:
    """Lock one row; see ``lock_rows``."""
    (row,) = lock_rows(session, model, [row_id])
    return row


def lock_found(session: Session, query: Select[*tuple[Any, ...]], *of: type[Base]) -> Sequence[Any]:
    """The rows of ``query``, those of tables ``of`` locked, in this order, and read anew: found and locked in one trip.

    What the query reads of other tables may be older than the lock; read anew what has to be checked.
    """
    query = query.execution_options(populate_existing=True)
    if not _enabled.get():
        return session.execute(query).all()
    try:
        return session.execute(query.where(_patience).with_for_update(of=list(of), key_share=True)).all()
    except OperationalError as error:
        raise as_busy(error) or error from error


def shared(query: Select[Any]) -> Select[Any]:
    """``query`` with its rows locked against change, though not against others who do the same: part of a larger query."""
    return query.where(_patience).with_for_update(read=True) if _enabled.get() else query


def lock_and_read(
    session: Session, model: type[Base], row_id: UUID, sql: str, facts: Mapping[str, Any]
) -> Sequence[Any]:
    """Lock one row, if it is there, then read by ``sql`` all that is to be checked.

    These are two statements. One that locks and reads would have its view of all other tables from before it waited for
    the lock, so it would not see what the one before it in the line has done.
    """
    if _enabled.get():
        try:
            run(session, _lock_text(model), {"id": row_id})
        except OperationalError as error:
            raise as_busy(error) or error from error
    return read(session, sql, facts)


@cache
def _lock_text(model: type[Base]) -> str:
    return f"SELECT FROM {model.__tablename__} WHERE id = %(id)s AND {_PATIENCE} FOR NO KEY UPDATE"


def lock_key(session: Session, space: str, key: str) -> None:
    """Serialise transactions on a thing that has no row yet, such as "first order for this slot"."""
    lock_keys(session, [(space, key)])


def lock_keys(session: Session, keys: Sequence[tuple[str, str]]) -> None:
    """As ``lock_key``, several in this order in one trip; everybody must take these spaces in the same order."""
    if not keys or not _enabled.get():
        return
    try:
        session.execute(_lock_keys_text(len(keys)), {f"key{number}": ":".join(key) for number, key in enumerate(keys)})
    except OperationalError as error:
        raise as_busy(error) or error from error


@cache
def _lock_keys_text(count: int) -> TextClause:
    # The columns of a row are worked out from left to right.
    locks = ", ".join(f"pg_advisory_xact_lock(hashtextextended(:key{number}, 0))" for number in range(count))
    return text(f"SELECT {locks} WHERE {_PATIENCE}")


_WRITERS: Final = text("""
    SELECT pid, virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = CAST(:table AS regclass) AND granted AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
""")
_LOOKS: Final = 50


def ensure_writers_gone(session: Session, model: type[Base]) -> None:
    """Return when every other transaction that has written to the table of ``model`` by now is over; Busy when one goes on.

    Whoever writes to a table holds its lock from before the first row until after the commit can be seen, so what those
    before this call have written is in the view of the next statement. It blocks nobody and waits for some milliseconds
    only; who begins after the call does not matter to it.
    """
    if not _enabled.get():
        return
    facts = {"table": model.__tablename__}
    writers = {tuple(row) for row in session.execute(_WRITERS, facts)}
    for _ in range(_LOOKS):
        if not writers:
            return
        writers &= {tuple(row) for row in session.execute(_WRITERS, facts)}
    raise busy()


def busy() -> Busy:
    """What a person is told when somebody else changes the same thing just now."""
    return Busy(N_("另一位同事正在处理同一事项"), remedy=N_("请稍候几秒再试，已填写的内容不会丢失"))


def writers_to(session: Session, table: str) -> set[str]:
    """The transactions of others that have written to ``table`` and are not over (or only waited for it), by name.

    As for ``ensure_writers_gone``: one that is no longer named is seen by the next statement, if it was committed.
    """
    if not _enabled.get():
        return set()
    return {":".join(str(part) for part in row) for row in session.execute(_WRITERS, {"table": table})}


def as_busy(error: Exception) -> Busy | None:
    """What a person is told when somebody else holds the thing; None for another failure of the database.

    The time limit holds for the rest of the transaction, so any later statement may run into it as well.
    """
    if getattr(getattr(error, "orig", None), "sqlstate", None) not in _BUSY:
        return None
    return busy()
