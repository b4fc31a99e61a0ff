"""Duties of a region, delegations, the count of passwords asked for again, and whose a public notice is.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Authors of titles stand in the trail; what stands there no more has none.
_FILL = (
    """
    UPDATE titles SET
        region_id = organisations.region_id,
        registered_by_id = (
            SELECT users.id FROM audit_events JOIN users ON users.id = audit_events.user_id
            WHERE subject_type = 'titles' AND subject_id = titles.id AND action = 'title.register' LIMIT 1
        ),
        revoked_by_id = (
            SELECT users.id FROM audit_events JOIN users ON users.id = audit_events.user_id
            WHERE subject_type = 'titles' AND subject_id = titles.id AND action = 'title.revoke' LIMIT 1
        )
    FROM organisations WHERE organisations.id = titles.organisation_id
    """,
    """
    UPDATE certifications SET region_id = organisations.region_id
    FROM organisations WHERE organisations.id = certifications.organisation_id
    """,
    """
    UPDATE offering_versions SET region_id = organisations.region_id
    FROM offerings JOIN organisations ON organisations.id = offerings.provider_id
    WHERE offerings.id = offering_versions.offering_id
    """,
    """
    INSERT INTO regional_duties (id, user_id, region_id, created_at)
    SELECT gen_random_uuid(), user_id, region_id, now() FROM (
        SELECT registered_by_id AS user_id, region_id FROM titles
        UNION SELECT revoked_by_id, region_id FROM titles
        UNION SELECT first_reviewer_id, region_id FROM certifications
        UNION SELECT second_reviewer_id, region_id FROM certifications
        UNION SELECT reviewer_id, region_id FROM offering_versions
    ) AS decided
    WHERE user_id IS NOT NULL AND region_id IS NOT NULL
    """,
    # Who drafted, checked or announced a programme, made its batches or decided its disputes has judged in it. Whoever has
    # paid in it already keeps that one duty.
    """
    INSERT INTO programme_duties (id, user_id, programme_id, duty, created_at)
    SELECT gen_random_uuid(), user_id, programme_id, 'eligibility', now() FROM (
        SELECT drafted_by_id AS user_id, id AS programme_id FROM programmes
        UNION SELECT checked_by_id, id FROM programmes
        UNION SELECT user_id, subject_id FROM audit_events WHERE subject_type = 'programmes' AND action IN (
            'programme.draft', 'programme.edit', 'programme.check', 'programme.send_back', 'programme.announce',
            'programme.open', 'programme.close', 'programme.approve_version')
        UNION SELECT maker_id, programme_id FROM batches
        UNION SELECT user_id, batches.programme_id FROM audit_events JOIN batches ON batches.id = subject_id
            WHERE subject_type = 'batches' AND action IN ('batch.draft', 'batch.calculate', 'batch.review', 'batch.withdraw')
        UNION SELECT user_id, orders.programme_id FROM audit_events JOIN orders ON orders.id = subject_id
            WHERE subject_type = 'orders' AND (action = 'order.end' OR action LIKE 'order.resume_%')
    ) AS judged
    WHERE user_id IN (SELECT id FROM users) AND programme_id IN (SELECT id FROM programmes)
    ON CONFLICT DO NOTHING
    """,
    # A notice named its bureau and its place only.
    """
    UPDATE public_notices SET bureau_id = (
        SELECT organisations.id FROM organisations JOIN regions ON regions.id = organisations.region_id
        WHERE organisations.kind = 'bureau' AND regions.path = public_notices.region_path
        ORDER BY organisations.name = public_notices.issuer DESC, organisations.created_at LIMIT 1
    )
    """,
)

# Two rules span two tables and a tree, which no constraint can; constraint triggers, so that they have names.
_ONE_SIDE = """
    CREATE FUNCTION refuse_both_sides() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- Two transactions of one person see nothing of what the other has not committed: the second waits here, and the
        -- next statement then sees what the first has written.
        PERFORM pg_advisory_xact_lock(hashtextextended('duty:' || NEW.user_id, 0));
        IF EXISTS (
            SELECT FROM regional_duties
            JOIN regions AS decided ON decided.id = regional_duties.region_id
            JOIN programme_duties ON programme_duties.user_id = regional_duties.user_id
            JOIN programmes ON programmes.id = programme_duties.programme_id
            JOIN regions AS paid ON paid.id = programmes.region_id
            WHERE NEW.id IN (regional_duties.id, programme_duties.id)
              AND programme_duties.duty = 'payment'
              AND programmes.state <> 'settled'
              AND (starts_with(paid.path, decided.path) OR starts_with(decided.path, paid.path))
        ) THEN
            RAISE EXCEPTION 'one person decides and pays in one region'
                USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
        END IF;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    _tables()
    op.add_column("public_notices", sa.Column("bureau_id", sa.Uuid(), nullable=True))
    for table, columns in {
        "titles": ("registered_by_id", "revoked_by_id", "region_id"),
        "certifications": ("region_id",),
        "offering_versions": ("region_id",),
    }.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
            other = "regions" if column == "region_id" else "users"
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, other, [column], ["id"])
    for statement in _FILL:
        op.execute(statement)
    op.alter_column("public_notices", "bureau_id", nullable=False)
    op.create_index(op.f("ix_public_notices_bureau_id"), "public_notices", ["bureau_id"])
    for table, column, name in (
        ("titles", "registered_by_id", "registering_duty"),
        ("titles", "revoked_by_id", "revoking_duty"),
        ("certifications", "first_reviewer_id", "first_duty"),
        ("certifications", "second_reviewer_id", "second_duty"),
        ("offering_versions", "reviewer_id", "duty"),
    ):
        op.create_foreign_key(
            f"fk_{table}_{name}", table, "regional_duties", [column, "region_id"], ["user_id", "region_id"]
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_{name}_somewhere"), table, f"region_id IS NOT NULL OR {column} IS NULL"
        )
    op.create_index("ix_audit_events_organisation", "audit_events", ["organisation_id", "sequence"])
    # After what stands already was carried over: that was done before the rule.
    op.execute(_ONE_SIDE)
    op.execute(
        "CREATE CONSTRAINT TRIGGER regional_duties_one_side AFTER INSERT OR UPDATE ON regional_duties "
        "FOR EACH ROW EXECUTE FUNCTION refuse_both_sides()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER programme_duties_one_side AFTER INSERT OR UPDATE ON programme_duties "
        "FOR EACH ROW WHEN (NEW.duty = 'payment') EXECUTE FUNCTION refuse_both_sides()"
    )


def _tables() -> None:
    op.create_table(
        "password_attempts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_attempts")),
        sa.UniqueConstraint("user_id", name="uq_password_attempts_user_id"),
    )
    op.create_table(
        "regional_duties",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_regional_duties_user_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_regional_duties_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regional_duties")),
        sa.UniqueConstraint("user_id", "region_id", name="uq_regional_duties_person"),
    )
    op.create_table(
        "delegations",
        sa.Column("from_bureau_id", sa.Uuid(), nullable=False),
        sa.Column("to_bureau_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_delegations_period")),
        sa.CheckConstraint("from_bureau_id <> to_bureau_id", name=op.f("ck_delegations_two_bureaus")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_delegations_ended_by_somebody")),
        sa.ForeignKeyConstraint(["from_bureau_id"], ["organisations.id"], name=op.f("fk_delegations_from_bureau_id")),
        sa.ForeignKeyConstraint(["to_bureau_id"], ["organisations.id"], name=op.f("fk_delegations_to_bureau_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_delegations_programme_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_delegations_given_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_delegations_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_from_bureau_id"), "delegations", ["from_bureau_id"])
    op.create_index(
        "ix_delegations_to",
        "delegations",
        ["to_bureau_id", "from_bureau_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_both_sides CASCADE")
    op.drop_index("ix_audit_events_organisation", "audit_events")
    for table, names in {
        "titles": ("registering_duty", "revoking_duty"),
        "certifications": ("first_duty", "second_duty"),
        "offering_versions": ("duty",),
    }.items():
        for name in names:
            op.drop_constraint(op.f(f"ck_{table}_{name}_somewhere"), table)
            op.drop_constraint(f"fk_{table}_{name}", table)
        op.drop_column(table, "region_id")
    op.drop_column("titles", "registered_by_id")
    op.drop_column("titles", "revoked_by_id")
    op.drop_column("public_notices", "bureau_id")
    for table in ("delegations", "regional_duties", "password_attempts"):
        op.drop_table(table)
