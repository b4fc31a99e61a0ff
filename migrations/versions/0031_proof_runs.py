"""What the nightly proofs of the ledger and of the trail found.

Revision: 0031, after 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proof_runs",
        sa.Column(
            "subject",
            sa.Enum("ledger", "trail", name="subject", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("fault_count", sa.BigInteger(), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "fault_count >= 0 AND jsonb_array_length(faults) <= fault_count", name=op.f("ck_proof_runs_faults_counted")
        ),
        sa.CheckConstraint("started_at <= finished_at", name=op.f("ck_proof_runs_ends_after_its_beginning")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_runs")),
    )
    op.create_index("ix_proof_runs_subject", "proof_runs", ["subject", "finished_at"])


def downgrade() -> None:
    op.drop_table("proof_runs")
