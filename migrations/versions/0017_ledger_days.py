"""What moved at each station on each day, counted once.

The transfers that are there are counted by the first nights' folds; until then balances are summed from them as before.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_KINDS = (
    *("treasury", "pool", "voucher", "hold", "payable", "approved", "paid", "recovered", "shortfall", "returned"),
)


def upgrade() -> None:
    op.create_table(
        "ledger_days",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*_KINDS, name="accountkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("incoming", sa.BigInteger(), nullable=False),
        sa.Column("outgoing", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "programme_id"],
            ["ledger_accounts.id", "ledger_accounts.programme_id"],
            name=op.f("fk_ledger_days_account_id_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_days")),
        sa.UniqueConstraint(
            *("programme_id", "kind", "account_id", "day"),
            name="uq_ledger_days_station",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_ledger_days_account_id", "ledger_days", ["account_id"], postgresql_include=["incoming", "outgoing"]
    )
    op.create_table(
        "ledger_folds",
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_folds")),
        sa.UniqueConstraint("through", name=op.f("uq_ledger_folds_through")),
    )


def downgrade() -> None:
    op.drop_table("ledger_folds")
    op.drop_table("ledger_days")
