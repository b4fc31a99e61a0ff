"""What the database does for each statement that is sent: plans are looked at, not guessed.

A part of a country has the same plans only if the planner is told so: where a table is small, it would rightly read all of
it. So with a part, a page that is read in order costs the planner as much more as the whole has more of them, the limits
are that part of a country's, and whoever reads a large part of a table by an index is told too.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, event

from .make import SIZE
from .story import FIXED

LARGE: Final = round(20_000 * SIZE)
"""Rows that no statement of a page reads one after the other; a list is counted to 10,000, and as many may be passed over."""
MOST_FETCHED: Final = max(500, round(5_000 * SIZE))
"""Rows that are fetched at once; more come through a cursor of the server."""
_REPEATED: Final = max(60, round(1_000 * SIZE))
# A statement that is quicker cannot have read a large table.
_QUICK: Final = 0.001 * SIZE
# A statement that was looked at so often is looked at again only when it takes longer than one that is not large can.
_ENOUGH: Final = 5
_LONG: Final = 0.005
READ, REPEATED = "read", "repeated"
_LOOKED_AT: Final = Counter[str]()
_BY_INDEX: Final = ("Index Scan", "Bitmap Heap Scan")


@dataclass(slots=True)
class Watch:
    """What was found while statements were watched: faults by statement, and how many were sent."""

    faults: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    slowest: tuple[float, str] = (0.0, "")


@contextmanager
def watched(engine: Engine, *, once_a_night: bool = False) -> Iterator[Watch]:
    """Explain what is sent while the block runs; only what reads is run a second time, so nothing is done twice.

    What is done ``once_a_night`` may read a table through.
    """
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
        if took < _QUICK or (_LOOKED_AT[statement] >= _ENOUGH and took < _LONG):
            return
        if "FOR NO KEY UPDATE" in statement or "pg_advisory" in statement or cursor_of_server:
            return
        _LOOKED_AT[statement] += 1
        with cursor.connection.cursor() as again:
            again.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
            (document,) = again.fetchone()
        plan = document if isinstance(document, list) else json.loads(document)
        for kind, fault in faults_of(plan[0]["Plan"]):
            if kind != READ or not once_a_night:
                watch.faults[statement] = fault

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield watch
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def faults_of(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A table read from end to end, and a subquery that is asked again for every row."""
    loops = int(node["Actual Loops"])
    kind = node["Node Type"]
    read = int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops)
    if read > LARGE and node.get("Relation Name") not in FIXED:
        if kind == "Seq Scan":
            yield READ, f"{read} rows of {node['Relation Name']} read one after the other"
        elif SIZE < 1 and kind in _BY_INDEX:
            yield READ, f"{read} rows of {node['Relation Name']} read by {node.get('Index Name', 'an index')}"
    if node.get("Parent Relationship") == "SubPlan" and loops > _REPEATED:
        yield REPEATED, f"a subquery asked {loops} times: {node.get('Subplan Name')}"
    for below in node.get("Plans", ()):
        yield from faults_of(below)
