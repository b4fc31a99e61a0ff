"""Several people of a settlement at once, each in a transaction of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import DomainError
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work


def at_once(
    engine: Engine, deeds: Sequence[Callable[[Session], object]], *, locks: bool = True
) -> list[Exception | None]:
    """Do all deeds at the same moment, each in a transaction of its own; what each of them ran into."""
    ready = Barrier(len(deeds))

    def run(deed: Callable[[Session], object]) -> Exception | None:
        try:
            with unit_of_work(engine) as session:
                session.connection()
                ready.wait(10)
                if locks:
                    deed(session)
                else:
                    with without_locks():
                        deed(session)
        except (DomainError, IntegrityError) as error:
            return error
        return None

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))
