"""Whose turn it is: every state of everything that waits says so, and no flush forgets to write it."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import factories as make
import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import SecondPersonRequest
from foundation.clock import now, today
from foundation.database import Base
from foundation.waiting import Party, Waits, turn_of
from notices.models import Objection, PublicNotice
from orders.turns import TURNS
from performance.models import TargetState, TargetTable
from performance.turns import TABLES
from providers.models import Certification, CertificationState, OfferingVersion
from providers.turns import CERTIFICATIONS, OFFERINGS
from settlement.turns import BATCHES
from verification.turns import CLAIMS as REDEMPTIONS
from vouchers.turns import CLAIMS

pytestmark = pytest.mark.clock

BY_STATE: dict[str, Mapping[StrEnum, object]] = {
    "orders": TURNS,
    "certifications": CERTIFICATIONS,
    "offering_versions": OFFERINGS,
    "voucher_claims": CLAIMS,
    "redemption_claims": REDEMPTIONS,
    "batches": BATCHES,
    "target_tables": TABLES,
}
# In an order of its own: the processes that share a run of the tests must collect the same.
WAITING = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Waits)),
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", WAITING)
def test_every_state_of_what_waits_says_whose_turn_it_is(model: type[Base]) -> None:
    if model in {Objection, SecondPersonRequest}:  # they have no states, only an answer
        return
    state = inspect(model).columns["state"].type
    assert {each.value for each in BY_STATE[model.__tablename__]} == set(state.enums)  # type: ignore[attr-defined]


def _table(session: Session, **changes: object) -> TargetTable:
    facts = {"organisation_id": make.provider(session).id, "template_id": "t", "template_version": "1", "year": 2026}
    table = TargetTable(**facts | changes)
    session.add(table)
    session.flush()
    return table


@pytest.mark.parametrize("state", TargetState)
def test_whoever_sets_a_state_sets_the_turn(session: Session, state: TargetState) -> None:
    table = _table(session)
    assert (table.state, table.waits_for, table.waits_for_id) == (
        TargetState.DRAFT,
        Party.PROVIDER,
        table.organisation_id,
    )
    table.state = state
    session.flush()
    session.expire_all()
    turn = TABLES[state]
    assert (table.waits_for, table.waits_task) == ((turn[0], turn[1].id) if turn else (Party.NOBODY, None))


def test_the_moment_stays_while_the_turn_stays(session: Session) -> None:
    table = _table(session)
    began = table.waits_since
    table.change_reason = "改一个数"
    session.flush()
    assert table.waits_since == began
    table.state = TargetState.SUBMITTED
    session.flush()
    assert table.waits_since is not None
    assert began is not None
    assert table.waits_since > began


def test_the_database_keeps_the_columns_whole(session: Session) -> None:
    table = _table(session)
    with pytest.raises(IntegrityError, match="waits_whole"), session.begin_nested():
        session.connection().exec_driver_sql(
            "UPDATE target_tables SET waits_task = NULL WHERE id = %(id)s", {"id": table.id}
        )


def test_a_neighbour_that_decides_is_heard(session: Session) -> None:
    """A certification waits for the clock while its notice is open, and for the bureau from its end on."""
    provider = make.provider(session)
    notice = _notice(session)
    certification = Certification(
        number="RD-T",
        organisation_id=provider.id,
        level="municipal",
        ruleset_id="r",
        state=CertificationState.PUBLIC_NOTICE,
        facts={},
        notice_id=notice.id,
    )
    session.add(certification)
    session.flush()
    assert certification.waits_for is Party.CLOCK
    notice.state = type(notice.state).CLOSED
    session.flush()
    session.expire_all()
    assert (certification.waits_for, certification.waits_task) == (Party.BUREAU, "certification.certify")


def test_an_objection_waits_until_its_answer_and_moves_with_the_notice(session: Session) -> None:
    notice = _notice(session)
    objection = Objection(notice=notice, name="李四", contact="li@example.cn", text="不实")
    session.add(objection)
    session.flush()
    assert (objection.waits_for, objection.waits_for_id) == (Party.BUREAU, notice.bureau_id)
    due = objection.due_at
    notice.closes_on += timedelta(days=7)
    session.flush()
    assert objection.due_at is not None
    assert due is not None
    assert objection.due_at > due
    objection.answer, objection.upheld, objection.answered_at = "查无此事", False, now()
    session.flush()
    assert (objection.waits_for, objection.due_at, turn_of(objection)) == (Party.NOBODY, None, None)


def _notice(session: Session) -> PublicNotice:
    notice = PublicNotice(
        number="GS-T",
        subject_type="certifications",
        subject_id=make.provider(session).id,
        title="公示",
        body="公示",
        issuer="主管部门",
        bureau_id=make.bureau(session).id,
        region_path="100000/",
        opens_on=today(),
        closes_on=today(),
        working_days=5,
    )
    session.add(notice)
    session.flush()
    return notice


def test_no_room_forgets_to_be_asked() -> None:
    """Each room with something that waits has a module that says whose turn it is."""
    platform = Path(__file__).parents[2] / "platform"
    rooms = {model.__module__.partition(".")[0] for model in WAITING}
    assert {room for room in rooms if not (platform / room / "turns.py").exists()} == set()
    assert OfferingVersion in WAITING
