"""Marks: a hash of each row that carries money or a decision, written by triggers together with the row.

They show what was written past the triggers: a row that was changed, put in or taken out with triggers off, in whatever
column. They do not show what was written through them, nor a forger who writes the right mark himself; against those
stand the rules of the other proofs and the sealed trail.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import JSON

from foundation.database import Base
from foundation.proofs import Proof, Proving

WAITING: Final = {
    "waits_for": "whose turn it is, which follows from the state",
    "waits_for_id": "whose turn it is, which follows from the state",
    "waits_task": "whose turn it is, which follows from the state",
    "waits_since": "whose turn it is, which follows from the state",
    "due_at": "whose turn it is, which follows from the state",
}
"""Columns of waiting (``foundation/waiting.py``), which carry no decision in any table."""


def marked_columns(table: str, left_out: Collection[str]) -> list[str]:
    """The columns of a table that its mark holds: all but the key, those of waiting and ``left_out``."""
    columns = Base.metadata.tables[table].columns.keys()
    return sorted(name for name in columns if name != "id" and name not in WAITING and name not in left_out)


def hashed(table: str, left_out: Collection[str]) -> str:
    """What a mark hashes of the row called ``row``, as SQL; text in JSON keeps its spelling, and is hashed as text."""
    spelled = {column.name for column in Base.metadata.tables[table].columns if type(column.type) is JSON}
    return ", ".join(
        f'row."{name}"::text' if name in spelled else f'row."{name}"' for name in marked_columns(table, left_out)
    )


def _proof(table: str, left_out: Collection[str]) -> Proof:
    columns = hashed(table, left_out)
    return Proof(
        f"mark of {table}",
        "each row says what the program wrote",
        f"""
        SELECT coalesce(row.id, mark.id) AS thing,
               CASE WHEN row.id IS NULL THEN 'was taken out' WHEN mark.id IS NULL THEN 'was put in' ELSE 'was changed' END AS told
        FROM {table} AS row FULL JOIN (SELECT id, digest FROM row_marks WHERE of_table = '{table}') AS mark ON mark.id = row.id
        WHERE (mark.digest = hash_record_extended(ROW({columns}), 0)) IS NOT TRUE
        """,  # noqa: S608 - names from the metadata
    )


def of_marks(proving: Proving) -> tuple[Proof, ...]:
    """A check for each marked table."""
    return tuple(_proof(table, left_out) for table, left_out in proving.marked.items())
