"""Transfers have an order of their own and stay in their programme; what the job queue's tables have had is noted.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ENDS = ("source_id", "target_id")


def upgrade() -> None:
    op.create_unique_constraint("uq_ledger_accounts_id_programme_id", "ledger_accounts", ["id", "programme_id"])
    for end in _ENDS:
        op.drop_constraint(f"fk_ledger_transfers_{end}", "ledger_transfers", type_="foreignkey")
        op.create_foreign_key(
            f"fk_ledger_transfers_{end}_programme_id",
            "ledger_transfers",
            "ledger_accounts",
            [end, "programme_id"],
            ["id", "programme_id"],
        )
    _number()
    for end in _ENDS:
        op.drop_index(f"ix_ledger_transfers_{end}", "ledger_transfers")
        op.create_index(
            f"ix_ledger_transfers_{end}", "ledger_transfers", [end, "sequence"], postgresql_include=["amount"]
        )
    op.create_index("ix_ledger_transfers_programme_id", "ledger_transfers", ["programme_id", "sequence"])
    op.create_table(
        "job_queue_scripts",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_queue_scripts")),
        sa.UniqueConstraint("name", name=op.f("uq_job_queue_scripts_name")),
    )
    # Every queue so far was made whole, as procrastinate 3.10.0 has it; this is the last script that is in it.
    op.execute("""
        INSERT INTO job_queue_scripts (id, name, applied_at)
        VALUES (gen_random_uuid(), '03.04.00_50_post_add_retry_failed_job_procedure.sql', now())
    """)
    # As wide as every other number.
    op.alter_column("offering_versions", "orders_per_enterprise", type_=sa.BigInteger(), existing_type=sa.Integer())


def _number() -> None:
    """Number the rows that are there by their time, in the order in which lists showed them; new ones as they come."""
    op.add_column("ledger_transfers", sa.Column("sequence", sa.BigInteger(), nullable=True))
    # Nobody rewrites a transfer: this gives each its number, once.
    op.execute("ALTER TABLE ledger_transfers DISABLE TRIGGER refuse_rewriting_row")
    op.execute("""
        UPDATE ledger_transfers AS transfer SET sequence = numbered.sequence
        FROM (SELECT id, row_number() OVER (ORDER BY posted_at, id) AS sequence FROM ledger_transfers) AS numbered
        WHERE numbered.id = transfer.id
    """)
    # The changed rows are looked at by the constraints now: a table with such looks open cannot be altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("ALTER TABLE ledger_transfers ENABLE TRIGGER refuse_rewriting_row")
    op.execute("""
        ALTER TABLE ledger_transfers ALTER COLUMN sequence SET NOT NULL,
            ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY,
            ADD CONSTRAINT uq_ledger_transfers_sequence UNIQUE (sequence)
    """)
    op.execute("""
        SELECT setval(
            pg_get_serial_sequence('ledger_transfers', 'sequence'),
            (SELECT coalesce(max(sequence), 0) + 1 FROM ledger_transfers), false)
    """)


def downgrade() -> None:
    op.alter_column("offering_versions", "orders_per_enterprise", type_=sa.Integer(), existing_type=sa.BigInteger())
    op.drop_table("job_queue_scripts")
    op.drop_index("ix_ledger_transfers_programme_id", "ledger_transfers")
    for end in _ENDS:
        op.drop_index(f"ix_ledger_transfers_{end}", "ledger_transfers")
        op.create_index(
            f"ix_ledger_transfers_{end}", "ledger_transfers", [end, "posted_at"], postgresql_include=["amount"]
        )
    op.drop_column("ledger_transfers", "sequence")
    for end in _ENDS:
        op.drop_constraint(f"fk_ledger_transfers_{end}_programme_id", "ledger_transfers", type_="foreignkey")
        op.create_foreign_key(f"fk_ledger_transfers_{end}", "ledger_transfers", "ledger_accounts", [end], ["id"])
    op.drop_constraint("uq_ledger_accounts_id_programme_id", "ledger_accounts", type_="unique")
