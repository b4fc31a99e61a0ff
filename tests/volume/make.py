"""A country's worth of rows: the demonstration's story, told through the verbs, is copied by the database itself.

Every row that hangs on an enterprise is copied for each of ``COPIES``, what hangs on a provider for each of ``PROVIDERS``,
what hangs on a programme alone for each of ``PROGRAMMES``; the copy ``k`` of an enterprise deals with the copy
``k % PROVIDERS`` of a provider, and so on, so every copy is a whole story with its own money. Identifiers, numbers and
names are marked in the story once and replaced by those of the copy, wherever they stand, also inside of JSON: a column
that is added later needs no word here. Each copy is moved back by some weeks; what is still open stays open, as its
deadlines are not moved.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import Connection, Engine, text

from audit import seals
from foundation.unit_of_work import unit_of_work
from ledger.days import fold

COPIES: Final = 9_400
PROVIDERS: Final = 4_200
PROGRAMMES: Final = 30
WEEKS: Final = 150
# Of each so many copies one has all its rows; the others leave out what only the pages of a case show.
FULL: Final = 25

# A history of years is sealed in a few parts: a seal of the clock covers a minute's events.
_SEALED_AT_ONCE: Final = 100_000

# A level is copied more often than those before it; a row stands on the highest level of all that it names.
SHARED, BY_PROGRAMME, BY_PROVIDER, BY_ENTERPRISE = range(4)
_MARKS: Final = {BY_PROGRAMME: "aaaaaaaa-aaa1", BY_PROVIDER: "aaaaaaaa-aaa2", BY_ENTERPRISE: "aaaaaaaa-aaa3"}
_TOKENS: Final = {BY_PROGRAMME: "~1~", BY_PROVIDER: "~2~", BY_ENTERPRISE: "~3~"}
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
_ROOTS: Final = {"programmes": BY_PROGRAMME, "batches": BY_ENTERPRISE, "invoices": BY_ENTERPRISE}
_KINDS: Final = {"provider": BY_PROVIDER, "enterprise": BY_ENTERPRISE}

_FIXED: Final = frozenset(
    {"alembic_version", "regions", "rule_versions", "blobs", "audit_seals", "ledger_folds", "ledger_days"}
)
"""Tables that are not copied: shared by all, or made anew from the copies."""
_ORDERED: Final = {"audit_events": "at", "ledger_transfers": "posted_at"}
"""Tables that the database numbers; they are written anew in the order of time, whatever copy a row belongs to."""
_CASE_ONLY: Final = frozenset(
    {
        "agreements",
        "attachments",
        "confirmation_letters",
        "confirmations",
        "decisions",
        "order_steps",
        "service_records",
    }
)
_MONEY_EVENTS: Final = re.compile(
    r"voucher\.(hold|release|redeem|expire|issue|return)|voucher_claim\.allot|statement\.(issue|correct)|batch\.pay"
    r"|programme\.(appropriate|return)"
)
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


@dataclass
class Row:
    """A row of the story as texts, and the level on which it stands."""

    table: str
    values: dict[str, str | None]
    level: int = SHARED
    only_full: bool = False


@dataclass
class Table:
    """Columns with their types, numbered ones left out, and the rows."""

    columns: dict[str, str]
    rows: list[Row] = field(default_factory=list)


_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
        mark(tables)
        regions = "SELECT array_agg(id ORDER BY path) AS ids FROM regions WHERE level IN ('city', 'district')"
        connection.execute(text(f"CREATE TEMP TABLE all_regions AS {regions}"))
        for name, table in tables.items():
            copy_table(connection, name, table)
        connection.execute(text("TRUNCATE ledger_days, ledger_folds, audit_seals"))
        _go_on_numbering(connection)
        connection.execute(text("SET session_replication_role = DEFAULT"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    _close(engine)


def _close(engine: Engine) -> None:
    """What the jobs of the clock have done with all this by now."""
    with patch.object(seals, "BATCH", _SEALED_AT_ONCE):
        for step in (fold, seals.seal):
            more = True
            while more:
                with unit_of_work(engine) as session:
                    more = bool(step(session))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) ledger_days, ledger_folds, audit_seals"))


def read_story(connection: Connection) -> dict[str, Table]:
    """All rows that are to be copied."""
    columns = connection.execute(
        text("""
            SELECT relation.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
            FROM pg_class AS relation JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid
            WHERE relation.relkind = 'r' AND relation.relnamespace = 'public'::regnamespace
              AND attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attidentity <> 'a'
              AND attribute.attgenerated = '' AND relation.relname NOT LIKE 'procrastinate%'
            ORDER BY relation.relname, attribute.attnum
        """)
    )
    tables: dict[str, Table] = {}
    for name, column, kind in columns:
        if name not in _FIXED:
            tables.setdefault(name, Table({})).columns[column] = kind
    for name, table in tables.items():
        chosen = ", ".join(f'"{column}"::text' for column in table.columns)
        order = "sequence" if name in {*_ORDERED, "decisions"} else "1"
        for values in connection.execute(text(f"SELECT {chosen} FROM {name} ORDER BY {order}")):  # noqa: S608
            table.rows.append(Row(name, dict(zip(table.columns, values, strict=True))))
    return tables


def _all(tables: Mapping[str, Table]) -> Iterator[Row]:
    for table in tables.values():
        yield from table.rows


def place_levels(tables: Mapping[str, Table]) -> None:
    """A row stands on the highest level of what its uuid columns name; a person on that of the organisation."""
    levels: dict[str, int] = {}
    for row in _all(tables):
        row.level = _KINDS.get(row.values.get("kind") or "", SHARED) if row.table == "organisations" else SHARED
        row.level = max(row.level, _ROOTS.get(row.table, SHARED))
    changed = True
    while changed:
        changed = False
        for row in _all(tables):
            if row.table == "memberships":
                user = str(row.values["user_id"])
                levels[user] = max(levels.get(user, SHARED), row.level)
        for row in _all(tables):
            named = (row.values[column] for column, kind in tables[row.table].columns.items() if kind == "uuid")
            level = max([row.level, *(levels.get(each, SHARED) for each in named if each)])
            if level != row.level or levels.get(str(row.values["id"]), -1) < level:
                row.level, levels[str(row.values["id"])], changed = level, level, True


def leave_out(tables: Mapping[str, Table]) -> None:
    """Say which rows only the full copies have: those of a case's page that no other row names, and events without money."""
    named = {
        value
        for row in _all(tables)
        if row.table not in _CASE_ONLY
        for column, kind in tables[row.table].columns.items()
        if kind == "uuid" and column != "id" and row.table != "audit_events" and (value := row.values[column])
    }
    for row in _all(tables):
        if row.table == "audit_events":
            row.only_full = row.level >= BY_PROVIDER and not _MONEY_EVENTS.match(str(row.values["action"]))
        elif row.table in _CASE_ONLY:
            row.only_full = row.level >= BY_PROVIDER and row.values["id"] not in named


def mark(tables: Mapping[str, Table]) -> None:
    """Put marks where identifiers, numbers, names and addresses of copied rows stand, in columns and inside of texts."""
    marked: dict[str, str] = {}
    for row in _all(tables):
        if row.level == SHARED:
            continue
        values, token = row.values, _TOKENS[row.level]
        marked[str(values["id"])] = _MARKS[row.level] + str(values["id"])[13:]
        if number := values.get("number"):
            marked[number] = f"{number[:4]}{token}{number[10:]}" if row.table == "invoices" else f"{number}-{token}"
        if row.table == "organisations":
            code, name = str(values["uscc"]), str(values["name"])
            marked[code] = code[:8] + token + code[-4:]
            marked[name] = name + token
        if email := values.get("email"):
            marked[email] = email.replace("@", f".{token}@")
    pattern = re.compile("|".join(map(re.escape, sorted(marked, key=lambda each: (-len(each), each)))))
    for row in _all(tables):
        _fund(row)
        for column, value in row.values.items():
            if value is not None:
                row.values[column] = pattern.sub(lambda found: marked[found.group()], value)


def _fund(row: Row) -> None:
    """A copied programme has money for all the copies of its vouchers."""
    if row.table == "ledger_transfers" and row.values["kind"] == "appropriate":
        row.values["amount"] = str(int(str(row.values["amount"])) * COPIES)
    if row.table == "audit_events" and row.values["action"] == "programme.appropriate":
        row.values["after"] = _times(row.values["after"])


def _times(document: str | None) -> str | None:
    def times(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: times(each) for key, each in value.items()}
        if isinstance(value, list):
            return [times(each) for each in value]
        return value * COPIES if isinstance(value, int) and not isinstance(value, bool) else value

    return None if document is None else json.dumps(times(json.loads(document)), ensure_ascii=False)


def copy_table(connection: Connection, name: str, table: Table) -> None:
    """Replace the copied rows of a table by their copies."""
    rows = [row for row in table.rows if row.level != SHARED or name in _ORDERED]
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
    if name in _ORDERED:
        connection.execute(text(f"TRUNCATE {name} RESTART IDENTITY CASCADE"))
    else:
        ids = list(_original_ids(connection, name, rows))
        connection.execute(text(f"DELETE FROM {name} WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": ids})  # noqa: S608
    levels = sorted({row.level for row in rows})
    parts = [_copies(name, table, stage, level, [row for row in rows if row.level == level]) for level in levels]
    order = f"ORDER BY {_ORDERED[name]}, k, story_place" if name in _ORDERED else "ORDER BY k, story_place"
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
        if any(one and _MARKS[each] in one for one in values):
            prefix = f"to_hex({0x018000000000 + each * 0x100000000} + {copied} * 4096)"
            hexed = f"lpad({prefix}, 12, '0')"
            value = f"replace({value}, '{_MARKS[each]}', left({hexed}, 8) || '-' || right({hexed}, 4))"
        if any(one and _TOKENS[each] in one for one in values):
            value = f"replace({value}, '{_TOKENS[each]}', lpad({copied}::text, 6, '0'))"
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
