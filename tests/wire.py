"""How often a program waits for the server: counted in libpq's own trace of the wire, whoever sent what."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session


@contextmanager
def trips(engine: Engine) -> Iterator[list[str]]:
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
            told.extend(line.strip() for line in trace if "ReadyForQuery" in line)
