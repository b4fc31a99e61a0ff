"""Sessions have an end of their own, second-factor secrets lie encrypted, and what repeats itself is counted for the trail.

The key of the encryption stands in the settings, so secrets of before are marked as being in clear here, and `huiqi migrate`
encrypts what is marked right after this version (`accounts/sealed_secrets.py`).

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sign_ins SET ends_at = created_at + interval '12 hours'")
    op.alter_column("sign_ins", "ends_at", nullable=False)
    op.create_check_constraint(op.f("ck_sign_ins_ends_after_start"), "sign_ins", "ends_at > created_at")
    op.execute("UPDATE users SET totp_secret = 'clear:' || totp_secret WHERE totp_secret IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_users_totp_secret_encrypted"), "users", "totp_secret LIKE 'gAAAAA%' OR totp_secret LIKE 'clear:%'"
    )
    op.create_table(
        "audit_repeats",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", postgresql.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("since", "action", "key", name=op.f("pk_audit_repeats")),
    )


def downgrade() -> None:
    op.drop_table("audit_repeats")
    op.drop_constraint(op.f("ck_users_totp_secret_encrypted"), "users")
    op.drop_constraint(op.f("ck_sign_ins_ends_after_start"), "sign_ins")
    op.drop_column("sign_ins", "ends_at")
