"""What the database does for each statement that is sent: plans are looked at, not guessed."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, event

LARGE: Final = 15_000
"""Rows that no statement of a page reads one after the other; a list is counted to 10,000, and some rows are passed over."""
MOST_FETCHED: Final = 5_000
"""Rows that are fetched at once; more come through a cursor of the server."""
_REPEATED: Final = 1_000
# A statement that is quicker cannot have read a large table.
_QUICK: Final = 0.001


@dataclass(slots=True)
class Watch:
    """What was found while statements were watched: faults by statement, and how many were sent."""

    faults: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    slowest: tuple[float, str] = (0.0, "")


@contextmanager
def watched(engine: Engine) -> Iterator[Watch]:
    """Explain what is sent while the block runs; only what reads is run a second time, so nothing is done twice."""
    watch = Watch()

    def before(connection: Any, *_rest: object) -> None:
        connection.info["sent_at"] = time.perf_counter()

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, _many: bool) -> None:
        took = time.perf_counter() - connection.info["sent_at"]
        watch.sent += 1
        watch.slowest = max(watch.slowest, (took, statement))
        cursor_of_server = context is not None and context._is_server_side
        if not statement.lstrip().startswith(("SELECT", "WITH", "(SELECT")):
            return
        if not cursor_of_server and cursor.rowcount > MOST_FETCHED:
            watch.faults[statement] = f"{cursor.rowcount} rows fetched at once"
        if took < _QUICK or "FOR NO KEY UPDATE" in statement or "pg_advisory" in statement or cursor_of_server:
            return
        with cursor.connection.cursor() as again:
            again.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
            (document,) = again.fetchone()
        plan = document if isinstance(document, list) else json.loads(document)
        for fault in faults_of(plan[0]["Plan"]):
            watch.faults[statement] = fault

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield watch
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def faults_of(node: Mapping[str, Any]) -> Iterator[str]:
    """A table read from end to end, and a subquery that is asked again for every row."""
    loops = int(node["Actual Loops"])
    if node["Node Type"] == "Seq Scan":
        read = int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops)
        if read > LARGE:
            yield f"{read} rows of {node['Relation Name']} read one after the other"
    if node.get("Parent Relationship") == "SubPlan" and loops > _REPEATED:
        yield f"a subquery asked {loops} times: {node.get('Subplan Name')}"
    for below in node.get("Plans", ()):
        yield from faults_of(below)
