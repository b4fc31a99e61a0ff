"""Locks: taken in order, fresh rows, and a clear answer after three seconds of waiting."""

from time import monotonic

import pytest
from factories import region
from sqlalchemy import Engine, text

from accounts.models import Region
from foundation.errors import Conflict
from foundation.locking import lock_key, lock_row, lock_rows, without_locks
from foundation.unit_of_work import unit_of_work

pytestmark = pytest.mark.concurrency


@pytest.fixture
def places(own_engine: Engine) -> list[Region]:
    with unit_of_work(own_engine) as session:
        return [region(session, code) for code in ("350200", "110000", "430000")]


def test_rows_come_in_order_of_id_and_fresh(own_engine: Engine, places: list[Region]) -> None:
    ids = [place.id for place in places]
    with unit_of_work(own_engine) as session:
        known = session.get_one(Region, ids[0])
        with unit_of_work(own_engine) as other:
            other.get_one(Region, ids[0]).name = "改名"
        locked = lock_rows(session, Region, [*reversed(ids), ids[0]])
        assert [row.id for row in locked] == sorted(ids)
        assert known.name == "改名", "what was read before the lock is read anew"


def test_waiting_ends_with_an_answer(own_engine: Engine, places: list[Region]) -> None:
    with unit_of_work(own_engine) as holder:
        lock_row(holder, Region, places[0].id)
        lock_key(holder, "slot", "1")
        with unit_of_work(own_engine) as session:
            start = monotonic()
            with pytest.raises(Conflict, match="另一位同事"), session.begin_nested():
                lock_rows(session, Region, [places[0].id])
            assert 2.5 < monotonic() - start < 10
            with pytest.raises(Conflict, match="另一位同事"), session.begin_nested():
                lock_key(session, "slot", "1")
            lock_key(session, "slot", "2")
            with without_locks():
                assert lock_row(session, Region, places[0].id).id == places[0].id
            assert session.scalar(text("SELECT 1")) == 1, "the transaction goes on"


def test_crosswise_locks_are_a_conflict_and_no_crash(own_engine: Engine, places: list[Region]) -> None:
    """Two locks taken in two calls may cross; PostgreSQL ends one of the two, which is told to try again."""
    with unit_of_work(own_engine) as first:
        lock_row(first, Region, places[0].id)
        with unit_of_work(own_engine) as second:
            lock_row(second, Region, places[1].id)
            with pytest.raises(Conflict), second.begin_nested():
                lock_row(second, Region, places[0].id)
        lock_row(first, Region, places[1].id)
