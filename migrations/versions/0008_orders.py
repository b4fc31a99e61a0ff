"""Letters of confirmation that are kept as they were.

Letters of before cannot be kept afterwards: what they said then is not known, only what is registered now. Their orders
have no row here, and the page that checks them says so.

Revision: 0008, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _letters()


def downgrade() -> None:
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
