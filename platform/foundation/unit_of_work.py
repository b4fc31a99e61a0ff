"""One session and one commit for each request, job or command."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from foundation.errors import DomainError

_logger = logging.getLogger(__name__)
_session: ContextVar[Session | None] = ContextVar("session", default=None)

before_work: Final[list[Callable[[Engine | Connection], Any]]] = []
"""What an upper room wants done before each request, job and command, such as looking whether what it keeps in memory still
holds. It must be quick, raise nothing and leave no transaction open."""


def prepare(bind: Engine | Connection) -> None:
    """Run ``before_work``; called by whoever opens a session, before it is used."""
    for action in before_work:
        action(bind)


def current_session() -> Session:
    """The session of the unit of work that runs here; asking outside of one is a mistake in the program."""
    session = _session.get()
    if session is None:
        raise RuntimeError("no unit of work is open here")
    return session


@contextmanager
def bound(session: Session) -> Iterator[Session]:
    """Make ``session`` the current one for the block; opening and ending the transaction stays with the caller."""
    token = _session.set(session)
    try:
        yield session
    finally:
        _session.reset(token)


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Session]:
    """Open a session, commit at the end of the block, roll back when it raises."""
    prepare(engine)
    with Session(engine, expire_on_commit=False) as session, bound(session):
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            run_afterwards(session)


def one_snapshot(session: Session) -> None:
    """Let all statements of this transaction see one moment of the database; what is already under way stays as it is.

    For proofs that compare tables over several statements while people go on working.
    """
    bind = session.get_bind()
    under_way = session.in_transaction() or (isinstance(bind, Connection) and bind.in_transaction())
    if not under_way:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def at_once(session: Session) -> Iterator[Session]:
    """A short transaction of its own beside the running one, committed at the end of the block.

    For the little that must be known to everybody before this transaction goes on, and stay whatever becomes of it. It
    takes a second connection, so the pool must hold two for each thread. Touch nothing that the running transaction may
    have locked.
    """
    with Session(session.get_bind().engine, expire_on_commit=False) as own:
        yield own
        own.commit()


def afterwards(session: Session, action: Callable[[Session], None]) -> None:
    """Run ``action`` in a transaction of its own once this one has ended, whether it was committed or rolled back.

    For what must be noted although the deed is refused, and what a reading request notes (that somebody was here);
    nothing that may be lost with the process. It uses the same connection, so it never waits for a second one.
    """
    session.info.setdefault("afterwards", []).append(action)


def run_afterwards(session: Session) -> None:
    """Called by whoever ended the transaction; a failure is logged and changes no answer."""
    for action in session.info.pop("afterwards", []):
        try:
            action(session)
            session.commit()
        except (SQLAlchemyError, DomainError):
            session.rollback()
            _logger.warning("what was left for afterwards failed", exc_info=True)


def commit_anyway(session: Session) -> None:
    """Keep what this unit of work wrote although its answer is a refusal: a failed sign-in is counted, a download noted."""
    session.info["commit_anyway"] = True


def must_commit(session: Session) -> bool:
    """Whether ``commit_anyway`` was asked for."""
    return bool(session.info.get("commit_anyway"))
