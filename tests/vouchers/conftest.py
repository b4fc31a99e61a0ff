"""After each test of this room that moved money: the ledger adds up, and the trail is whole."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.seals import seal
from audit.verification import verify as verify_trail
from ledger.models import Transfer
from ledger.verification import verify as verify_ledger


@pytest.fixture(autouse=True)
def books_that_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """``breaks_books`` marks the few tests that show what happens without a guard."""
    # Asked for before the test, so that it is still there after it.
    session = request.getfixturevalue("session") if "session" in request.fixturenames else None
    engine = request.getfixturevalue("own_engine") if "own_engine" in request.fixturenames else None
    yield
    if request.node.get_closest_marker("breaks_books"):
        return
    if session is not None:
        session.flush()
        check(session)
    if engine is not None:
        with Session(engine) as own:
            check(own)


def check(session: Session) -> None:
    """Both proofs, as ``huiqi ledger verify`` and ``huiqi audit verify`` give them."""
    if session.scalar(select(Transfer.id).limit(1)) is None:
        return
    assert verify_ledger(session).faults == []
    while seal(session):
        pass
    # Scenes go on to a later day and come back, which no clock may; tests/audit holds the times.
    assert [fault for fault in verify_trail(session).faults if ": its time is " not in fault] == []
