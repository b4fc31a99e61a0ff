"""The accepted market price, the days of a certificate, one spelling of invoice numbers, redemptions that were undone.

Existing rows are carried over: what was approved above the market with a note keeps the note as the bureau's acceptance;
first filing dates and suspensions are read from the audit trail; invoice numbers are put into one spelling.

Revision: 0010, after 0009
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ONCE = "kind IN ('hold', 'release', 'redeem')"
_DIGITAL = re.compile(r"(?:2[1-9]|[3-9]\d)(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|9[1-5])\d{16}", re.ASCII)


def upgrade() -> None:
    _market_prices()
    _certificates()
    _claims()
    op.drop_index("uq_ledger_transfers_once", "ledger_transfers")
    op.create_index(
        "uq_ledger_transfers_once",
        "ledger_transfers",
        ["subject_id", "kind"],
        unique=True,
        postgresql_where=sa.text(f"{_ONCE} AND reverses_id IS NULL"),
    )


def _market_prices() -> None:
    op.add_column("offering_versions", sa.Column("accepted_market_price", sa.BigInteger(), nullable=True))
    op.add_column("offering_versions", sa.Column("accepted_by_id", sa.Uuid(), nullable=True))
    op.add_column("offering_versions", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("offering_versions", sa.Column("accepted_reason", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_offering_versions_accepted_by_id"), "offering_versions", "users", ["accepted_by_id"], ["id"]
    )
    # A version's own note may be that of its delisting, so the approval's is taken from the trail.
    op.execute(
        """
        WITH approval AS (
            SELECT DISTINCT ON (subject_id) subject_id, note, user_id, at FROM audit_events
            WHERE action = 'offering.approve' AND subject_type = 'offering_versions' ORDER BY subject_id, sequence DESC
        ), above AS (
            SELECT version.id, approval.note, approval.at,
                   (SELECT users.id FROM users WHERE users.id = approval.user_id) AS user_id
            FROM offering_versions AS version LEFT JOIN approval ON approval.subject_id = version.id
            WHERE version.list_price > version.market_price
              AND (version.state IN ('listed', 'superseded')
                   OR version.state = 'delisted' AND approval.subject_id IS NOT NULL)
        )
        UPDATE offering_versions AS version
        SET accepted_market_price = version.list_price,
            accepted_by_id = coalesce(above.user_id, version.reviewer_id),
            accepted_at = coalesce(above.at, version.reviewed_at, version.created_at),
            accepted_reason = coalesce(above.note, version.review_note, '上架时已由主管部门审核通过')
        FROM above WHERE above.id = version.id
        """
    )
    op.execute(
        """
        UPDATE orders SET market_price = version.accepted_market_price FROM offering_versions AS version
        WHERE version.id = orders.offering_version_id AND version.accepted_market_price IS NOT NULL
        """
    )
    op.create_check_constraint(
        op.f("ck_offering_versions_accepted_with_reason"),
        "offering_versions",
        "(accepted_market_price IS NULL) = (accepted_reason IS NULL)"
        " AND (accepted_market_price IS NULL) = (accepted_at IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_offering_versions_not_above_market"),
        "offering_versions",
        "state NOT IN ('listed', 'superseded') OR list_price <= coalesce(accepted_market_price, market_price)",
    )


def _certificates() -> None:
    op.create_table(
        "certificate_breaks",
        sa.Column("certification_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("suspended", "revoked", name="breakkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_certificate_breaks_period")),
        sa.ForeignKeyConstraint(
            ["certification_id"], ["certifications.id"], name=op.f("fk_certificate_breaks_certification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_breaks")),
    )
    op.create_index(op.f("ix_certificate_breaks_certification_id"), "certificate_breaks", ["certification_id"])
    # What each suspension and revocation began, and the next step that ended a suspension.
    op.execute(
        """
        WITH steps AS (
            SELECT subject_id, action, (at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   lead((at AT TIME ZONE 'Asia/Shanghai')::date) OVER (PARTITION BY subject_id ORDER BY sequence) AS next
            FROM audit_events
            WHERE subject_type = 'certifications'
              AND action IN ('certification.suspend', 'certification.reinstate', 'certification.revoke')
        )
        INSERT INTO certificate_breaks (id, certification_id, kind, begins_on, ends_on)
        SELECT gen_random_uuid(), subject_id,
               CASE action WHEN 'certification.suspend' THEN 'suspended' ELSE 'revoked' END, day,
               CASE action WHEN 'certification.suspend' THEN next END
        FROM steps JOIN certifications ON certifications.id = steps.subject_id
        WHERE action <> 'certification.reinstate'
        """
    )
    op.create_index(
        "uq_certificate_breaks_running",
        "certificate_breaks",
        ["certification_id"],
        unique=True,
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    op.add_column("certifications", sa.Column("resubmitted_at", sa.DateTime(timezone=True), nullable=True))
    _first_filing("certifications", "certification.submit")


def _claims() -> None:
    for column in (
        sa.Column("duplicate_of_id", sa.Uuid(), nullable=True),
        sa.Column("resubmitted_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("redemption_claims", column)
    op.add_column("redemption_claims", sa.Column("undone", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("redemption_claims", "undone", server_default=None)
    op.create_foreign_key(
        op.f("fk_redemption_claims_duplicate_of_id"),
        "redemption_claims",
        "redemption_claims",
        ["duplicate_of_id"],
        ["id"],
    )
    op.drop_index("uq_redemption_claims_invoice", "redemption_claims")
    _one_spelling()
    op.create_index(
        "uq_redemption_claims_invoice",
        "redemption_claims",
        ["invoice_number"],
        unique=True,
        postgresql_where=sa.text("state <> 'rejected' AND duplicate_of_id IS NULL"),
    )
    op.create_check_constraint(
        op.f("ck_redemption_claims_invoice_number_in_one_form"),
        "redemption_claims",
        "invoice_number ~ '^([0-9]{20}|([0-9]{10}|[0-9]{12})-[0-9]{8})$'",
    )
    _first_filing("redemption_claims", "redemption.submit")


def _one_spelling() -> None:
    """Of two claims with one invoice both stay; the later one points at the earlier, and its check on the desk fails."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, invoice_number, state FROM redemption_claims ORDER BY submitted_at, id")
    ).all()
    first: dict[str, object] = {}
    for row in rows:
        number = _spelled(row.invoice_number)
        earlier = first.setdefault(number, row.id) if row.state != "rejected" else row.id
        if number != row.invoice_number or earlier != row.id:
            connection.execute(
                sa.text(
                    "UPDATE redemption_claims SET invoice_number = :number, duplicate_of_id = :earlier WHERE id = :id"
                ),
                {"number": number, "earlier": earlier if earlier != row.id else None, "id": row.id},
            )


def _spelled(number: str) -> str:
    digits = number.replace("-", "")
    if _DIGITAL.fullmatch(digits):
        return digits
    return f"{digits[:-8]}-{digits[-8:]}" if len(digits) == 20 and digits[0] in "012" else number


def _first_filing(table: str, action: str) -> None:
    """The first filing from the trail; what stood in its place was the last one."""
    op.execute(
        f"""
        UPDATE {table} AS thing SET submitted_at = trail.first, resubmitted_at = thing.submitted_at
        FROM (
            SELECT subject_id, min(at) AS first FROM audit_events
            WHERE action = '{action}' AND subject_type = '{table}' GROUP BY subject_id
        ) AS trail
        WHERE trail.subject_id = thing.id AND thing.submitted_at > trail.first + interval '1 second'
        """  # noqa: S608 - names of this file
    )


def downgrade() -> None:
    op.drop_index("uq_ledger_transfers_once", "ledger_transfers")
    op.create_index(
        "uq_ledger_transfers_once",
        "ledger_transfers",
        ["subject_id", "kind"],
        unique=True,
        postgresql_where=sa.text(_ONCE),
    )
    op.drop_constraint(op.f("ck_redemption_claims_invoice_number_in_one_form"), "redemption_claims")
    op.drop_index("uq_redemption_claims_invoice", "redemption_claims")
    op.create_index(
        "uq_redemption_claims_invoice",
        "redemption_claims",
        ["invoice_number"],
        unique=True,
        postgresql_where=sa.text("state <> 'rejected'"),
    )
    for column in ("duplicate_of_id", "resubmitted_at", "undone"):
        op.drop_column("redemption_claims", column)
    op.drop_column("certifications", "resubmitted_at")
    op.drop_table("certificate_breaks")
    op.drop_constraint(op.f("ck_offering_versions_not_above_market"), "offering_versions")
    op.drop_constraint(op.f("ck_offering_versions_accepted_with_reason"), "offering_versions")
    for column in ("accepted_market_price", "accepted_by_id", "accepted_at", "accepted_reason"):
        op.drop_column("offering_versions", column)
