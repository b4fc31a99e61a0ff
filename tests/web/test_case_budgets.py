"""However much belongs to a case, its page asks the database the same number of questions."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import factories as make
import pytest
from claim_cases import PUBLIC, Office, verified
from flask import Flask
from order_cases import Scene, person, upload
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from accounts.people_reading import member_rows
from accounts.queries import members
from foundation.actors import Role
from foundation.clock import today
from notices.case_reading import notice_of_case
from notices.objections import object_to
from notices.publishing import publish
from notices.queries import evidence_of, notice_by_number
from orders.models import OrderState
from performance import tables
from performance.actuals import behind
from performance.figure_reading import opened_figure
from performance.presentation import behind_view
from settlement.approval import approve
from settlement.case_reading import batch_of_case
from settlement.models import Batch
from settlement.presentation import batch_view, statement_view
from settlement.queries import batch_case, statement_case
from settlement.statement_reading import statement_of_case

pytestmark = pytest.mark.clock

Count = Callable[[Callable[[Session], object]], int]


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


@pytest.fixture
def count(engine: Engine, session: Session, sessions: sessionmaker[Session], app: Flask) -> Iterator[Count]:
    """How many questions a look asks in a session that knows nothing yet."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    def counted(look: Callable[[Session], object]) -> int:
        session.commit()
        with sessions() as fresh, app.test_request_context():
            asked.clear()
            look(fresh)
        return len(asked)

    event.listen(engine, "before_cursor_execute", note)
    yield counted
    event.remove(engine, "before_cursor_execute", note)


def test_a_batch_and_its_statement(session: Session, scene: Scene, count: Count) -> None:
    def looks(batch: Batch) -> tuple[int, int]:
        number, statement = batch.number, batch.statements[0].number
        return (
            count(lambda fresh: batch_view(batch_of_case(scene.officer, batch_case(fresh, scene.officer, number)))),
            count(
                lambda fresh: statement_view(
                    statement_of_case(scene.officer, statement_case(fresh, scene.officer, statement))
                )
            ),
        )

    def issued(orders: int) -> Batch:
        for _ in range(orders):
            verified(scene)
        office = Office(session, scene)
        batch = office.reviewed()
        approve(session, office.budget_holder, batch.number, password=make.PASSWORD, public_url=PUBLIC)
        session.refresh(batch)
        return batch

    few = looks(issued(1))
    assert looks(issued(3)) == few, "as many for three orders as for one"
    assert few[0] <= 20
    assert few[1] <= 10


def test_a_figure_of_a_target_table(session: Session, scene: Scene, count: Count) -> None:
    table = tables.create(session, scene.clerk, template_id="beijing-2021-annex4", year=today().year)

    def look(fresh: Session) -> object:
        found = tables.find(fresh, scene.clerk, table.id)
        opened = behind(fresh, found, "ind05-srdi")
        return behind_view(opened.row, opened_figure(found, opened))

    scene.order_in(OrderState.CONFIRMED)
    few = count(look)
    for _ in range(2):
        scene.order_in(OrderState.CONFIRMED)
    assert count(look) == few, "as many for three records as for one"
    assert few <= 10


def test_a_notice_with_its_objections(session: Session, scene: Scene, count: Count) -> None:
    notice = publish(
        session, scene.officer, subject=scene.offering, title="公示", body="拟认定服务机构", working_days=5
    )

    def look(fresh: Session) -> object:
        found = notice_by_number(fresh, notice.number)
        return notice_of_case(found, inside=True, answering=True, evidence=evidence_of(fresh, found))

    def objected(times: int) -> int:
        for _ in range(times):
            object_to(
                session, None, notice, name="王芳", contact="13900000000", text="不符", evidence=upload(), ip=None
            )
        return count(look)

    few = objected(1)
    assert objected(3) == few, "as many for four objections as for one"
    assert few <= 5


def test_the_people_of_an_organisation(session: Session, scene: Scene, count: Count) -> None:
    manager = person(session, scene.provider.id, Role.PROVIDER_MANAGER)
    who = replace(scene.clerk, user_id=manager.user_id, role=Role.PROVIDER_MANAGER)

    def look(fresh: Session) -> object:
        return member_rows(members(fresh, who, 1).rows, unmanaged=(), both_sides=())

    few = count(look)
    for _ in range(3):
        make.member(session, scene.provider, Role.PROVIDER_MEMBER)
    assert count(look) == few, "as many for more people"
    assert few <= 3
