"""Pages of long lists: counted and turned to a limit, and nothing is cut from the list itself."""

import pytest
from factories import enterprise
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Organisation
from foundation import pages
from foundation.pages import page_of
from web.filters import counted


@pytest.fixture
def long_list(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve rows, of which ten are counted."""
    monkeypatch.setattr(pages, "EXACT", 10)
    for _ in range(12):
        enterprise(session, None)


@pytest.mark.usefixtures("long_list")
def test_a_list_is_counted_as_far_as_it_can_be_turned(session: Session) -> None:
    query = select(Organisation).order_by(Organisation.id)
    first = page_of(session, query, 1, 4)
    assert first.goes_on
    assert first.last == 3
    last = page_of(session, query, 99, 4)
    assert (last.number, len(last.rows)) == (3, 4)
    assert sum(len(chunk) for chunk in last.chunks()) == 12
    assert last.longer_than(11)
    assert not last.longer_than(12)


@pytest.mark.usefixtures("long_list")
def test_a_shorter_list_is_counted_exactly(session: Session) -> None:
    nine = session.scalars(select(Organisation.id).limit(9)).all()
    some = page_of(session, select(Organisation).where(Organisation.id.in_(nine)), 1, 4)
    assert (some.total, some.goes_on, some.last) == (9, False, 3)
    assert some.longer_than(8)
    assert not some.longer_than(9)


def test_more_than_are_counted_is_said_in_both_languages(app: Flask) -> None:
    with app.test_request_context():
        with force_locale("zh_Hans"):
            assert counted(10_000) == "10000"
            assert counted(10_001) == "超过 10,000"
        with force_locale("en"):
            assert counted(10_001) == "more than 10,000"
