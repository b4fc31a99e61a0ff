"""Attempts to pay a statement, accounts to which organisations are paid, and who stands behind organisations.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Each statement was paid at most once, to an account that only the treasury's bank knows. Who posted the transfer paid: the
# batch names its last payer only.
_PAID = """
    INSERT INTO payments (id, statement_id, attempt, state, amount, at, by_id)
    SELECT gen_random_uuid(), statements.id, 1, 'paid', transfers.amount, transfers.posted_at, transfers.user_id
    FROM ledger_transfers AS transfers
    JOIN statements ON statements.id = transfers.subject_id
    WHERE transfers.subject_type = 'statements' AND transfers.kind = 'pay'
"""


def upgrade() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number ~ '^[0-9]{8,32}$'", name=op.f("ck_bank_accounts_number_of_digits")),
        sa.CheckConstraint("until >= since", name=op.f("ck_bank_accounts_period")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_bank_accounts_organisation_id")
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["users.id"], name=op.f("fk_bank_accounts_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
    )
    op.create_index(op.f("ix_bank_accounts_organisation_id"), "bank_accounts", ["organisation_id"])
    op.create_index(
        "uq_bank_accounts_open",
        "bank_accounts",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "organisation_ties",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("share", sa.Numeric(7, 4), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('legal_representative', 'shareholder', 'actual_controller')",
            name=op.f("ck_organisation_ties_tiekind"),
        ),
        sa.CheckConstraint(
            "(share IS NOT NULL) = (kind = 'shareholder')", name=op.f("ck_organisation_ties_share_of_shareholders")
        ),
        sa.CheckConstraint("share > 0 AND share <= 100", name=op.f("ck_organisation_ties_share_allowed")),
        sa.CheckConstraint("until >= since", name=op.f("ck_organisation_ties_period")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_ties_organisation_id")
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["users.id"], name=op.f("fk_organisation_ties_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_ties")),
    )
    op.create_index(op.f("ix_organisation_ties_organisation_id"), "organisation_ties", ["organisation_id"])
    op.create_index("ix_organisation_ties_name", "organisation_ties", ["name"])
    op.create_index("ix_organisation_ties_uscc", "organisation_ties", ["uscc"])
    op.create_index(
        "uq_organisation_ties_legal_representative",
        "organisation_ties",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'legal_representative' AND until IS NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('paid', 'rejected')", name=op.f("ck_payments_paymentstate")),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_payments_attempt_counted")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "(state = 'rejected') = (reason IS NOT NULL)", name=op.f("ck_payments_rejected_with_reason")
        ),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("fk_payments_statement_id")),
        sa.ForeignKeyConstraint(["account_id"], ["bank_accounts.id"], name=op.f("fk_payments_account_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_payments_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("statement_id", "attempt", name=op.f("uq_payments_attempt")),
    )
    op.create_index(
        "uq_payments_paid", "payments", ["statement_id"], unique=True, postgresql_where=sa.text("state = 'paid'")
    )
    op.execute(_PAID)
    for name, when, each in (
        ("refuse_rewriting_row", "UPDATE OR DELETE", "ROW"),
        ("refuse_rewriting_table", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON payments "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_rewriting('append-only: note another attempt')"
        )


def downgrade() -> None:
    op.drop_table("payments")
    op.drop_table("organisation_ties")
    op.drop_table("bank_accounts")
