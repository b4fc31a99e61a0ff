"""Rows that carry money or a decision are marked, and events name transfers.

Rows and transfers of before are marked as they are; which transfers no event names is noted once.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# The columns that each mark holds. A migration that adds one marks the table anew.
_MARKED = {
    "bank_accounts": 'row."bank", row."created_at", row."entered_by_id", row."holder", row."number", row."organisation_id", row."since", row."source", row."until"',
    "batch_awards": 'row."amount", row."batch_id", row."provider_id", row."reason", row."share"',
    "batch_orders": 'row."amount", row."batch_id", row."claim_id", row."order_id", row."provider_id", row."withheld"',
    "batches": 'row."approved_at", row."calculated_by_id", row."case", row."checker_duty", row."checker_id", row."created_at", row."left_out", row."maker_duty", row."number", row."paid_at", row."parameters", row."payer_id", row."period_from", row."period_to", row."programme_id", row."result", row."reviewed_at", row."reviewed_by_id", row."rules_id", row."scheme_id", row."scheme_version", row."sent_back", row."state", row."total"',
    "certifications": 'row."answer", row."answered_facts", row."created_at", row."decision_note", row."due_from", row."due_on", row."due_working_days", row."facts", row."first_reviewer_id", row."level", row."notice_id", row."number", row."organisation_id", row."region_id", row."requested", row."resubmitted_at", row."rules_id", row."ruleset_id", row."second_reviewer_id", row."state", row."submitted_at", row."valid_from", row."valid_to"',
    "claim_invoices": 'row."amount", row."attachment_id", row."claim_id", row."counts", row."created_at", row."invoice_id", row."stated"',
    "decisions": 'row."at", row."by_id", row."checks", row."event", row."facts", row."note", row."organisation", row."organisation_id", row."person", row."reasons", row."role", row."rules_id", row."sequence", row."subject_id", row."subject_type"',
    "invoices": 'row."amount", row."blob_id", row."buyer", row."corrects_id", row."created_at", row."issued_on", row."number", row."seller"',
    "ledger_accounts": 'row."kind", row."owner_id", row."programme_id"',
    "ledger_days": 'row."account_id", row."day", row."incoming", row."kind", row."outgoing", row."programme_id", row."transfers"',
    "ledger_folds": 'row."folded_at", row."through"',
    "ledger_transfers": 'row."amount", row."kind", row."posted_at", row."programme_id", row."reverses_id", row."sequence", row."source_id", row."subject_id", row."subject_type", row."target_id", row."user_id"',
    "ledger_unnamed": 'row."through"',
    "orders": 'row."charged_price", row."created_at", row."deduction", row."ended_reason", row."enterprise_id", row."enterprise_title", row."list_price", row."market_price", row."number", row."offering_id", row."offering_version_id", row."own_share", row."placed_at", row."programme_id", row."provider_id", row."since", row."stalled_at", row."state", row."state_before_dispute", row."voucher_id"',
    "payments": 'row."account_id", row."amount", row."at", row."attempt", row."by_id", row."reason", row."reference", row."state", row."statement_id"',
    "programme_duties": 'row."created_at", row."duty", row."programme_id", row."user_id"',
    "programme_versions": 'row."announced_at", row."created_at", row."programme_id", row."terms", row."version"',
    "programmes": 'row."bureau_id", row."checked_by_id", row."created_at", row."drafted_by_id", row."number", row."region_id", row."scheme_id", row."state", row."treasury_id"',
    "redemption_claims": 'row."amount", row."checklist_id", row."checks", row."created_at", row."decided_at", row."decided_by_id", row."due_on", row."duty", row."facts", row."note", row."number", row."order_id", row."programme_id", row."reasons", row."redeemed", row."resubmitted_at", row."self_checked", row."state", row."submitted_at", row."undone"',
    "rule_versions": 'row."announced", row."checked", row."content"::text, row."drafted", row."key", row."kind", row."sha256", row."version"',
    "second_person_requests": 'row."asked_by_id", row."created_at", row."decided_at", row."decided_by_id", row."deed", row."facts", row."organisation_id", row."outcome", row."reason", row."subject_id", row."subject_type"',
    "statement_files": 'row."address", row."blob_id", row."created_at", row."printed_at", row."sha256", row."statement_id"',
    "statement_series": 'row."issuer_id", row."last", row."year"',
    "statements": 'row."batch_id", row."content", row."content_hash", row."corrects_id", row."created_at", row."issued_at", row."issuer_id", row."number", row."organisation_id", row."sequence", row."total", row."year"',
    "voucher_claims": 'row."allotted", row."created_at", row."decided_at", row."enterprise_id", row."number", row."priority", row."programme_id", row."programme_version_id", row."queued_at", row."reason", row."requested", row."state", row."title"',
    "vouchers": 'row."account_id", row."claim_id", row."created_at", row."enterprise_id", row."expires_on", row."face", row."issued_at", row."number", row."programme_id", row."programme_version_id", row."state"',
}

# Balances of accounts move with every transfer, and no mark holds them: accounts are marked when they are opened.
_NEVER_CHANGED = {"ledger_accounts", "ledger_transfers"}

# Written with the rights of the tables' owner, so that whoever writes the rows need not be able to write marks.
_FUNCTION = """
CREATE FUNCTION mark_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO row_marks (id, of_table, digest)
    SELECT row.id, '{table}', hash_record_extended(ROW({columns}), 0) FROM fresh AS row
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest WHERE row_marks.digest <> excluded.digest;
    RETURN NULL;
END $$
"""
_UNMARK = """
CREATE FUNCTION unmark_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM row_marks USING gone WHERE row_marks.id = gone.id;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "row_marks",
        sa.Column("of_table", sa.String(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_marks")),
    )
    op.create_table(
        "ledger_unnamed",
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_unnamed")),
        sa.UniqueConstraint("through", name=op.f("uq_ledger_unnamed_through")),
    )
    op.execute(
        "INSERT INTO ledger_unnamed (id, through) SELECT gen_random_uuid(), max(sequence) FROM ledger_transfers "
        "HAVING max(sequence) IS NOT NULL"
    )
    op.execute(_UNMARK)
    for table, columns in _MARKED.items():
        op.execute(_FUNCTION.format(table=table, columns=columns))
        op.execute(
            f"INSERT INTO row_marks (id, of_table, digest) SELECT row.id, '{table}', "  # noqa: S608 - the list above
            f"hash_record_extended(ROW({columns}), 0) FROM {table} AS row"
        )
        for event in ("INSERT",) if table in _NEVER_CHANGED else ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER mark_{event.lower()} AFTER {event} ON {table} REFERENCING NEW TABLE AS fresh "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_{table}()"
            )
        op.execute(
            f"CREATE TRIGGER unmark AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
            f"FOR EACH STATEMENT EXECUTE FUNCTION unmark_rows()"
        )


def downgrade() -> None:
    for table in _MARKED:
        for event in ("mark_insert", "mark_update", "unmark"):
            op.execute(f"DROP TRIGGER IF EXISTS {event} ON {table}")
        op.execute(f"DROP FUNCTION mark_{table}()")
    op.execute("DROP FUNCTION unmark_rows()")
    op.drop_table("ledger_unnamed")
    op.drop_table("row_marks")
