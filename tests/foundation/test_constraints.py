"""What the database refuses reads like what a form refuses: names agree, and nobody forgets to explain one."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import CheckConstraint, Enum, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from foundation.constraints import explained
from foundation.database import Base
from web.rooms import import_tables

_NAMES = postgresql.dialect().identifier_preparer

# Not in the hands of a person at a form: numbers and digests that the program makes, sums that it computes, facts that the
# form has checked field by field, and keys of tables that no form writes.
NOT_BY_FORMS = frozenset(
    {
        *("uq_audit_events_sequence", "uq_audit_prunings_up_to", "uq_audit_seals_position", "uq_audit_leaves_row"),
        *(
            "uq_audit_heads_position",
            "uq_audit_heads_size",
            "uq_audit_seals_previous_digest",
            "uq_attachments_once",
            "uq_blobs_sha256",
            "uq_batches_number",
        ),
        *("uq_picture_copies_blob", "ck_picture_copies_place_on_earth"),
        *("ck_proof_runs_faults_counted", "ck_proof_runs_ends_after_its_beginning"),
        *("uq_certificate_breaks_running", "ck_certificate_breaks_period", "ck_offering_versions_accepted_with_reason"),
        *("uq_certifications_number", "uq_ledger_accounts_station", "uq_offering_versions_version"),
        *("uq_offering_versions_listed", "uq_offerings_number", "uq_orders_number", "uq_programme_duties_reference"),
        *("uq_programme_versions_version", "uq_programmes_number", "uq_public_notices_number"),
        *("ck_certifications_first_duty_somewhere", "ck_certifications_second_duty_somewhere"),
        *("ck_delegations_ended_by_somebody", "ck_offering_versions_duty_somewhere"),
        *("ck_titles_registering_duty_somewhere", "ck_titles_revoking_duty_somewhere"),
        *("uq_password_attempts_user_id", "uq_regional_duties_person", "uq_rule_versions_content"),
        *("ck_redemption_claims_amount_positive", "ck_claim_invoices_amount_positive"),
        *("ck_invoices_red_letter_negative", "uq_claim_invoices_claim_id_invoice_id"),
        *("uq_regions_code", "uq_regions_path", "uq_sign_ins_token_hash"),
        *("ck_second_person_requests_decided_by_somebody", "uq_job_runs_name"),
        *("ck_calendar_days_in_its_year", "ck_calendar_days_workday_on_a_weekend", "uq_calendar_days_day"),
        *("uq_batch_awards_provider", "ck_batch_awards_amount_not_negative", "ck_batch_awards_reason_given"),
        *("ck_batch_awards_share_allowed", "ck_batch_orders_withheld_not_negative"),
        "ck_batches_maker_duty_is_eligibility",
        *("uq_statement_issuers_code", "uq_statement_issuers_issuer"),
        *("uq_statement_files_statement", "uq_decisions_sequence", "uq_payments_attempt", "uq_payments_paid"),
        *("ck_payments_attempt_counted", "ck_payments_amount_positive", "ck_payments_rejected_with_reason"),
        *("ck_bank_accounts_number_of_digits", "ck_bank_accounts_period", "ck_organisation_ties_period"),
        *("ck_organisation_ties_share_of_shareholders", "ck_organisation_ties_share_allowed"),
        "uq_organisation_ties_legal_representative",
        *("uq_statement_series_year", "uq_statements_content_hash", "uq_statements_corrects", "uq_statements_number"),
        *("uq_statements_sequence", "uq_target_rows_row", "uq_target_tables_version", "uq_target_tables_in_force"),
        *("uq_voucher_claims_number", "uq_vouchers_account_id", "uq_vouchers_claim_id", "uq_vouchers_number"),
        *("ck_batch_orders_amount_not_negative", "ck_batches_checker_duty_is_payment", "ck_certifications_period"),
        *("ck_confirmations_rating", "ck_ledger_transfers_amount_positive", "ck_ledger_transfers_two_accounts"),
        *("ck_offering_versions_slots_positive", "ck_orders_deduction_positive", "ck_orders_own_share_not_negative"),
        *("ck_orders_price_adds_up", "ck_orders_prices", "ck_public_notices_period"),
        *("ck_redemption_claims_duty_is_eligibility", "ck_sign_ins_seen_after_start", "ck_sign_ins_ends_after_start"),
        *("ck_users_totp_secret_encrypted", "ck_target_rows_not_negative"),
        *("ck_titles_period", "ck_voucher_claims_allotted_within", "ck_voucher_claims_requested_positive"),
        *("uq_job_queue_scripts_name", "uq_ledger_accounts_id_programme_id", "uq_ledger_transfers_sequence"),
        *("uq_ledger_days_station", "uq_ledger_folds_through", "uq_ledger_unnamed_through"),
        "ck_vouchers_face_positive",
        # Written by the house at every flush, see foundation/waiting.py.
        *("ck_batches_waits_whole", "ck_certifications_waits_whole", "ck_objections_waits_whole"),
        *("ck_offering_versions_waits_whole", "ck_orders_waits_whole", "ck_redemption_claims_waits_whole"),
        *("ck_target_tables_waits_whole", "ck_voucher_claims_waits_whole", "ck_second_person_requests_waits_whole"),
    }
)


def of_tables() -> Iterator[str]:
    """Names of unique and check constraints of all tables, without the words of the enumerations."""
    import_tables()
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            words = isinstance(constraint, CheckConstraint) and " IN (" in str(constraint.sqltext)
            if isinstance(constraint, UniqueConstraint | CheckConstraint) and not words:
                yield str(_NAMES.format_constraint(constraint))
        yield from (str(_NAMES.format_constraint(index)) for index in table.indexes if index.unique)


def test_what_a_form_can_break_is_explained() -> None:
    assert set(of_tables()) - explained() - NOT_BY_FORMS == set()
    assert NOT_BY_FORMS & explained() == set()
    assert NOT_BY_FORMS - set(of_tables()) == set()


def test_every_explained_name_is_in_the_database(session: Session) -> None:
    in_database = set(session.scalars(text("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")))
    assert explained() - in_database == set()
    assert set(of_tables()) - in_database == set()


@pytest.mark.parametrize("kind", ["f", "p", "u", "c"])
def test_every_constraint_has_a_name_of_ours(session: Session, kind: str) -> None:
    rows = session.execute(
        text(
            "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype = :kind"
            " AND connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text !~ 'procrastinate|alembic'"
        ),
        {"kind": kind},
    ).all()
    prefix = {"f": "fk", "p": "pk", "u": "uq", "c": "ck"}[kind]
    assert rows
    assert [name for name, table in rows if not name.startswith(f"{prefix}_{table}")] == []
    assert all(len(name.encode()) < 63 for name, _ in rows)


def test_the_database_knows_the_words_of_every_enumeration(session: Session) -> None:
    """Several versions of the schema may change the words of one column: a later one must not forget an earlier one's."""
    import_tables()
    found = {
        name: set(re.findall(r"'([^']+)'", definition))
        for name, definition in session.execute(
            text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'")
        )
    }
    expected = {
        f"ck_{table.name}_{column.type.name}": set(column.type.enums)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Enum)
    }
    assert {name: found.get(name) for name in expected} == expected
