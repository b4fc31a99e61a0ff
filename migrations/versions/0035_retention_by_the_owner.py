"""How long the trail is kept is said by the owner of the tables, and whoever removes events cannot help telling of it.

``remove_events`` was told which events to remove, and a row and an event that anybody could write excused the gap. It now
asks a table that only the owner writes, goes seal by seal, and writes both itself. Counts of what repeats itself keep the
address of the first time. No retention is carried over: ``huiqi migrate`` writes it from the settings.

Revision: 0035, after 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_REMOVE_EVENTS = """
CREATE FUNCTION remove_events(numbers bigint[], through bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    days_kept bigint := (SELECT days FROM audit_retention ORDER BY set_at DESC LIMIT 1);
    oldest_kept timestamptz := now() - make_interval(days => greatest(days_kept, 184)::integer);
    done bigint := greatest((SELECT max(up_to) FROM audit_prunings), (SELECT max(position) FROM audit_seals), 0);
    first_leaf bigint := coalesce((SELECT max(size) FROM audit_heads WHERE position <= done), 0);
    after_leaf bigint := (SELECT size FROM audit_heads WHERE position = through AND position > done);
    removed bigint;
BEGIN
    IF days_kept IS NULL THEN
        RAISE EXCEPTION 'the trail is kept for ever' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF after_leaf IS NULL THEN
        RAISE EXCEPTION 'no seal % of which events may be removed', through USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (
        SELECT FROM audit_leaves AS leaf JOIN audit_events AS event ON event.sequence = leaf.sequence
        WHERE leaf.source = 'audit_events' AND leaf.number >= first_leaf AND leaf.number < after_leaf
          AND event.at >= oldest_kept
    ) THEN
        RAISE EXCEPTION 'events of seal % or before are not old enough', through USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('huiqi.pruning', 'on', true);
    DELETE FROM audit_events AS event USING audit_leaves AS leaf
    WHERE event.sequence = ANY (numbers) AND event.at < oldest_kept
      AND leaf.source = 'audit_events' AND leaf.sequence = event.sequence AND NOT leaf.kept
      AND leaf.number >= first_leaf AND leaf.number < after_leaf;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('huiqi.pruning', 'off', true);
    INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), clock_timestamp(), through, removed);
    -- In the trail itself, so that it is sealed.
    INSERT INTO audit_events (id, at, person, organisation, role, action, subject_type, after)
    VALUES (gen_random_uuid(), clock_timestamp(), '系统', '惠企', 'system', 'audit.pruned', '',
            jsonb_build_object('up_to', through, 'events', removed));
    RETURN removed;
END $$
"""

_AS_IT_WAS = """
CREATE FUNCTION remove_events(numbers bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE removed bigint;
BEGIN
    PERFORM set_config('huiqi.pruning', 'on', true);
    DELETE FROM audit_events AS event USING audit_leaves AS leaf
    WHERE event.sequence = ANY (numbers) AND event.at < now() - interval '184 days'
      AND leaf.source = 'audit_events' AND leaf.sequence = event.sequence AND NOT leaf.kept;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('huiqi.pruning', 'off', true);
    RETURN removed;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_retention",
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("set_at", name=op.f("pk_audit_retention")),
    )
    op.execute("DROP FUNCTION remove_events(bigint[])")
    op.execute(_REMOVE_EVENTS)
    op.execute("REVOKE EXECUTE ON FUNCTION remove_events FROM PUBLIC")
    op.add_column("audit_repeats", sa.Column("ip", sa.String(), nullable=True))
    op.execute(
        "UPDATE audit_repeats AS noted SET ip = event.ip FROM audit_events AS event WHERE event.id = noted.first_id"
    )


def downgrade() -> None:
    op.drop_column("audit_repeats", "ip")
    op.execute("DROP FUNCTION remove_events(bigint[], bigint)")
    op.execute(_AS_IT_WAS)
    op.execute("REVOKE EXECUTE ON FUNCTION remove_events FROM PUBLIC")
    op.drop_table("audit_retention")
