"""What waits for money on a desk: counted in full, however long ago it was issued and however much there is."""

from datetime import timedelta

import pytest
from claim_cases import PUBLIC, Office, clerk_of, verified
from factories import PASSWORD, actor_of, member
from sqlalchemy import insert, select

from foundation.actors import Role
from foundation.desk import SHOWN
from foundation.identifiers import new_id
from settlement import desk, desk_queries, queries
from settlement.approval import approve
from settlement.models import Batch, BatchState, Statement
from settlement.turns import APPROVE, HAND_OVER, PAY

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session, scene):
    return Office(session, scene)


@pytest.fixture
def batch(session, scene, office):
    verified(scene)
    return approve(session, office.budget_holder, office.reviewed().number, password=PASSWORD, public_url=PUBLIC)


def copied(session, row, **changes):
    """The row once more, with what must differ."""
    table = type(row).__table__
    facts = session.execute(select(table).where(table.c.id == row.id)).mappings().one()
    changed = dict(facts) | {"id": new_id()} | changes
    session.execute(insert(table).values(changed))
    return changed["id"]


def test_what_is_due_stays_on_the_desk_behind_a_hundred_newer_statements(session, scene, batch):
    due = session.scalars(select(Statement).where(Statement.batch_id == batch.id)).one()
    session.flush()
    later = due.issued_at + timedelta(days=1)
    for number in range(2, 54):
        facts = {"sequence": number, "number": f"N{number}", "content_hash": f"c{number}", "issued_at": later}
        taken_back = copied(session, due, **facts)
        red = {"sequence": -number, "number": f"R{number}", "content_hash": f"r{number}"}
        copied(session, due, total=-due.total, corrects_id=taken_back, **red)
    clerk = clerk_of(session, scene.provider)
    assert [statement.number for statement in desk_queries.receivable(session, clerk, 20).rows] == [due.number]
    assert [figure.amount for figure in desk.figures(session, clerk)] == [due.total]


def test_the_figure_of_the_treasury_counts_more_than_the_desk_shows(session, office, batch):
    session.flush()
    for number in range(60):
        copied(session, batch, number=f"PC{number}", state=BatchState.REVIEWED, waits_task=APPROVE.id)
    lying = desk.waiting(session, office.budget_holder)
    assert (len(lying), lying.total) == (SHOWN, 60)
    assert [figure.count for figure in desk.figures(session, office.budget_holder)] == [61]


@pytest.mark.parametrize("role", [Role.ENTERPRISE_MANAGER, Role.ADMINISTRATOR])
def test_whoever_has_no_region_in_care_sees_nothing(session, scene, batch, role):

    outsider = actor_of(member(session, scene.bureau, role))
    assert queries.batches(session, outsider).total == 0
    assert queries.statements(session, outsider).total == 0
    assert desk_queries.in_turn(session, outsider, [HAND_OVER, PAY], 20).total == 0
    assert session.get_one(Batch, batch.id) is batch
