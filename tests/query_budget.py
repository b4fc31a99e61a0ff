"""How many questions a page asks the database: as many for fifty rows as for one, else it asks for each row anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import Engine, event


@contextmanager
def questions(engine: Engine) -> Iterator[list[str]]:
    """The SELECT statements that are sent while the block runs."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        # Whoever comes first after some seconds asks for the entered years, whatever the page.
        if statement.lstrip().startswith(("SELECT", "WITH")) and "FROM calendar_" not in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def check_budget(engine: Engine, browser: FlaskClient, address: str, grow: Callable[[], None], *, most: int) -> None:
    """Get ``address``, let ``grow`` add many rows, get it again: the same number of questions, and at most ``most``.

    ``grow`` must commit, and there must be a row before; a page of that kind may ask once more what it asks for no row.
    """

    def asked() -> list[str]:
        with questions(engine) as statements:
            answer = browser.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return statements

    few = asked()
    grow()
    many = asked()
    assert len(many) == len(few), f"{address}: {len(few)} questions became {len(many)}:\n" + "\n".join(_new(few, many))
    assert len(many) <= most, f"{address}: {len(many)} questions, more than {most}:\n" + "\n".join(many)


def _new(few: list[str], many: list[str]) -> list[str]:
    return sorted({statement for statement in many if many.count(statement) > few.count(statement)})
