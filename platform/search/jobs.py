"""The jobs that feed the indexes. An upper package calls ``queue_indexing`` in the transaction of its change."""

from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.jobs import job, periodic, queue
from foundation.locking import lock_key
from foundation.periodic import Repeat
from search.current import current_search, settle
from search.service import SearchService
from search.sources import UNNAMED, source_names

_INDEX = "search.index"


def queue_indexing(session: Session, source: str, ids: Iterable[UUID]) -> None:
    """Have these documents of a source indexed, or taken out, as they will stand after the commit."""
    names = sorted(str(each) for each in set(ids))
    if names:
        queue(session, _INDEX, source=source, ids=names)


@job(_INDEX)
def index_documents(session: Session, *, ids: list[str], source: str = UNNAMED) -> None:
    """Bring the documents to the database's state in every engine; running twice does no harm.

    When one of several fails, each gets a job of its own: a document that cannot be made holds up no other, and is told.
    """
    _alone(session, source)
    try:
        with session.begin_nested():
            current_search(source).index_documents(session, [UUID(each) for each in ids])
    except Exception:
        if len(ids) == 1:
            raise
        for each in ids:
            queue(session, _INDEX, source=source, ids=[each])


def mend(session: Session) -> None:
    """Mend each source's engines that missed something, or have no index yet."""
    settle()
    _for_each(session, lambda search: search.catch_up(session))


def compare_all(session: Session) -> None:
    """Compare every engine with the database, document by document, whether or not a fault is known."""
    _for_each(session, lambda search: search.catch_up(session, thorough=True))


catch_up = periodic("search.catch_up", "* * * * *", Repeat(mend))
compare = periodic("search.compare", "7 * * * *", Repeat(compare_all))


def _for_each(session: Session, work: Callable[[SearchService], None]) -> None:
    """Do ``work`` for every source; the first failure is raised after all sources were tried."""
    failed: list[Exception] = []
    for name in source_names():
        try:
            with session.begin_nested():
                _alone(session, name)
                work(current_search(name))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other sources must not suffer for it
            failed.append(error)
    if failed:
        raise failed[0]


def _alone(session: Session, source: str) -> None:
    """One job feeds a source at a time, over all workers: a document must not be removed between reading and indexing it.

    A job that waits too long for another one is tried again later.
    """
    lock_key(session, "search", f"feeding {source}")
