"""One session and one commit for each request, job or command."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

_session: ContextVar[Session | None] = ContextVar("session", default=None)


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
    with Session(engine, expire_on_commit=False) as session, bound(session):
        yield session
        session.commit()


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run ``action`` once the transaction has really been committed; never for a rolled-back one."""
    from sqlalchemy import event  # noqa: PLC0415 - keeps the name "event" out of the module

    event.listen(session, "after_commit", lambda _session: action(), once=True)


def commit_anyway(session: Session) -> None:
    """Keep what this unit of work wrote although its answer is a refusal: a failed sign-in is counted, a download noted."""
    session.info["commit_anyway"] = True


def must_commit(session: Session) -> bool:
    """Whether ``commit_anyway`` was asked for."""
    return bool(session.info.get("commit_anyway"))
