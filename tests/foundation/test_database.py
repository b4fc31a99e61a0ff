"""The engine: connections that died while they lay in the pool are noticed before they are used."""

import time

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from foundation import database
from foundation.unit_of_work import unit_of_work


def backend(engine: Engine) -> int:
    with unit_of_work(engine) as session:
        return session.scalars(text("SELECT pg_backend_pid()")).one()


def end(session: Session, process: int) -> None:
    session.execute(text("SELECT pg_terminate_backend(:process, 10000)"), {"process": process})


def test_a_connection_that_the_server_closed_is_replaced_at_once(own_engine: Engine) -> None:
    with own_engine.connect() as other, Session(other) as session:
        process = backend(own_engine)
        assert backend(own_engine) == process
        end(session, process)
        assert backend(own_engine) != process


def test_a_connection_that_lay_for_long_is_asked(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_has_something_to_say", lambda _connection: False)
    with own_engine.connect() as other, Session(other) as session:
        process = backend(own_engine)
        end(session, process)
        later = time.monotonic() + 1
        monkeypatch.setattr(database, "monotonic", lambda: later)
        assert backend(own_engine) != process


def test_a_connection_in_use_again_and_again_is_not_asked(own_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(type(own_engine.dialect), "do_ping", lambda _dialect, connection: asked.append(connection))
    for _ in range(3):
        backend(own_engine)
    assert asked == []
