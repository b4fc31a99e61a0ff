"""However much belongs to a case, its page asks the database the same number of questions."""

from collections.abc import Callable, Iterator

import factories as make
import pytest
from claim_cases import PUBLIC, Office, verified
from flask import Flask
from order_cases import Scene
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from settlement.approval import approve
from settlement.case_reading import batch_of_case
from settlement.models import Batch
from settlement.presentation import batch_view, statement_view
from settlement.queries import batch_case, statement_case
from settlement.statement_reading import statement_of_case

pytestmark = pytest.mark.clock

Count = Callable[[Callable[[Session], object]], int]


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
