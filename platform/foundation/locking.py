"""The one module that locks.

Rules (each from a bug somebody else had): lock what you make scarcer; once in a transaction; before you check;
in sorted order, so that two transactions cannot wait for each other; with a short time-out, so that a person gets
an answer. Check after locking: what was read before the lock may be stale, so locked rows are read anew.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from foundation.database import Base
from foundation.errors import Conflict
from foundation.i18n import N_

Row = TypeVar("Row", bound=Base)

# lock_not_available and deadlock_detected.
_BUSY: Final = frozenset({"55P03", "40P01"})

_enabled: ContextVar[bool] = ContextVar("locking_enabled", default=True)


@contextmanager
def without_locks() -> Iterator[None]:
    """Positive control for race tests only: the same code without its locks must oversell, else the test proves nothing."""
    token = _enabled.set(False)
    try:
        yield
    finally:
        _enabled.reset(token)


def lock_rows(session: Session, model: type[Row], ids: Iterable[UUID]) -> list[Row]:
    """Lock the rows of ``model`` with these ids until the transaction ends and return them fresh, in id order.

    Conflict after three seconds of waiting: somebody else holds one of them.
    """
    query = select(model).where(model.id.in_(sorted(set(ids)))).order_by(model.id)
    query = query.execution_options(populate_existing=True)
    if not _enabled.get():
        return list(session.scalars(query))
    session.execute(text("SET LOCAL lock_timeout = '3s'"))
    try:
        return list(session.scalars(query.with_for_update(of=model)))
    except OperationalError as error:
        raise as_busy(error) or error from error


def lock_row(session: Session, model: type[Row], row_id: UUID) -> Row:
    """Lock one row; see ``lock_rows``."""
    (row,) = lock_rows(session, model, [row_id])
    return row


def lock_key(session: Session, space: str, key: str) -> None:
    """Serialise transactions on a thing that has no row yet, such as "first order for this slot"."""
    if _enabled.get():
        session.execute(text("SET LOCAL lock_timeout = '3s'"))
        try:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{space}:{key}"})
        except OperationalError as error:
            raise as_busy(error) or error from error


def as_busy(error: Exception) -> Conflict | None:
    """What a person is told when somebody else holds the thing; None for another failure of the database.

    The time limit holds for the rest of the transaction, so any later statement may run into it as well.
    """
    if getattr(getattr(error, "orig", None), "sqlstate", None) not in _BUSY:
        return None
    return Conflict(N_("另一位同事正在处理同一事项"), remedy=N_("请稍候几秒再试，已填写的内容不会丢失"))
