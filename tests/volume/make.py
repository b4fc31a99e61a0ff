"""A country's worth of rows: the demonstration's story, told through the verbs, is copied by the database itself.

Every row that hangs on an enterprise is copied for each of ``COPIES``, what hangs on a provider for each of ``PROVIDERS``,
what hangs on a programme alone for each of ``PROGRAMMES``; the copy ``k`` of an enterprise deals with the copy
``k % PROVIDERS`` of a provider, and so on, so every copy is a whole story with its own money. Identifiers, numbers and
names are marked in the story once and replaced by those of the copy, wherever they stand, also inside of JSON: a column
that is added later needs no word here. Each copy is moved back by some weeks; what is still open stays open, as its
deadlines are not moved.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from sqlalchemy import Connection, Engine, text

from audit import seals
from foundation.unit_of_work import unit_of_work
from ledger.days import fold
from ledger.marks import hashed
from settlement.checking import recomputed_hash
from web.rooms import whole_house

from .story import (
    BY_ENTERPRISE,
    BY_PROGRAMME,
    BY_PROVIDER,
    MARKS,
    ORDERED,
    SHARED,
    TOKENS,
    Row,
    Table,
    leave_out,
    mark,
    place_levels,
    read_story,
)

# A twentieth of a country, unless ``TEST_VOLUME`` says what part of it; 1 makes all of it. Plans are judged by that part
# (``plans``).
PART: Final = 0.05
SIZE: Final = float(os.environ.get("TEST_VOLUME", PART))
COPIES: Final = round(9_400 * SIZE)
PROVIDERS: Final = round(4_200 * SIZE)
PROGRAMMES: Final = 30
WEEKS: Final = 150
# Of each so many copies one has all its rows; the others leave out what only the pages of a case show.
FULL: Final = 25

# A history of years is sealed in a few parts: a seal of the clock covers a minute's events.
_SEALED_AT_ONCE: Final = 100_000

_COUNTS: Final = {SHARED: 1, BY_PROGRAMME: PROGRAMMES, BY_PROVIDER: PROVIDERS, BY_ENTERPRISE: COPIES}
# One provider in each of the demonstration's places is large: every tenth copy of the enterprises deals with it.
_PROVIDER_OF: Final = f"(CASE WHEN k % 10 = 0 THEN 0 ELSE k % {PROVIDERS} END)"
_COPY_OF: Final[Mapping[int, Mapping[int, str]]] = {
    BY_PROGRAMME: {BY_PROGRAMME: "k"},
    BY_PROVIDER: {BY_PROGRAMME: f"(k % {PROGRAMMES})", BY_PROVIDER: "k"},
    BY_ENTERPRISE: {
        BY_PROGRAMME: f"({_PROVIDER_OF} % {PROGRAMMES})",
        BY_PROVIDER: _PROVIDER_OF,
        BY_ENTERPRISE: "k",
    },
}
_ENDS: Final = frozenset(
    {"due_at", "due_on", "due_from", "expires_on", "valid_to", "closes_on", "waits_since", "until"}
)
"""Columns whose moments stay as they are, so that nothing that is open falls due by being copied."""

# Given where the mark cannot be told by looking at the value: {k} is the copy.
_OVERRIDES: Final = {
    ("statements", "sequence"): "(sequence::bigint + k * 20)",
    ("statements", "content_hash"): "encode(sha256(convert_to(content_hash || k, 'UTF8')), 'hex')",
    ("organisations", "region_id"): "CASE WHEN kind = 'enterprise' AND k % 3 = 1"
    " THEN (SELECT all_regions.ids[1 + k % cardinality(all_regions.ids)] FROM all_regions) ELSE region_id::uuid END",
}


def multiply(engine: Engine) -> None:
    """Copy the story that lies in the database of ``engine``, fold the ledger's days and seal the trail."""
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET synchronous_commit = off"))
        connection.execute(text("SET work_mem = '256MB'"))
        connection.execute(text("SET maintenance_work_mem = '256MB'"))
        tables = read_story(connection)
        place_levels(tables)
        leave_out(tables)
        mark(tables, COPIES)
        regions = "SELECT array_agg(id ORDER BY path) AS ids FROM regions WHERE level IN ('city', 'district')"
        connection.execute(text(f"CREATE TEMP TABLE all_regions AS {regions}"))
        for name, table in tables.items():
            copy_table(connection, name, table)
        connection.execute(
            text("TRUNCATE ledger_days, ledger_folds, audit_seals, audit_heads, audit_gaps, audit_leaves, audit_nodes")
        )
        _go_on_numbering(connection)
        _hash_statements(connection)
        _mark_rows(connection)
        connection.execute(text("SET session_replication_role = DEFAULT"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    _close(engine)


def _hash_statements(connection: Connection) -> None:
    """What the copies say is theirs: each has its own hash, and the event of its issue says it."""
    connection.execute(text("CREATE TEMP TABLE hashes (id uuid, hash text)"))
    contents = connection.execute(text("SELECT id, content FROM statements")).all()
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor().copy("COPY hashes FROM STDIN") as copy:
        for row in contents:
            copy.write_row((row.id, recomputed_hash(row.content)))
    connection.execute(text("UPDATE statements SET content_hash = hash FROM hashes WHERE hashes.id = statements.id"))
    connection.execute(
        text("""
            UPDATE audit_events SET after = jsonb_set(after, '{hash}', to_jsonb(hash)) FROM hashes
            WHERE hashes.id = subject_id AND action = 'statement.issue'
        """)
    )


def _mark_rows(connection: Connection) -> None:
    """What the triggers of marked tables would have written beside each row."""
    connection.execute(text("TRUNCATE row_marks"))
    for table, left_out in whole_house().proves.marked.items():
        columns = hashed(table, left_out)
        connection.exec_driver_sql(
            f"INSERT INTO row_marks (id, of_table, digest)"  # noqa: S608
            f" SELECT row.id, '{table}', hash_record_extended(ROW({columns}), 0) FROM {table} AS row"
        )


def _close(engine: Engine) -> None:
    """What the jobs of the clock have done with all this by now."""
    with patch.object(seals, "BATCH", _SEALED_AT_ONCE):
        for step in (fold, seals.seal):
            more = True
            while more:
                with unit_of_work(engine) as session:
                    more = bool(step(session))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text("VACUUM (ANALYZE) ledger_days, ledger_folds, audit_heads, audit_gaps, audit_leaves, audit_nodes")
        )


def copy_table(connection: Connection, name: str, table: Table) -> None:
    """Replace the copied rows of a table by their copies."""
    rows = [row for row in table.rows if row.level != SHARED or name in ORDERED]
    if not rows:
        return
    stage = f"story_{name}"
    columns = ", ".join(f'"{column}" text' for column in table.columns)
    connection.execute(text(f"CREATE TEMP TABLE {stage} (story_place int, story_level int, only_full bool, {columns})"))
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor().copy(f"COPY {stage} FROM STDIN") as copy:
        for place, row in enumerate(rows):
            copy.write_row((place, row.level, row.only_full, *row.values.values()))
    connection.execute(text(f"ANALYZE {stage}"))
    if name in ORDERED:
        connection.execute(text(f"TRUNCATE {name} RESTART IDENTITY CASCADE"))
    else:
        ids = list(_original_ids(connection, name, rows))
        connection.execute(text(f"DELETE FROM {name} WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": ids})  # noqa: S608
    levels = sorted({row.level for row in rows})
    parts = [_copies(name, table, stage, level, [row for row in rows if row.level == level]) for level in levels]
    order = f"ORDER BY {ORDERED[name]}, k, story_place" if name in ORDERED else "ORDER BY k, story_place"
    chosen = ", ".join(f'"{column}"' for column in table.columns)
    with _without_indexes(connection, name):
        connection.execute(
            text(f"INSERT INTO {name} ({chosen}) SELECT {chosen} FROM ({' UNION ALL '.join(parts)}) AS copies {order}")  # noqa: S608
        )


@contextmanager
def _without_indexes(connection: Connection, name: str) -> Iterator[None]:
    """Indexes that guard nothing are made when all rows are there, which is quicker."""
    found = connection.execute(
        text("""
            SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
            WHERE indrelid = CAST(:table AS regclass) AND NOT indisunique
        """),
        {"table": name},
    ).all()
    for index in found:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
    yield
    for index in found:
        connection.exec_driver_sql(index.definition)


def _original_ids(connection: Connection, name: str, rows: Iterable[Row]) -> Iterator[str]:
    """The rows as they are stored: their identifiers end like the marked ones."""
    ends = {str(row.values["id"])[13:] for row in rows}
    for stored in connection.scalars(text(f"SELECT id::text FROM {name}")):  # noqa: S608
        if stored[13:] in ends:
            yield stored


def _copies(name: str, table: Table, stage: str, level: int, rows: list[Row]) -> str:
    """A SELECT of all copies of the rows of one level."""
    chosen = ", ".join(
        f'{_value(name, column, kind, level, [row.values[column] for row in rows])} AS "{column}"'
        for column, kind in table.columns.items()
    )
    counted = f"generate_series(0, {_COUNTS[level] - 1}) AS k"
    return (
        f"SELECT k, story_place, {chosen} FROM {stage}, {counted}"  # noqa: S608
        f" WHERE story_level = {level} AND (NOT only_full OR k % {FULL} = 0)"
    )


def _value(name: str, column: str, kind: str, level: int, values: list[str | None]) -> str:
    """The expression of one column for the copy ``k``."""
    if (name, column) in _OVERRIDES and level != SHARED:
        return _OVERRIDES[name, column]
    value = f'"{column}"'
    if level == SHARED:
        return f"{value}::{kind}"
    if kind.startswith("timestamp") or kind == "date":
        moved = f"{value}::{kind}"
        if column in _ENDS:
            return moved
        return f"({moved} - make_interval(days => {_days_back(level)}))::{kind}"
    for each, copied in _COPY_OF[level].items():
        if any(one and MARKS[each] in one for one in values):
            prefix = f"to_hex({0x018000000000 + each * 0x100000000} + {copied} * 4096)"
            hexed = f"lpad({prefix}, 12, '0')"
            value = f"replace({value}, '{MARKS[each]}', left({hexed}, 8) || '-' || right({hexed}, 4))"
        if any(one and TOKENS[each] in one for one in values):
            value = f"replace({value}, '{TOKENS[each]}', lpad({copied}::text, 6, '0'))"
    return f"{value}::{kind}"


def _days_back(level: int) -> str:
    """How far a copy is moved back: a programme before its providers' rows, these before the orders of the copies."""
    if level == BY_PROGRAMME:
        return f"{7 * WEEKS * 2}"
    if level == BY_PROVIDER:
        return f"{7 * WEEKS}"
    return f"7 * ((k * 37) % {WEEKS})"


def _go_on_numbering(connection: Connection) -> None:
    """The series of statements go on after the copies."""
    connection.execute(
        text("""
            UPDATE statement_series AS series SET last = newest.last FROM (
                SELECT issuer_id, year, max(sequence) AS last FROM statements GROUP BY issuer_id, year
            ) AS newest WHERE newest.issuer_id = series.issuer_id AND newest.year = series.year
        """)
    )


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in sorted(names)}  # noqa: S608
