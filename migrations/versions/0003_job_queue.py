"""The job queue's tables and functions, as procrastinate gives them.

Revision: 0003, after 0002
"""

from alembic import op

from foundation.jobs import install_queue

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    install_queue(op.get_bind())


def downgrade() -> None:
    op.execute(
        "DROP TABLE procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs, procrastinate_workers"
    )
    op.execute(
        "DROP TYPE procrastinate_job_status, procrastinate_job_event_type, procrastinate_job_to_defer_v1 CASCADE"
    )
    op.execute("""
        DO $$ DECLARE routine regprocedure; BEGIN
            FOR routine IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
            LOOP EXECUTE 'DROP FUNCTION ' || routine; END LOOP;
        END $$
    """)
