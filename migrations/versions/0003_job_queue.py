"""The job queue's tables and functions, as procrastinate 3.10.0 gives them.

The text of that version is kept here: what a later one changes comes by its own scripts (foundation/queue_schema.py), so
that old and new installations are the same.

Revision: 0003, after 0002
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SCHEMA = Path(__file__).parents[1] / "job_queue" / "schema_3.10.0.sql"


def upgrade() -> None:
    # Several statements, so past SQLAlchemy, which would send them with parameters.
    op.get_bind().connection.driver_connection.execute(_SCHEMA.read_text(encoding="utf8"))


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
