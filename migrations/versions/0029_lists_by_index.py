"""Lists of a country's size are read in their order from an index, and not from the whole table.

Revision: 0029, after 0025
"""

from alembic import op

revision = "0029"
down_revision = "0025"
branch_labels = None
depends_on = None

_WAITING = (
    "second_person_requests",
    "objections",
    "certifications",
    "offering_versions",
    "voucher_claims",
    "orders",
    "redemption_claims",
    "batches",
    "target_tables",
)
_PRICES = "INCLUDE (charged_price, deduction, own_share)"


def upgrade() -> None:
    # The desks, where no single office holds what waits.
    for table in _WAITING:
        op.execute(
            f"CREATE INDEX ix_{table}_waits_task ON {table} (waits_task, coalesce(due_at, waits_since), id)"
            " WHERE waits_task IS NOT NULL"
        )
    # The list of orders, and the sums under it.
    op.execute("CREATE INDEX ix_orders_placed ON orders (placed_at, id)")
    op.execute("CREATE INDEX ix_orders_enterprise_placed ON orders (enterprise_id, placed_at, id)")
    op.execute("CREATE INDEX ix_orders_provider_placed ON orders (provider_id, placed_at, id)")
    op.execute("DROP INDEX ix_orders_provider, ix_orders_programme")
    op.execute(f"CREATE INDEX ix_orders_provider ON orders (provider_id, state) {_PRICES}")
    op.execute(f"CREATE INDEX ix_orders_programme ON orders (programme_id, state) {_PRICES}")
    # The register of service records.
    op.execute("CREATE INDEX ix_service_records_newest ON service_records (delivered_on, id)")
    # The list of claims, and how many of them wait.
    op.execute("DROP INDEX ix_redemption_claims_queue")
    op.execute(
        "CREATE INDEX ix_redemption_claims_queue ON redemption_claims (state, submitted_at) INCLUDE (programme_id)"
    )
    op.execute(
        "CREATE INDEX ix_redemption_claims_waiting_first ON redemption_claims ((state <> 'submitted'), submitted_at, id)"
    )
    # The lists of batches, of statements (an authority's and a payee's), of certifications, offerings, notices, target
    # tables, titles and vouchers.
    op.execute("CREATE INDEX ix_batches_newest ON batches (created_at, id)")
    op.execute("CREATE INDEX ix_statements_newest ON statements (issued_at, number)")
    op.execute("CREATE INDEX ix_statements_payee_newest ON statements (organisation_id, issued_at, number)")
    # Whether an organisation is certified, and its own pages.
    op.execute("CREATE INDEX ix_certifications_organisation_id ON certifications (organisation_id)")
    op.execute("CREATE INDEX ix_certifications_newest ON certifications (created_at, id)")
    op.execute("CREATE INDEX ix_offering_versions_newest ON offering_versions (created_at, id)")
    op.execute("CREATE INDEX ix_public_notices_newest ON public_notices (opens_on, id)")
    op.execute("CREATE INDEX ix_target_tables_newest ON target_tables (year, created_at)")
    op.execute("CREATE INDEX ix_titles_newest ON titles (valid_from, id)")
    op.execute("CREATE INDEX ix_vouchers_newest ON vouchers (issued_at, id)")


def downgrade() -> None:
    for table in _WAITING:
        op.execute(f"DROP INDEX ix_{table}_waits_task")
    for name in (
        "ix_orders_placed",
        "ix_orders_enterprise_placed",
        "ix_orders_provider_placed",
        "ix_service_records_newest",
        "ix_redemption_claims_waiting_first",
        "ix_batches_newest",
        "ix_statements_newest",
        "ix_statements_payee_newest",
        "ix_certifications_organisation_id",
        "ix_certifications_newest",
        "ix_offering_versions_newest",
        "ix_public_notices_newest",
        "ix_target_tables_newest",
        "ix_titles_newest",
        "ix_vouchers_newest",
        "ix_orders_provider",
        "ix_orders_programme",
        "ix_redemption_claims_queue",
    ):
        op.execute(f"DROP INDEX {name}")
    op.execute("CREATE INDEX ix_orders_provider ON orders (provider_id, state)")
    op.execute("CREATE INDEX ix_orders_programme ON orders (programme_id, state)")
    op.execute("CREATE INDEX ix_redemption_claims_queue ON redemption_claims (state, submitted_at)")
