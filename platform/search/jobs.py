"""The jobs that feed the indexes. An upper package calls ``queue_indexing`` in the transaction of its change."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.jobs import job, periodic, queue
from foundation.locking import lock_key
from foundation.periodic import Repeat
from search.current import current_search

_INDEX = "search.index"


def queue_indexing(session: Session, ids: Iterable[UUID]) -> None:
    """Have these documents indexed, or taken out, as they will stand after the commit."""
    names = sorted(str(each) for each in set(ids))
    if names:
        queue(session, _INDEX, ids=names)


@job(_INDEX)
def index_documents(session: Session, *, ids: list[str]) -> None:
    """Bring the documents to the database's state in every engine; running twice does no harm."""
    _alone(session)
    current_search().index_documents(session, [UUID(each) for each in ids])


def mend(session: Session) -> None:
    """Mend an engine that missed something, or has no index yet."""
    _alone(session)
    current_search().catch_up(session)


def compare_all(session: Session) -> None:
    """Compare every engine with the database, document by document, whether or not something is known to be amiss."""
    _alone(session)
    current_search().catch_up(session, thorough=True)


catch_up = periodic("search.catch_up", "* * * * *", Repeat(mend))
compare = periodic("search.compare", "7 * * * *", Repeat(compare_all))


def _alone(session: Session) -> None:
    """Feed in turns, over all workers: between reading a document and indexing it, it must not be taken out.

    A job that finds another one feeding for long is tried again later.
    """
    lock_key(session, "search", "feeding")
