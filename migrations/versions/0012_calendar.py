"""Holidays and make-up days of the years whose notice was entered; what a deadline was counted from.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Requests for information whose day is the tenth weekday after the request were counted: the form proposed that day, and
# the years that notices covered were over or had no holiday left. A day that a person chose stays without a count.
_COUNTED = """
    UPDATE certifications
    SET due_from = asked.day, due_working_days = 10
    FROM (
        SELECT subject_id, (max(at) AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM audit_events
        WHERE action = 'certification.request_information'
        GROUP BY subject_id
    ) AS asked
    WHERE asked.subject_id = certifications.id
      AND certifications.state = 'more_information'
      AND certifications.due_on IS NOT NULL
      AND (
          SELECT count(*) FROM generate_series(asked.day + 1, certifications.due_on, interval '1 day') AS each(moment)
          WHERE extract(isodow FROM each.moment) < 6
      ) = 10
      AND extract(isodow FROM certifications.due_on) < 6
"""


def upgrade() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_years")),
        sa.UniqueConstraint("year", name=op.f("uq_calendar_years_year")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("holiday", "workday", name="daykind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("extract(year FROM day) = year", name=op.f("ck_calendar_days_in_its_year")),
        sa.CheckConstraint(
            "kind = 'holiday' OR extract(isodow FROM day) > 5", name=op.f("ck_calendar_days_workday_on_a_weekend")
        ),
        sa.ForeignKeyConstraint(["year"], ["calendar_years.year"], name=op.f("fk_calendar_days_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint("day", name=op.f("uq_calendar_days_day")),
    )
    op.create_index(op.f("ix_calendar_days_year"), "calendar_days", ["year"])
    # Only applications for certification were announced so far, each for five working days.
    op.add_column("public_notices", sa.Column("working_days", sa.BigInteger(), nullable=False, server_default="5"))
    op.alter_column("public_notices", "working_days", server_default=None)
    op.add_column("certifications", sa.Column("due_from", sa.Date(), nullable=True))
    op.add_column("certifications", sa.Column("due_working_days", sa.BigInteger(), nullable=True))
    op.execute(_COUNTED)


def downgrade() -> None:
    op.drop_column("certifications", "due_working_days")
    op.drop_column("certifications", "due_from")
    op.drop_column("public_notices", "working_days")
    op.drop_table("calendar_days")
    op.drop_table("calendar_years")
