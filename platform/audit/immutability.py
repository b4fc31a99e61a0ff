"""Triggers that refuse to rewrite history; the migration installs them, so raw SQL is refused as well."""

from collections.abc import Mapping
from typing import Final

IMMUTABLE: Final[Mapping[str, str]] = {
    "audit_events": "append-only",
    "audit_seals": "append-only",
    "audit_prunings": "append-only",
    "ledger_transfers": "append-only: correct a transfer by its linked opposite",
    "statements": "issued: correct a statement by a red-letter statement",
}


def install_sql() -> list[str]:
    """SQL that makes the function and a trigger a table (UPDATE, DELETE row by row, TRUNCATE by statement)."""
    statements = [
        """
        CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- audit/retention.py: rows older than six months, in a transaction that says that it is pruning.
            IF TG_TABLE_NAME = 'audit_events' AND TG_OP = 'DELETE' THEN
                IF current_setting('huiqi.pruning', true) = 'on' AND OLD.at < now() - interval '184 days' THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION '% is %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    ]
    for table, reason in IMMUTABLE.items():
        for name, when in (("row", "UPDATE OR DELETE"), ("table", "TRUNCATE")):
            scope = "ROW" if name == "row" else "STATEMENT"
            statements.append(
                f"CREATE TRIGGER refuse_rewriting_{name} BEFORE {when} ON {table} "
                f"FOR EACH {scope} EXECUTE FUNCTION refuse_rewriting('{reason}')"
            )
    return statements
