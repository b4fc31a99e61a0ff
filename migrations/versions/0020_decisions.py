"""Decisions, appended and never overwritten; those made so far come from the trail, which alone remembers all of them.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What was an event of a decision on the day of this version.
_EVENTS = (
    *("redemption.verify", "redemption.return", "redemption.reject", "redemption.undo"),
    *("certification.request_information", "certification.recommend", "certification.reject"),
    *("certification.open_notice", "certification.certify", "certification.suspend"),
    *("certification.reinstate", "certification.revoke"),
    *("offering.approve", "offering.request_changes", "offering.delist", "offering.accept_price"),
    *("batch.review", "batch.withdraw", "batch.send_back", "batch.approve", "batch.award", "batch.part"),
    *("order.end_stalled", "order.resume_contracted", "order.resume_in_service", "order.resume_delivered"),
    *("order.end", "programme.check", "programme.send_back", "programme.announce", "programme.close"),
    *("programme.approve_version", "programme.take_back", "programme.return"),
    *("target_table.approve", "target_table.send_back"),
    *("memberships.admit", "memberships.refuse", "memberships.end"),
    *("title.register", "title.revoke", "notice.answer", "second_person.decline", "statement.correct"),
    *("voucher.revoke_reason", "voucher.reclaim_reason"),
)

# The reasons and checks of a claim's last decision still stand at the claim; of earlier ones nothing was kept but the note.
_FROM_THE_TRAIL = """
    INSERT INTO decisions (id, subject_type, subject_id, event, reasons, checks, note, by_id, person,
                           organisation_id, organisation, role, at)
    SELECT gen_random_uuid(), event.subject_type, event.subject_id, event.action,
           CASE WHEN last.sequence = event.sequence THEN last.reasons ELSE '[]' END,
           CASE WHEN last.sequence = event.sequence THEN last.checks ELSE '[]' END,
           event.note, event.user_id, event.person, event.organisation_id, event.organisation, event.role, event.at
    FROM audit_events AS event
    LEFT JOIN (
        SELECT DISTINCT ON (claim.id) claim.id, claim.reasons, claim.checks, decided.sequence
        FROM redemption_claims AS claim
        JOIN audit_events AS decided
          ON decided.subject_type = 'redemption_claims' AND decided.subject_id = claim.id
         AND decided.action IN ('redemption.verify', 'redemption.return', 'redemption.reject')
        WHERE claim.state <> 'submitted'
        ORDER BY claim.id, decided.sequence DESC
    ) AS last ON last.id = event.subject_id
    WHERE event.action = ANY (:events) AND event.role <> 'system' AND event.subject_id IS NOT NULL
    ORDER BY event.sequence
"""


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("checks", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("sequence", name=op.f("uq_decisions_sequence")),
    )
    op.create_index("ix_decisions_subject", "decisions", ["subject_type", "subject_id", "sequence"])
    for column in ("reasons", "checks"):
        op.create_index(
            f"ix_decisions_{column}",
            "decisions",
            [column],
            postgresql_using="gin",
            postgresql_ops={column: "jsonb_path_ops"},
        )
    op.get_bind().execute(sa.text(_FROM_THE_TRAIL), {"events": list(_EVENTS)})
    for name, when, each in (
        ("refuse_rewriting_row", "UPDATE OR DELETE", "ROW"),
        ("refuse_rewriting_table", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON decisions "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_rewriting('append-only')"
        )


def downgrade() -> None:
    op.drop_table("decisions")
