"""Any number of ids: PostgreSQL takes 65,535 parameters in a statement, and a list is one of them."""

from uuid import uuid4

from factories import region
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Region
from foundation.locking import lock_rows
from foundation.many import among, not_among

MORE_THAN_PARAMETERS = 70_000


def test_rows_are_locked_and_found_by_any_number_of_ids(session: Session) -> None:
    here, other = region(session, "350200"), region(session, "110000")
    ids = [*(uuid4() for _ in range(MORE_THAN_PARAMETERS)), here.id]
    assert lock_rows(session, Region, ids) == [here]
    assert session.scalars(select(Region).where(among(Region.id, ids))).all() == [here]
    mine = Region.id.in_([here.id, other.id])
    assert session.scalars(select(Region).where(mine, not_among(Region.id, ids))).all() == [other]


def test_no_ids_at_all_are_none_of_them(session: Session) -> None:
    here = region(session, "350200")
    assert session.scalars(select(Region).where(among(Region.id, []))).all() == []
    assert here in session.scalars(select(Region).where(not_among(Region.id, []))).all()
