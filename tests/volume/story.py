"""The demonstration's story as rows of text: how often each row is copied, and where the copies differ."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, text

# A level is copied more often than those before it; a row stands on the highest level of all that it names.
SHARED, BY_PROGRAMME, BY_PROVIDER, BY_ENTERPRISE = range(4)
MARKS: Final = {BY_PROGRAMME: "aaaaaaaa-aaa1", BY_PROVIDER: "aaaaaaaa-aaa2", BY_ENTERPRISE: "aaaaaaaa-aaa3"}
TOKENS: Final = {BY_PROGRAMME: "~1~", BY_PROVIDER: "~2~", BY_ENTERPRISE: "~3~"}
_ROOTS: Final = {"programmes": BY_PROGRAMME, "batches": BY_ENTERPRISE, "invoices": BY_ENTERPRISE}
_KINDS: Final = {"provider": BY_PROVIDER, "enterprise": BY_ENTERPRISE}

FIXED: Final = frozenset(
    {
        "alembic_version",
        "regions",
        "rule_versions",
        "blobs",
        "picture_copies",
        "audit_seals",
        "audit_heads",
        "audit_gaps",
        "audit_leaves",
        "audit_nodes",
        "ledger_folds",
        "ledger_days",
        "ledger_unnamed",
        "row_marks",
    }
)
"""Tables that are not copied: shared by all, or made anew from the copies."""
ORDERED: Final = {"audit_events": "at", "ledger_transfers": "posted_at"}
"""Tables that the database numbers; they are written anew in the order of time, whatever copy a row belongs to."""
_CASE_ONLY: Final = frozenset(
    {
        "agreements",
        "attachments",
        "confirmation_letters",
        "confirmations",
        "decisions",
        "order_steps",
    }
)
_MONEY_EVENTS: Final = re.compile(
    r"ledger\.post|voucher\.(hold|release|redeem|expire|issue|return)|voucher_claim\.allot|statement\.(issue|correct)|batch\.pay"
    r"|programme\.(appropriate|return)"
)


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
        if name not in FIXED:
            tables.setdefault(name, Table({})).columns[column] = kind
    for name, table in tables.items():
        chosen = ", ".join(f'"{column}"::text' for column in table.columns)
        order = "sequence" if name in {*ORDERED, "decisions"} else "1"
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
            row.only_full = row.level >= BY_PROVIDER and not _carries_money(row)
        elif row.table in _CASE_ONLY:
            row.only_full = row.level >= BY_PROVIDER and row.values["id"] not in named


def _carries_money(row: Row) -> bool:
    """Whether an event says that money moved: each transfer must have an event that names it."""
    return bool(_MONEY_EVENTS.match(str(row.values["action"]))) or '"transfer' in (row.values["after"] or "")


def mark(tables: Mapping[str, Table], copies: int) -> None:
    """Put marks where identifiers, numbers, names and addresses of copied rows stand, in columns and inside of texts."""
    marked: dict[str, str] = {}
    for row in _all(tables):
        if row.level == SHARED:
            continue
        values, token = row.values, TOKENS[row.level]
        marked[str(values["id"])] = MARKS[row.level] + str(values["id"])[13:]
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
        _fund(row, copies)
        for column, value in row.values.items():
            if value is not None:
                row.values[column] = pattern.sub(lambda found: marked[found.group()], value)


def _fund(row: Row, copies: int) -> None:
    """A copied programme has money for all the copies of its vouchers."""
    if row.table == "ledger_transfers" and row.values["kind"] == "appropriate":
        row.values["amount"] = str(int(str(row.values["amount"])) * copies)
    told = row.values["after"] if row.table == "audit_events" else None
    if told is not None and (row.values["action"] == "programme.appropriate" or '"kind": "appropriate"' in told):
        row.values["after"] = _times(row.values["after"], copies)


def _times(document: str | None, copies: int) -> str | None:
    def times(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: times(each) for key, each in value.items()}
        if isinstance(value, list):
            return [times(each) for each in value]
        return value * copies if isinstance(value, int) and not isinstance(value, bool) else value

    return None if document is None else json.dumps(times(json.loads(document)), ensure_ascii=False)
