"""Triggers that refuse to rewrite history.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from audit.immutability import install_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in install_sql():
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_rewriting CASCADE")
