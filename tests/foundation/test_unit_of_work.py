"""One commit at the end or none; what is left for afterwards is done in both cases."""

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from foundation.database import make_engine
from foundation.unit_of_work import afterwards, current_session, unit_of_work
from web.models import Submission


def rows(engine: Engine) -> int:
    with unit_of_work(engine) as session:
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def test_afterwards_runs_whether_kept_or_not(own_engine: Engine) -> None:
    def note(session: Session) -> None:
        session.add(Submission(endpoint="afterwards"))

    def fail(session: Session) -> None:
        session.execute(text("SELECT 1 / 0"))

    with pytest.raises(KeyError), unit_of_work(own_engine) as session:  # noqa: PT012 - the block is what fails
        session.add(Submission(endpoint="within"))
        afterwards(session, fail)
        afterwards(session, note)
        raise KeyError
    assert rows(own_engine) == 1
    with unit_of_work(own_engine) as session:
        session.add(Submission(endpoint="within"))
        assert current_session() is session
    assert rows(own_engine) == 2
    with pytest.raises(RuntimeError, match="no unit of work"):
        current_session()


def test_errors_do_not_repeat_what_was_sent(engine: Engine) -> None:
    with pytest.raises(DataError) as failed, engine.connect() as connection:
        connection.execute(text("SELECT CAST(:secret AS integer) / 0"), {"secret": "7654321"})
    assert "7654321" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_the_address(scheme: str) -> None:
    assert make_engine(f"{scheme}://u:p@h:1/d").url.drivername == "postgresql+psycopg"
