"""What web and worker may not do themselves is done by functions of the owner.

Marks are written only by triggers, whose functions look for tables in one place whoever calls them. Events that may go
are removed by a function that lets nothing else go. No row is carried over.

Revision: 0032, after 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_OF_THE_OWNER = """
DO $$
DECLARE each regprocedure;
BEGIN
    FOR each IN SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef AND (proname ^@ 'mark_' OR proname = 'unmark_rows')
    LOOP
        EXECUTE format('ALTER FUNCTION %s {setting}', each);
        EXECUTE format('{right_of_all}', each);
    END LOOP;
END $$
"""

# The trigger of the table asks for the same age, and for a transaction that says that it is pruning.
_REMOVE_EVENTS = """
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
    op.execute(
        _OF_THE_OWNER.format(
            setting="SET search_path = public, pg_temp", right_of_all="REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC"
        )
    )
    op.execute(_REMOVE_EVENTS)
    op.execute("REVOKE EXECUTE ON FUNCTION remove_events FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION remove_events")
    op.execute(_OF_THE_OWNER.format(setting="RESET search_path", right_of_all="GRANT EXECUTE ON FUNCTION %s TO PUBLIC"))
