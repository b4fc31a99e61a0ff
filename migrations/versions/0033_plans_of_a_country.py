"""What a country's rows made slow is read by index, and the planner knows which columns go together.

Revision: 0033, after 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Who a thing waits for, and what for, go together: taken for independent, the planner expects a few rows, reads all that
# wait and sorts them, where the index has them in order.
_TOGETHER = (("redemption_claims", "waits_for_id, waits_for, waits_task"),)


def upgrade() -> None:
    # Lists of a region, and which office is in charge of it.
    op.execute("DROP INDEX ix_organisations_region_id")
    op.execute("CREATE INDEX ix_organisations_region_id ON organisations (region_id) INCLUDE (id)")
    op.execute("CREATE INDEX ix_organisations_kind ON organisations (kind, region_id) INCLUDE (id)")
    # The administrator's desk and list of people.
    op.execute("CREATE INDEX ix_users_locked_until ON users (locked_until) WHERE locked_until IS NOT NULL")
    op.execute("CREATE INDEX ix_memberships_state ON memberships (state, created_at) INCLUDE (user_id)")
    op.execute("CREATE INDEX ix_memberships_requested_first ON memberships ((state <> 'requested'), created_at, id)")
    # What waits to be settled.
    op.execute(
        "CREATE INDEX ix_redemption_claims_verified ON redemption_claims (state, id)"
        " INCLUDE (programme_id, order_id, redeemed, decided_at)"
    )
    # What a programme was given.
    op.execute(
        "CREATE INDEX ix_ledger_transfers_appropriated ON ledger_transfers (programme_id, sequence)"
        " WHERE kind = 'appropriate'"
    )
    for table, columns in _TOGETHER:
        op.execute(f"CREATE STATISTICS st_{table}_waits (dependencies) ON {columns} FROM {table}")


def downgrade() -> None:
    for table, _columns in _TOGETHER:
        op.execute(f"DROP STATISTICS st_{table}_waits")
    for name in (
        "ix_ledger_transfers_appropriated",
        "ix_redemption_claims_verified",
        "ix_memberships_requested_first",
        "ix_memberships_state",
        "ix_users_locked_until",
        "ix_organisations_kind",
        "ix_organisations_region_id",
    ):
        op.execute(f"DROP INDEX {name}")
    op.execute("CREATE INDEX ix_organisations_region_id ON organisations (region_id)")
