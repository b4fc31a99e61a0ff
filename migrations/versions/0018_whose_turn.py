"""Whose turn a thing is, since when and until when, in columns beside what waits.

Revision: 0018, after 0017

Existing rows get theirs from state, neighbouring rows and stored moments. Since when something waits is exact where the
trail or the order's progress still has the step that led here. Where old events were removed, or were never written (rows
brought in from elsewhere), it is the nearest stored moment before: at the latest when the row was made.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = (
    "orders",
    "certifications",
    "offering_versions",
    "voucher_claims",
    "redemption_claims",
    "batches",
    "target_tables",
    "objections",
    "second_person_requests",
)

# An order's progress has every step of both sides; docking and amending change hands without a change of state.
_ORDERS = """
    WITH facts AS (
        SELECT o.id, o.state, o.enterprise_id, o.provider_id, p.bureau_id, o.since,
               a.id IS NOT NULL AS has_agreement,
               a.provider_confirmed_at IS NOT NULL AS filed,
               EXISTS (SELECT FROM order_steps s WHERE s.order_id = o.id AND s.event = 'dock') AS docked,
               EXISTS (SELECT FROM service_records r WHERE r.order_id = o.id AND r.state = 'contested') AS contested
        FROM orders o
        JOIN programmes p ON p.id = o.programme_id
        LEFT JOIN agreements a ON a.order_id = o.id
        WHERE o.state NOT IN ('settled', 'voided', 'cancelled')
    ), turns AS (
        SELECT *, CASE
            WHEN contested AND state IN ('contracted', 'in_service', 'delivered', 'returned') THEN 'orders.amend_record'
            WHEN state = 'docking' AND filed THEN 'orders.confirm_agreement'
            WHEN state = 'docking' AND (has_agreement OR docked) THEN 'orders.upload_agreement'
            ELSE 'orders.' || CASE state
                WHEN 'placed' THEN 'in_line' WHEN 'docking' THEN 'dock' WHEN 'contracted' THEN 'first_record'
                WHEN 'in_service' THEN 'deliver' WHEN 'delivered' THEN 'confirm' WHEN 'confirmed' THEN 'claim'
                WHEN 'claimed' THEN 'verify' WHEN 'returned' THEN 'correct' WHEN 'verified' THEN 'settle'
                WHEN 'disputed' THEN 'decide' END
        END AS task FROM facts
    )
    UPDATE orders SET
        waits_task = turns.task,
        waits_for = CASE
            WHEN turns.task = 'orders.in_line' THEN 'clock'
            WHEN turns.task IN ('orders.confirm_agreement', 'orders.confirm') THEN 'enterprise'
            WHEN turns.task IN ('orders.verify', 'orders.settle', 'orders.decide') THEN 'bureau'
            ELSE 'provider' END,
        waits_for_id = CASE
            WHEN turns.task = 'orders.in_line' THEN NULL
            WHEN turns.task IN ('orders.confirm_agreement', 'orders.confirm') THEN turns.enterprise_id
            WHEN turns.task IN ('orders.verify', 'orders.settle', 'orders.decide') THEN turns.bureau_id
            ELSE turns.provider_id END,
        waits_since = coalesce(CASE turns.task
            WHEN 'orders.confirm_agreement' THEN
                (SELECT max(s.at) FROM order_steps s WHERE s.order_id = turns.id AND s.event = 'upload_agreement')
            WHEN 'orders.upload_agreement' THEN
                (SELECT max(s.at) FROM order_steps s WHERE s.order_id = turns.id AND s.event IN ('dock', 'send_back_agreement'))
            WHEN 'orders.amend_record' THEN
                (SELECT max(s.at) FROM order_steps s WHERE s.order_id = turns.id AND s.event = 'contest_record')
        END, turns.since)
    FROM turns WHERE turns.id = orders.id
"""

_CERTIFICATIONS = """
    UPDATE certifications SET
        waits_task = turns.task,
        waits_for = turns.party,
        waits_for_id = CASE WHEN turns.party = 'provider' THEN certifications.organisation_id END,
        due_at = ((certifications.due_on + time '23:59') AT TIME ZONE 'Asia/Shanghai'),
        waits_since = coalesce(
            CASE WHEN turns.task = 'certification.certify' THEN (
                SELECT max(e.at) FROM audit_events e
                WHERE e.subject_type = 'public_notices' AND e.subject_id = turns.notice_id AND e.action = 'notice.close') END,
            (SELECT max(e.at) FROM audit_events e
             WHERE e.subject_type = 'certifications' AND e.subject_id = turns.id AND e.before ? 'state' AND e.after ? 'state'),
            certifications.resubmitted_at, certifications.submitted_at, certifications.created_at)
    FROM (
        SELECT c.id, c.notice_id, CASE
            WHEN c.state IN ('draft', 'more_information', 'renewal_due') THEN 'provider'
            WHEN c.state = 'public_notice' AND coalesce(n.state, 'open') <> 'closed' THEN 'clock'
            ELSE 'bureau' END AS party,
        'certification.' || CASE
            WHEN c.state = 'draft' THEN 'fill_in'
            WHEN c.state = 'submitted' THEN 'take'
            WHEN c.state = 'in_review' AND c.recommendation IS NULL THEN 'first_review'
            WHEN c.state = 'in_review' THEN 'second_review'
            WHEN c.state = 'more_information' THEN 'supplement'
            WHEN c.state = 'public_notice' AND n.state = 'closed' THEN 'certify'
            WHEN c.state = 'public_notice' THEN 'notice_runs'
            WHEN c.state = 'renewal_due' THEN 'renew' END AS task
        FROM certifications c LEFT JOIN public_notices n ON n.id = c.notice_id
        WHERE c.state IN ('draft', 'submitted', 'in_review', 'more_information', 'public_notice', 'renewal_due')
    ) AS turns WHERE turns.id = certifications.id
"""

_OFFERINGS = """
    UPDATE offering_versions AS v SET
        waits_task = CASE v.state WHEN 'in_review' THEN 'offering.review' ELSE 'offering.mend' END,
        waits_for = CASE v.state WHEN 'in_review' THEN 'bureau' ELSE 'provider' END,
        waits_for_id = CASE v.state WHEN 'changes_requested' THEN o.provider_id END,
        waits_since = coalesce(
            (SELECT max(e.at) FROM audit_events e
             WHERE e.subject_type = 'offering_versions' AND e.subject_id = v.id
               AND e.action IN ('offering.submit', 'offering.request_changes')),
            v.created_at)
    FROM offerings o WHERE o.id = v.offering_id AND v.state IN ('in_review', 'changes_requested')
"""

_VOUCHER_CLAIMS = """
    UPDATE voucher_claims SET waits_for = 'clock', waits_task = 'voucher_claim.in_line', waits_since = queued_at
    WHERE state IN ('queued', 'waiting')
"""

_REDEMPTION_CLAIMS = """
    UPDATE redemption_claims AS c SET
        waits_task = CASE c.state WHEN 'submitted' THEN 'redemption.verify' ELSE 'redemption.correct' END,
        waits_for = CASE c.state WHEN 'submitted' THEN 'bureau' ELSE 'provider' END,
        waits_for_id = CASE c.state WHEN 'submitted' THEN p.bureau_id ELSE o.provider_id END,
        due_at = coalesce(((c.due_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'), o.due_at),
        waits_since = greatest(o.since, c.submitted_at)
    FROM orders o JOIN programmes p ON p.id = o.programme_id
    WHERE o.id = c.order_id AND c.state IN ('submitted', 'returned')
"""

_BATCHES = """
    UPDATE batches AS b SET
        waits_task = CASE
            WHEN b.state = 'reviewed' THEN 'batch.approve' WHEN b.state IN ('approved', 'paying') THEN 'batch.pay'
            WHEN b.sent_back IS NOT NULL AND b.sent_back <> '' THEN 'batch.rework' ELSE 'batch.hand_over' END,
        waits_for = CASE WHEN b.state IN ('draft', 'calculated') THEN 'bureau' ELSE 'treasury' END,
        waits_for_id = CASE WHEN b.state IN ('draft', 'calculated') THEN p.bureau_id ELSE p.treasury_id END,
        waits_since = coalesce(
            b.approved_at, b.reviewed_at,
            (SELECT max(e.at) FROM audit_events e
             WHERE e.subject_type = 'batches' AND e.subject_id = b.id AND e.action = 'batch.send_back'),
            b.created_at)
    FROM programmes p WHERE p.id = b.programme_id AND b.state IN ('draft', 'calculated', 'reviewed', 'approved', 'paying')
"""

_TARGET_TABLES = """
    UPDATE target_tables AS t SET
        waits_task = CASE t.state WHEN 'draft' THEN 'target_table.fill_in' ELSE 'target_table.approve' END,
        waits_for = CASE t.state WHEN 'draft' THEN 'provider' ELSE 'bureau' END,
        waits_for_id = CASE t.state WHEN 'draft' THEN t.organisation_id END,
        waits_since = coalesce(
            t.submitted_at,
            (SELECT max(e.at) FROM audit_events e
             WHERE e.subject_type = 'target_tables' AND e.subject_id = t.id AND e.action = 'target_table.send_back'),
            t.created_at)
    WHERE t.state IN ('draft', 'submitted')
"""

_OBJECTIONS = """
    UPDATE objections AS o SET
        waits_task = 'notice.answer', waits_for = 'bureau', waits_for_id = n.bureau_id, waits_since = o.created_at,
        due_at = ((n.closes_on + time '23:59') AT TIME ZONE 'Asia/Shanghai')
    FROM public_notices n WHERE n.id = o.notice_id AND o.answer IS NULL
"""

_SECOND_PERSON = """
    UPDATE second_person_requests AS r SET
        waits_task = 'second_person.answer', waits_for = o.kind, waits_for_id = o.id, waits_since = r.created_at
    FROM organisations o WHERE o.id = r.organisation_id AND r.outcome IS NULL
"""


def upgrade() -> None:
    for table in TABLES:
        _add_columns(table)
    for filled in (
        _ORDERS,
        _CERTIFICATIONS,
        _OFFERINGS,
        _VOUCHER_CLAIMS,
        _REDEMPTION_CLAIMS,
        _BATCHES,
        _TARGET_TABLES,
        _OBJECTIONS,
        _SECOND_PERSON,
    ):
        op.execute(filled)
    for table in TABLES:
        op.alter_column(table, "waits_for", server_default=None)
        op.create_check_constraint(
            op.f(f"ck_{table}_waits_whole"),
            table,
            "(waits_for = 'nobody') = (waits_task IS NULL) AND (waits_for = 'nobody') = (waits_since IS NULL)",
        )
        op.execute(
            f"CREATE INDEX ix_{table}_waits ON {table} (waits_for_id, waits_for, coalesce(due_at, waits_since), id)"
            " WHERE waits_for <> 'nobody'"
        )
    op.drop_index("ix_second_person_requests_office", table_name="second_person_requests")
    for side in ("enterprise", "provider"):
        op.execute(
            f"CREATE INDEX ix_orders_{side}_waits ON orders ({side}_id, waits_since) WHERE waits_for <> 'nobody'"
        )


def _add_columns(table: str) -> None:
    parties = sa.Enum(
        "enterprise",
        "provider",
        "bureau",
        "treasury",
        "clock",
        "nobody",
        name="party",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.add_column(table, sa.Column("waits_for", parties, nullable=False, server_default="nobody"))
    op.add_column(table, sa.Column("waits_for_id", sa.Uuid(), nullable=True))
    op.add_column(table, sa.Column("waits_task", sa.String(), nullable=True))
    op.add_column(table, sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True))
    if table != "orders":
        op.add_column(table, sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute(
        "CREATE INDEX ix_second_person_requests_office ON second_person_requests (organisation_id) WHERE outcome IS NULL"
    )
    for side in ("enterprise", "provider"):
        op.drop_index(f"ix_orders_{side}_waits", table_name="orders")
    for table in TABLES:
        op.drop_index(f"ix_{table}_waits", table_name=table)
        op.drop_constraint(op.f(f"ck_{table}_waits_whole"), table)
        for column in (
            "waits_for",
            "waits_for_id",
            "waits_task",
            "waits_since",
            *(() if table == "orders" else ("due_at",)),
        ):
            op.drop_column(table, column)
