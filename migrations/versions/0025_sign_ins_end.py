"""Sessions have an end of their own, second-factor secrets lie encrypted, and what repeats itself is counted for the trail.

The key of the encryption stands in the settings, so `huiqi migrate` encrypts the secrets of before right after this version
(`accounts/sealed_secrets.py`). The rule binds every row that is written from here on, so a plain one cannot be added
meanwhile; rows of before are not looked at.

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
    op.create_check_constraint(
        op.f("ck_users_totp_secret_encrypted"), "users", "totp_secret LIKE 'gAAAAA%'", postgresql_not_valid=True
    )
    op.create_table(
        "audit_repeats",
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", postgresql.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("action", "key", "since", name=op.f("pk_audit_repeats")),
    )


def downgrade() -> None:
    op.drop_table("audit_repeats")
    op.drop_constraint(op.f("ck_users_totp_secret_encrypted"), "users")
    op.drop_constraint(op.f("ck_sign_ins_ends_after_start"), "sign_ins")
    op.drop_column("sign_ins", "ends_at")
