"""What is committed after higher numbers were sealed is sealed all the same, however many seals later."""

from contextlib import nullcontext

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from audit import seals
from audit.seals import seal
from audit.trail import record
from audit.verification import verify
from foundation.actors import SYSTEM
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work


def write(engine: Engine, action: str) -> None:
    with unit_of_work(engine) as session:
        record(session, SYSTEM, action, None)


def seal_once(engine: Engine, *, looked_for: bool) -> int:
    with nullcontext() if looked_for else without_locks(), unit_of_work(engine) as session:
        return seal(session)


@pytest.mark.parametrize("looked_for", [True, False])
def test_a_transaction_that_is_open_over_many_seals(own_engine: Engine, looked_for: bool) -> None:
    write(own_engine, "test.before")
    seal_once(own_engine, looked_for=looked_for)
    with Session(own_engine) as late:
        record(late, SYSTEM, "test.late", None)
        late.flush()
        for _ in range(70):
            write(own_engine, "test.meanwhile")
            assert seal_once(own_engine, looked_for=looked_for) == 1
        late.commit()
    # Without looking who still writes, the gap was given up: so the test can fail.
    assert seal_once(own_engine, looked_for=looked_for) == int(looked_for)
    with Session(own_engine) as session:
        assert verify(session).unsealed == int(not looked_for)
        assert session.scalar(text("SELECT count(*) FROM audit_gaps")) == 0


def test_a_late_batch_is_sealed_in_several_seals_and_rolled_back_numbers_are_given_up(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "BATCH", 2)
    with Session(own_engine) as late, Session(own_engine) as never:
        for _ in range(5):
            for session, action in ((late, "test.late"), (never, "test.never")):
                record(session, SYSTEM, action, None)
                session.flush()
        write(own_engine, "test.meanwhile")
        assert seal_once(own_engine, looked_for=True) == 1
        late.commit()
        never.rollback()
    assert [seal_once(own_engine, looked_for=True) for _ in range(4)] == [2, 2, 1, 0]
    with Session(own_engine) as session:
        report = verify(session)
        assert (report.ok, report.unsealed, report.sealed) == (True, 0, 6)
        assert session.scalar(text("SELECT count(*) FROM audit_gaps")) == 0


def test_who_writes_in_another_table_holds_no_gap_open(own_engine: Engine) -> None:
    """Only writers of the sealed table count, and only those that wrote when the gap was seen."""
    with Session(own_engine) as gone:
        record(gone, SYSTEM, "test.gone", None)
        gone.flush()
        write(own_engine, "test.first")
        seal_once(own_engine, looked_for=True)
        gone.rollback()
    with Session(own_engine) as later:
        record(later, SYSTEM, "test.later", None)
        later.flush()
        write(own_engine, "test.second")
        seal_once(own_engine, looked_for=True)
        # The old gap is closed although somebody writes; the new one is held open by that one.
        assert session_gaps(own_engine) == 1
        later.commit()
    assert seal_once(own_engine, looked_for=True) == 1


def session_gaps(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(text("SELECT count(*) FROM audit_gaps")) or 0
