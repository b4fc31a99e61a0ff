"""How much a program asks of the server: counted in libpq's own trace of the wire, whoever sent what."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session


@contextmanager
def trips(engine: Engine, *, sign: str = "ReadyForQuery") -> Iterator[list[str]]:
    """The server's "ready for the next one" while the block runs, one line each; the block must use one connection."""
    told: list[str] = []
    with Session(engine) as session:
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
    with tempfile.TemporaryFile("w+") as trace:
        driver.pgconn.trace(trace.fileno())
        try:
            yield told
        finally:
            driver.pgconn.untrace()
            trace.seek(0)
            told.extend(line.strip() for line in trace if sign in line)


def statements(engine: Engine) -> AbstractContextManager[list[str]]:
    """As ``trips``, but each statement that was carried out: several may go to the server in one trip."""
    return trips(engine, sign="CommandComplete")
