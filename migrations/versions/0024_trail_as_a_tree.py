"""The trail is sealed as a tree, together with the transfers; the chain of before stays and becomes its first leaf.

No row is carried over here: the sealer takes the head of the chain as its first leaf and seals all events and transfers
that are there, a batch a transaction.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_SECONDS = "ceil(EXTRACT(epoch FROM (clock_timestamp() - transaction_timestamp())))::bigint"


def upgrade() -> None:
    # The default comes after the column, so that events of before say nothing about their transaction.
    op.add_column("audit_events", sa.Column("transaction_seconds", sa.BigInteger(), nullable=True))
    op.alter_column("audit_events", "transaction_seconds", server_default=sa.text(_SECONDS))
    op.create_table(
        "audit_leaves",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_leaves")),
    )
    op.create_index("uq_audit_leaves_row", "audit_leaves", ["source", "sequence"], unique=True)
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_audit_nodes")),
    )
    op.create_table(
        "audit_gaps",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("low", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("writers", postgresql.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("source", "low", name=op.f("pk_audit_gaps")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
        sa.UniqueConstraint("position", name=op.f("uq_audit_heads_position")),
        sa.UniqueConstraint("size", name=op.f("uq_audit_heads_size")),
    )
    op.create_index("ix_audit_heads_root", "audit_heads", ["root"])
    for table in ("audit_leaves", "audit_nodes", "audit_heads"):
        for name, when, each in (
            ("refuse_rewriting_row", "UPDATE OR DELETE", "ROW"),
            ("refuse_rewriting_table", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_rewriting('append-only')"
            )


def downgrade() -> None:
    for table in ("audit_heads", "audit_gaps", "audit_nodes", "audit_leaves"):
        op.drop_table(table)
    op.drop_column("audit_events", "transaction_seconds")
