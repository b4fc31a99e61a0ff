"""However many orders there are, a page asks the database the same number of questions."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from order_cases import Scene, upload
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from orders import desk, presentation, records
from orders.case_reading import order_case
from orders.models import OrderState
from orders.queries import case, page, records_page
from orders.reading import order_rows, record_rows


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


Look = Callable[[Session, Scene], object]


def look_at_list(session: Session, scene: Scene) -> object:
    return presentation.list_views(order_rows(session, page(session, scene.officer)[0].rows))


def look_at_desk(session: Session, scene: Scene) -> object:
    return desk.waiting(session, scene.clerk), desk.others(session, scene.clerk)


def look_at_register(session: Session, scene: Scene) -> object:
    return presentation.register_views(record_rows(session, records_page(session, scene.clerk).rows))


@pytest.fixture
def count(scene: Scene, sessions: sessionmaker[Session], asked: list[str], app: Flask) -> Callable[[Look], int]:
    """How many questions a look asks in a session that knows nothing yet."""

    def counted(look: Look) -> int:
        scene.session.commit()
        with sessions() as fresh, app.test_request_context():
            asked.clear()
            look(fresh, scene)
        return len(asked)

    return counted


@pytest.mark.parametrize(("look", "most"), [(look_at_list, 6), (look_at_desk, 6), (look_at_register, 3)])
def test_lists(scene: Scene, asked: list[str], count: Callable[[Look], int], look: Look, most: int) -> None:
    counts = []
    for _ in range(3):
        scene.order_in(OrderState.IN_SERVICE)
        scene.place()
        counts.append(count(look))
    assert counts[0] == counts[2]
    assert counts[2] <= most, "\n".join(asked)


def test_a_case(scene: Scene, asked: list[str], count: Callable[[Look], int]) -> None:
    order = scene.order_in(OrderState.IN_SERVICE)

    def look_at_case(session: Session, scene: Scene) -> object:
        return presentation.case_view(order_case(scene.officer, case(session, scene.officer, order.number)))

    few = count(look_at_case)
    for _ in range(5):
        records.file(scene.session, scene.clerk, order.number, facts=scene.facts(), process=[upload()])
    assert count(look_at_case) == few, "as many for six records with their files as for one"
    assert few <= 12, "\n".join(asked)
