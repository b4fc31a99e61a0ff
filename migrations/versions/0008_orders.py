"""Letters of confirmation that are kept, how often an enterprise may order, and from when on an order counts as left lying.

Letters of before cannot be kept afterwards: what they said then is not known, only what is registered now. Their orders
have no row here, and the page that checks them says so.

How often: offerings that announce a number in words beyond doubt (每家企业一次) have it as a number from now on.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


# The words as providers/offering_facts.py read them when this version was written.
READ_FREQUENCIES = """
    UPDATE offering_versions SET
        orders_period = CASE WHEN found[2] IS NULL THEN 'ever' ELSE 'year' END,
        orders_per_enterprise = CASE found[4]
            WHEN '一' THEN 1 WHEN '二' THEN 2 WHEN '两' THEN 2 WHEN '三' THEN 3 WHEN '四' THEN 4 WHEN '五' THEN 5
            ELSE found[4]::integer END
    FROM (
        SELECT id, regexp_match(
            btrim(frequency),
            '^每(家企业|户企业|个企业|企业|家|户|企)(每年|一年|年度)?(仅限|限|只|最多)?([一二两三四五1-9])次($|[，,；;。、（(])'
        ) AS found
        FROM offering_versions
    ) AS read
    WHERE read.id = offering_versions.id AND found IS NOT NULL
"""


# Sixty working days are twelve weeks; working days are not known to the database, so a fortnight stands for holidays.
# The next step of either side sets the day by the calendar.
START_TERMS = """
    UPDATE orders SET stalled_at = greatest(
        due_at, (SELECT max(at) FROM order_steps WHERE order_id = orders.id) + interval '98 days'
    )
    WHERE state IN ('contracted', 'in_service', 'delivered', 'confirmed')
"""


def upgrade() -> None:
    _letters()
    _frequencies()
    _left_lying()


def downgrade() -> None:
    op.drop_column("orders", "stalled_at")
    for column in ("orders_period", "orders_per_enterprise"):
        op.drop_column("offering_versions", column)
    op.drop_table("confirmation_letters")


def _letters() -> None:
    op.create_table(
        "confirmation_letters",
        sa.Column("confirmation_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["confirmation_id"], ["confirmations.id"], name=op.f("fk_confirmation_letters_confirmation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_letters")),
        sa.UniqueConstraint("confirmation_id", name=op.f("uq_confirmation_letters_confirmation_id")),
    )
    reason = "kept as it was confirmed"
    op.execute(
        "CREATE TRIGGER refuse_rewriting_row BEFORE UPDATE OR DELETE ON confirmation_letters "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_rewriting('{reason}')"
    )
    op.execute(
        "CREATE TRIGGER refuse_rewriting_table BEFORE TRUNCATE ON confirmation_letters "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting('{reason}')"
    )


def _frequencies() -> None:
    op.add_column("offering_versions", sa.Column("orders_per_enterprise", sa.Integer(), nullable=True))
    op.add_column(
        "offering_versions",
        sa.Column(
            "orders_period",
            sa.Enum("ever", "year", name="ordersperiod", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
    )
    op.execute(READ_FREQUENCIES)
    op.create_check_constraint("orders_positive", "offering_versions", "orders_per_enterprise > 0")
    op.create_check_constraint(
        "orders_limit_whole", "offering_versions", "(orders_per_enterprise IS NULL) = (orders_period IS NULL)"
    )


def _left_lying() -> None:
    op.add_column("orders", sa.Column("stalled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(START_TERMS)
    op.create_index("ix_orders_stalled", "orders", ["stalled_at"], postgresql_where=sa.text("stalled_at IS NOT NULL"))
