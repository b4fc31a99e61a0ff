"""Fixed SQL past the compiler: errors as everywhere, nothing sent in them repeated, no row of the session left stale."""

import pytest
from factories import region
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session

from accounts.models import Region
from foundation.identifiers import new_id
from foundation.statements import read, run, tell


@pytest.mark.parametrize("send", [run, read])
def test_errors_are_as_everywhere_and_do_not_repeat_what_was_sent(session: Session, send) -> None:
    with pytest.raises(DataError) as failed, session.begin_nested():
        send(session, "SELECT 1 / CAST(%(number)s AS int), %(secret)s", {"number": 0, "secret": "geheim"})
    assert "geheim" not in str(failed.value)
    assert failed.value.orig is not None
    assert failed.value.orig.sqlstate == "22012"


def test_a_lost_connection_is_told_and_the_next_session_has_a_new_one(own_engine: Engine) -> None:
    with Session(own_engine) as session:
        session.connection().connection.driver_connection.close()
        with pytest.raises(OperationalError):
            read(session, "SELECT 1 AS one", {})
    with Session(own_engine) as session:
        (row,) = read(session, "SELECT 1 AS one", {})
        assert row.one == 1


@pytest.mark.parametrize("send", [run, read])
def test_what_the_session_has_not_written_yet_is_written_first(session: Session, send) -> None:
    place = region(session, "350200")
    place.name = "改名"
    (row,) = send(session, "SELECT name FROM regions WHERE id = %(id)s", {"id": place.id})
    assert row.name == "改名"


def test_a_told_row_is_not_written_again_and_forgets_at_a_rollback(session: Session) -> None:
    place = region(session, "350200")
    session.flush()
    name = place.name
    savepoint = session.begin_nested()
    run(session, "UPDATE regions SET name = 'neu' WHERE id = %(id)s", {"id": place.id})
    tell(session, Region, place.id, name="neu")
    assert place.name == "neu"
    assert place not in session.dirty
    savepoint.rollback()
    assert place.name == name


def test_telling_about_a_row_that_nobody_holds_is_harmless(session: Session) -> None:
    unknown = new_id()
    tell(session, Region, unknown, name="neu")
    assert session.get(Region, unknown) is None
    assert not session.new
    assert not session.dirty
