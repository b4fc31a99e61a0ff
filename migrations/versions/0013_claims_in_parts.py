"""A claim redeems an amount of what its order holds: amounts, states and numbers of claims, batch lines by claim.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = "'submitted', 'returned', 'verified', 'rejected'"

# Until now an order had one claim, for all that it held, and was redeemed whole. Its claim stands where the order stands:
# only "settled" is new for a claim. Transfers are never rewritten: those of before stay under the order (vouchers/moving.py).
_CARRY_OVER = """
    UPDATE redemption_claims AS claim
    SET number = orders.number,
        amount = coalesce(held.amount, orders.deduction),
        state = CASE WHEN claim.state = 'verified' AND orders.state = 'settled' THEN 'settled' ELSE claim.state END,
        redeemed = CASE WHEN claim.state = 'verified' THEN coalesce(held.amount, orders.deduction) END
    FROM orders LEFT JOIN ledger_transfers AS held
        ON held.subject_type = 'orders' AND held.subject_id = orders.id AND held.kind = 'hold'
    WHERE orders.id = claim.order_id
"""
_LINES = """
    UPDATE batch_orders AS line SET claim_id = claim.id
    FROM redemption_claims AS claim WHERE claim.order_id = line.order_id
"""


def upgrade() -> None:
    op.drop_constraint("ck_redemption_claims_redemptionstate", "redemption_claims")
    op.execute(
        "ALTER TABLE redemption_claims ADD CONSTRAINT ck_redemption_claims_redemptionstate "
        f"CHECK (state IN ({_STATES}, 'settled'))"
    )
    op.add_column("redemption_claims", sa.Column("number", sa.String(), nullable=True))
    op.add_column("redemption_claims", sa.Column("amount", sa.BigInteger(), nullable=True))
    op.add_column("redemption_claims", sa.Column("redeemed", sa.BigInteger(), nullable=True))
    op.add_column("batch_orders", sa.Column("claim_id", sa.Uuid(), nullable=True))
    op.execute(_CARRY_OVER)
    op.execute(_LINES)
    op.alter_column("redemption_claims", "number", nullable=False)
    op.alter_column("redemption_claims", "amount", nullable=False)
    op.alter_column("batch_orders", "claim_id", nullable=False)
    op.drop_constraint("uq_redemption_claims_order_id", "redemption_claims")
    op.create_index(op.f("ix_redemption_claims_order_id"), "redemption_claims", ["order_id"])
    op.create_unique_constraint(op.f("uq_redemption_claims_number"), "redemption_claims", ["number"])
    op.create_check_constraint(op.f("ck_redemption_claims_amount_positive"), "redemption_claims", "amount > 0")
    op.create_check_constraint(
        op.f("ck_redemption_claims_redeemed_within"),
        "redemption_claims",
        "(redeemed IS NULL OR redeemed BETWEEN 1 AND amount) "
        "AND (redeemed IS NOT NULL) = (state IN ('verified', 'settled'))",
    )
    op.drop_constraint("uq_batch_orders_order_id", "batch_orders")
    op.create_index(op.f("ix_batch_orders_order_id"), "batch_orders", ["order_id"])
    op.create_unique_constraint(op.f("uq_batch_orders_claim_id"), "batch_orders", ["claim_id"])
    op.create_foreign_key(op.f("fk_batch_orders_claim_id"), "batch_orders", "redemption_claims", ["claim_id"], ["id"])


def downgrade() -> None:
    """Only while no order has more than one claim, and none was redeemed in part."""
    op.drop_column("batch_orders", "claim_id")
    op.drop_index("ix_batch_orders_order_id", "batch_orders")
    op.create_unique_constraint(op.f("uq_batch_orders_order_id"), "batch_orders", ["order_id"])
    op.drop_constraint("ck_redemption_claims_redeemed_within", "redemption_claims")
    op.drop_constraint("ck_redemption_claims_redemptionstate", "redemption_claims")
    op.execute("UPDATE redemption_claims SET state = 'verified' WHERE state = 'settled'")
    op.execute(
        "ALTER TABLE redemption_claims ADD CONSTRAINT ck_redemption_claims_redemptionstate "
        f"CHECK (state IN ({_STATES}))"
    )
    op.drop_index("ix_redemption_claims_order_id", "redemption_claims")
    for column in ("number", "amount", "redeemed"):
        op.drop_column("redemption_claims", column)
    op.create_unique_constraint(op.f("uq_redemption_claims_order_id"), "redemption_claims", ["order_id"])
