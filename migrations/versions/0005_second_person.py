"""Deeds that one person asks for and another carries out.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_person_requests",
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "carried_out",
                "declined",
                "withdrawn",
                name="secondpersonoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'withdrawn') = (decided_by_id = asked_by_id)",
            name=op.f("ck_second_person_requests_two_people"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_second_person_requests_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_second_person_requests_organisation_id")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_second_person_requests_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_second_person_requests_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_person_requests")),
    )
    op.create_index(
        "uq_second_person_requests_open",
        "second_person_requests",
        ["subject_id", "deed"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "ix_second_person_requests_office",
        "second_person_requests",
        ["organisation_id"],
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("second_person_requests")
