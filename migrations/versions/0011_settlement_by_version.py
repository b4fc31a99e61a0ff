"""Who calculated and who handed over a batch, awards and parts of their own, shortfalls in the ledger.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KINDS = "'treasury', 'pool', 'voucher', 'hold', 'payable', 'approved', 'paid', 'recovered', 'returned'"
_REFERENCE = "REFERENCES programme_duties (user_id, programme_id, duty)"

# Whoever made a batch stands on the side of eligibility from now on. Whoever has paid in the programme as well keeps that
# duty: the new foreign keys hold for what is written from now on, not for what was done before.
_DUTIES = """
    INSERT INTO programme_duties (id, user_id, programme_id, duty, created_at)
    SELECT gen_random_uuid(), made.maker_id, made.programme_id, 'eligibility', now()
    FROM (SELECT DISTINCT maker_id, programme_id FROM batches WHERE maker_id IS NOT NULL) AS made
    ON CONFLICT ON CONSTRAINT uq_programme_duties_one_duty DO NOTHING
"""
_PEOPLE = """
    UPDATE batches SET calculated_by_id = maker_id, reviewed_by_id = CASE WHEN reviewed_at IS NOT NULL THEN maker_id END
"""


def upgrade() -> None:
    op.drop_constraint("ck_ledger_accounts_accountkind", "ledger_accounts")
    op.execute(
        f"ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_accountkind CHECK (kind IN ({_KINDS}, 'shortfall'))"
    )
    for column in ("calculated_by_id", "reviewed_by_id"):
        op.add_column("batches", sa.Column(column, sa.Uuid(), nullable=True))
    op.add_column("batches", sa.Column("sent_back", sa.String(), nullable=True))
    op.execute(
        """
        ALTER TABLE batches ADD COLUMN maker_duty VARCHAR(40) NOT NULL DEFAULT 'eligibility',
            ADD CONSTRAINT ck_batches_maker_duty_is_eligibility CHECK (maker_duty = 'eligibility')
        """
    )
    op.execute("ALTER TABLE batches ALTER COLUMN maker_duty DROP DEFAULT")
    op.execute(_DUTIES)
    op.execute(_PEOPLE)
    op.drop_constraint("ck_batches_maker_is_not_checker", "batches")
    op.drop_constraint("ck_batches_payer_is_third", "batches")
    op.drop_constraint("fk_batches_payer_id", "batches")
    op.drop_column("batches", "maker_id")
    op.create_check_constraint(
        op.f("ck_batches_maker_is_not_checker"),
        "batches",
        "calculated_by_id <> checker_id AND reviewed_by_id <> checker_id",
    )
    op.create_check_constraint(
        op.f("ck_batches_payer_is_third"),
        "batches",
        "checker_id <> payer_id AND calculated_by_id <> payer_id AND reviewed_by_id <> payer_id",
    )
    for name, column, duty in (
        ("payer", "payer_id", "checker_duty"),
        ("calculator", "calculated_by_id", "maker_duty"),
        ("reviewer", "reviewed_by_id", "maker_duty"),
    ):
        op.execute(
            f"ALTER TABLE batches ADD CONSTRAINT fk_batches_{name}_duty "
            f"FOREIGN KEY ({column}, programme_id, {duty}) {_REFERENCE} NOT VALID"
        )
    op.add_column("batch_orders", sa.Column("withheld", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("batch_orders", "withheld", server_default=None)
    op.create_check_constraint(op.f("ck_batch_orders_withheld_not_negative"), "batch_orders", "withheld >= 0")
    op.create_table(
        "batch_awards",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("share", sa.Numeric(4, 2), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_batch_awards_amount_not_negative")),
        sa.CheckConstraint("length(reason) >= 2", name=op.f("ck_batch_awards_reason_given")),
        sa.CheckConstraint("share > 0 AND share <= 20", name=op.f("ck_batch_awards_share_allowed")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_awards_batch_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["organisations.id"], name=op.f("fk_batch_awards_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_awards")),
        sa.UniqueConstraint("batch_id", "provider_id", name="uq_batch_awards_provider"),
    )


def downgrade() -> None:
    op.drop_table("batch_awards")
    op.drop_column("batch_orders", "withheld")
    op.add_column("batches", sa.Column("maker_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE batches SET maker_id = coalesce(reviewed_by_id, calculated_by_id)")
    for name in ("payer", "calculator", "reviewer"):
        op.drop_constraint(f"fk_batches_{name}_duty", "batches")
    op.drop_constraint("ck_batches_maker_is_not_checker", "batches")
    op.drop_constraint("ck_batches_payer_is_third", "batches")
    for column in ("calculated_by_id", "reviewed_by_id", "maker_duty", "sent_back"):
        op.drop_column("batches", column)
    op.create_foreign_key(op.f("fk_batches_maker_id"), "batches", "users", ["maker_id"], ["id"])
    op.create_foreign_key(op.f("fk_batches_payer_id"), "batches", "users", ["payer_id"], ["id"])
    op.create_check_constraint(op.f("ck_batches_maker_is_not_checker"), "batches", "maker_id <> checker_id")
    op.create_check_constraint(
        op.f("ck_batches_payer_is_third"), "batches", "checker_id <> payer_id AND maker_id <> payer_id"
    )
    op.drop_constraint("ck_ledger_accounts_accountkind", "ledger_accounts")
    op.execute(f"ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_accountkind CHECK (kind IN ({_KINDS}))")
