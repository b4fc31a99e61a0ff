"""Decisions keep the rules and the facts on which the thing rested.

Those made so far keep none: they can no more be rewritten than the trail from which they were taken.

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decisions", sa.Column("rules_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_decisions_rules_id"), "decisions", "rule_versions", ["rules_id"], ["id"])
    op.add_column("decisions", sa.Column("facts", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("decisions", "facts")
    op.drop_column("decisions", "rules_id")
