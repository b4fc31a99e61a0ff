"""Invoices are rows of their own, and claims use amounts of them.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# One invoice for a number, as the claim states it that counts: one that is not rejected before one that is, one that was
# first before one that showed the same invoice again, the latest one before those that it came after.
_INVOICES = """
    INSERT INTO invoices (id, number, issued_on, amount, seller, buyer, blob_id, created_at)
    SELECT DISTINCT ON (claim.invoice_number)
           gen_random_uuid(), claim.invoice_number, claim.invoice_date, claim.invoice_amount, claim.invoice_seller,
           claim.invoice_buyer, attachment.blob_id, claim.submitted_at
    FROM redemption_claims AS claim JOIN attachments AS attachment ON attachment.id = claim.attachment_id
    ORDER BY claim.invoice_number, claim.state = 'rejected', claim.duplicate_of_id IS NOT NULL, claim.submitted_at DESC,
             claim.id DESC
"""
# Every claim keeps its link and what it said. Of several that are not rejected and show one invoice (found when numbers
# were put into one spelling) only the first one takes from it.
_LINKS = """
    INSERT INTO claim_invoices (id, claim_id, invoice_id, amount, attachment_id, counts, stated, created_at)
    SELECT gen_random_uuid(), claim.id, invoice.id, claim.invoice_amount, claim.attachment_id,
           claim.state = 'rejected' OR row_number() OVER (
               PARTITION BY invoice.id
               ORDER BY claim.state = 'rejected', claim.duplicate_of_id IS NOT NULL, claim.submitted_at DESC, claim.id DESC
           ) = 1,
           CASE WHEN (claim.invoice_date, claim.invoice_amount, claim.invoice_seller, claim.invoice_buyer)
                  <> (invoice.issued_on, invoice.amount, invoice.seller, invoice.buyer)
                THEN jsonb_build_object('day', claim.invoice_date, 'amount', claim.invoice_amount,
                                        'seller', claim.invoice_seller, 'buyer', claim.invoice_buyer) END,
           claim.submitted_at
    FROM redemption_claims AS claim JOIN invoices AS invoice ON invoice.number = claim.invoice_number
"""
_OLD = ("invoice_number", "invoice_date", "invoice_amount", "invoice_seller", "invoice_buyer", "attachment_id")

_GUARD = """
    CREATE FUNCTION refuse_more_than_invoiced() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        looked_at uuid[];
        one uuid;
        remaining bigint;
    BEGIN
        IF TG_TABLE_NAME = 'claim_invoices' THEN
            -- Old claims that take nothing were carried over before this trigger; there are no new ones.
            IF NOT NEW.counts AND (TG_OP = 'INSERT' OR OLD.counts) THEN
                RAISE EXCEPTION 'a link to an invoice counts' USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
            END IF;
            looked_at := ARRAY[NEW.invoice_id];
        ELSIF TG_TABLE_NAME = 'invoices' THEN
            looked_at := ARRAY(SELECT each FROM unnest(ARRAY[NEW.id, NEW.corrects_id]) AS each WHERE each IS NOT NULL ORDER BY each);
        ELSE
            looked_at := ARRAY(SELECT invoice_id FROM claim_invoices WHERE claim_id = NEW.id ORDER BY invoice_id);
        END IF;
        FOREACH one IN ARRAY looked_at LOOP
            -- Two transactions see nothing of what the other has not committed: the second waits here, and the next statement
            -- then sees what the first has written.
            PERFORM FROM invoices WHERE id = one FOR NO KEY UPDATE;
            -- A red letter has nothing that could be used or taken back.
            SELECT greatest(invoice.amount, 0)
                 + (SELECT coalesce(sum(red.amount), 0) FROM invoices AS red WHERE red.corrects_id = one)
                 - (SELECT coalesce(sum(link.amount), 0)
                    FROM claim_invoices AS link JOIN redemption_claims AS claim ON claim.id = link.claim_id
                    WHERE link.invoice_id = one AND link.counts AND claim.state <> 'rejected')
            INTO remaining FROM invoices AS invoice WHERE invoice.id = one;
            IF remaining < 0 THEN
                RAISE EXCEPTION 'more is used of an invoice than it has'
                    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
            END IF;
        END LOOP;
        RETURN NULL;
    END $$
"""
# Constraint triggers, so that they have names: a sum over other rows is beyond a check.
_TRIGGERS = {
    "claim_invoices": "INSERT OR UPDATE ON claim_invoices FOR EACH ROW",
    "invoices": "INSERT OR UPDATE ON invoices FOR EACH ROW",
    "redemption_claims": "UPDATE ON redemption_claims FOR EACH ROW "
    "WHEN (OLD.state = 'rejected' AND NEW.state <> 'rejected')",
}


def upgrade() -> None:
    _tables()
    op.execute(_INVOICES)
    op.execute(_LINKS)
    op.drop_index("uq_redemption_claims_invoice", "redemption_claims")
    op.drop_constraint("ck_redemption_claims_invoice_number_in_one_form", "redemption_claims")
    for column in (*_OLD, "duplicate_of_id"):
        op.drop_column("redemption_claims", column)
    op.execute(_GUARD)
    for table, when in _TRIGGERS.items():
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_within AFTER {when} EXECUTE FUNCTION refuse_more_than_invoiced()"
        )


def _tables() -> None:
    op.create_table(
        "invoices",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("seller", sa.String(), nullable=False),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("blob_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "number ~ '^([0-9]{20}|([0-9]{10}|[0-9]{12})-[0-9]{8})$'", name=op.f("ck_invoices_number_in_one_form")
        ),
        sa.CheckConstraint(
            "amount <> 0 AND (amount < 0) = (corrects_id IS NOT NULL)", name=op.f("ck_invoices_red_letter_negative")
        ),
        sa.ForeignKeyConstraint(["corrects_id"], ["invoices.id"], name=op.f("fk_invoices_corrects_id")),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_invoices_blob_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
    )
    op.create_index(op.f("ix_invoices_corrects_id"), "invoices", ["corrects_id"])
    op.create_table(
        "claim_invoices",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("stated", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_claim_invoices_amount_positive")),
        sa.ForeignKeyConstraint(["claim_id"], ["redemption_claims.id"], name=op.f("fk_claim_invoices_claim_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_claim_invoices_invoice_id")),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_claim_invoices_attachment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_invoices")),
        sa.UniqueConstraint("claim_id", "invoice_id", name=op.f("uq_claim_invoices_claim_id_invoice_id")),
    )
    op.create_index(op.f("ix_claim_invoices_invoice_id"), "claim_invoices", ["invoice_id"])


def downgrade() -> None:
    """Only while each claim uses one invoice; red letters are lost."""
    op.execute("DROP FUNCTION refuse_more_than_invoiced CASCADE")
    op.add_column("redemption_claims", sa.Column("invoice_number", sa.String(), nullable=True))
    op.add_column("redemption_claims", sa.Column("invoice_date", sa.Date(), nullable=True))
    op.add_column("redemption_claims", sa.Column("invoice_amount", sa.BigInteger(), nullable=True))
    op.add_column("redemption_claims", sa.Column("invoice_seller", sa.String(), nullable=True))
    op.add_column("redemption_claims", sa.Column("invoice_buyer", sa.String(), nullable=True))
    op.add_column("redemption_claims", sa.Column("attachment_id", sa.Uuid(), nullable=True))
    op.add_column("redemption_claims", sa.Column("duplicate_of_id", sa.Uuid(), nullable=True))
    op.execute("""
        UPDATE redemption_claims AS claim SET
            invoice_number = invoice.number,
            invoice_date = coalesce(to_date(link.stated ->> 'day', 'YYYY-MM-DD'), invoice.issued_on),
            invoice_amount = link.amount,
            invoice_seller = coalesce(link.stated ->> 'seller', invoice.seller),
            invoice_buyer = coalesce(link.stated ->> 'buyer', invoice.buyer),
            attachment_id = link.attachment_id,
            duplicate_of_id = CASE WHEN NOT link.counts THEN (
                SELECT first.claim_id FROM claim_invoices AS first JOIN redemption_claims AS other ON other.id = first.claim_id
                WHERE first.invoice_id = link.invoice_id AND first.counts AND other.state <> 'rejected') END
        FROM claim_invoices AS link JOIN invoices AS invoice ON invoice.id = link.invoice_id
        WHERE link.claim_id = claim.id
    """)
    for column in _OLD:
        op.alter_column("redemption_claims", column, nullable=False)
    for column, table in (("attachment_id", "attachments"), ("duplicate_of_id", "redemption_claims")):
        op.create_foreign_key(op.f(f"fk_redemption_claims_{column}"), "redemption_claims", table, [column], ["id"])
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
    op.drop_table("claim_invoices")
    op.drop_table("invoices")
