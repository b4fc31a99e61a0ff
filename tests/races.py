"""Races with real connections: many threads at once, each in a transaction of its own."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from time import sleep

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work


def race(engine: Engine, deed: Callable[[Session, int], object], *, threads: int, locks: bool = True) -> list[str]:
    """Run ``deed`` in so many threads at once, each in a transaction of its own; what each came to: ok or the refusal."""
    start, outcomes = threading.Barrier(threads), [""] * threads

    def run(number: int) -> None:
        with nullcontext() if locks else without_locks():
            start.wait()
            try:
                with unit_of_work(engine) as session:
                    deed(session, number)
                outcomes[number] = "ok"
            except Exception as refusal:  # noqa: BLE001 - whatever it was belongs to the result
                outcomes[number] = type(refusal).__name__

    workers = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return outcomes


def prepared(engine: Engine, make: Callable[[Session], object]):
    """What ``make`` gives, committed before the race."""
    with unit_of_work(engine) as session:
        return make(session)


def waits_for_a_lock(engine: Engine) -> bool:
    """Whether somebody stands before a lock within five seconds."""
    standing = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(100):
        with engine.connect() as connection:
            if connection.scalar(standing):
                return True
        sleep(0.05)
    return False
