"""Triggers that refuse to rewrite history.

Frozen text: a version that asked the running program for its list of tables would fail on a new installation as soon
as a later version's table stands in that list. A later table brings its triggers in its own version.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = {
    "audit_events": "append-only",
    "audit_seals": "append-only",
    "audit_prunings": "append-only",
    "ledger_transfers": "append-only: correct a transfer by its linked opposite",
    "statements": "issued: correct a statement by a red-letter statement",
}


def upgrade() -> None:
    op.execute("""
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
    """)
    for table, reason in _TABLES.items():
        op.execute(
            f"CREATE TRIGGER refuse_rewriting_row BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_rewriting('{reason}')"
        )
        op.execute(
            f"CREATE TRIGGER refuse_rewriting_table BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting('{reason}')"
        )


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_rewriting CASCADE")
