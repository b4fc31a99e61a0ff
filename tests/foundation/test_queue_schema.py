"""The job queue's tables: an old queue is brought up by procrastinate's own scripts to what its present version makes anew."""

from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from foundation.jobs import job, queue, run_worker
from foundation.migrations import MIGRATION_LOCK, TablesInUse, migrate, missing_queue_scripts
from foundation.queue_schema import SCRIPTS, bring_up
from foundation.unit_of_work import unit_of_work

OLDER = "03.01.00_50_post_add_heartbeat.sql"

# Everything that procrastinate makes, as PostgreSQL writes it; positions and comments do not matter.
_MADE = """
    SELECT 'column', attrelid::regclass::text || '.' || attname,
           format_type(atttypid, atttypmod) || attnotnull || attidentity::text || coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE starts_with(attrelid::regclass::text, 'procrastinate_') AND attnum > 0 AND NOT attisdropped
          AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')
    UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index WHERE starts_with(indrelid::regclass::text, 'procrastinate_')
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE starts_with(conrelid::regclass::text, 'procrastinate_') AND contype <> 'n'
    UNION ALL SELECT 'function', oid::regprocedure::text, regexp_replace(prosrc, '(--[^\\n]*)|\\s+', '', 'g')
    FROM pg_proc WHERE starts_with(proname, 'procrastinate_')
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE starts_with(tgrelid::regclass::text, 'procrastinate_') AND NOT tgisinternal
    UNION ALL SELECT 'word', enumtypid::regtype::text, string_agg(enumlabel, ' ' ORDER BY enumlabel)
    FROM pg_enum WHERE starts_with(enumtypid::regtype::text, 'procrastinate_') GROUP BY enumtypid
"""


@job("test.in_an_old_queue")
def leave_a_mark(session):
    session.execute(text("INSERT INTO marks VALUES (1)"))


def made(connection: Connection) -> set[tuple[str, str, str]]:
    return {tuple(row) for row in connection.execute(text(_MADE))}


def execute(connection: Connection, sql: str) -> None:
    connection.connection.driver_connection.execute(sql)


@pytest.fixture
def anew(own_engine: Engine) -> set[tuple[str, str, str]]:
    """What the installed procrastinate makes in an empty database; nothing of it stays."""
    with own_engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
        execute(connection, SchemaManager.get_schema())
        found = made(connection)
        connection.rollback()
    return found


@pytest.fixture
def older(own_engine: Engine) -> Engine:
    """A database whose queue is older: what came after ``OLDER`` is missing, in the tables and in the notes."""
    with own_engine.begin() as connection:
        connection.exec_driver_sql("""
            DO $$ DECLARE thing record; BEGIN
                DROP TABLE procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs, procrastinate_workers
                    CASCADE;
                FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE starts_with(proname, 'procrastinate_')
                LOOP EXECUTE 'DROP FUNCTION ' || thing.name; END LOOP;
                DROP TYPE procrastinate_job_status, procrastinate_job_event_type, procrastinate_job_to_defer_v1;
            END $$
        """)
    # One transaction each: what a script adds to an enumeration, PostgreSQL 15 lets only a later transaction use.
    for script in sorted(SCRIPTS.glob("*.sql")):
        if script.name <= OLDER:
            with own_engine.begin() as connection:
                execute(connection, script.read_text(encoding="utf8"))
    with own_engine.begin() as connection:
        connection.execute(text("UPDATE job_queue_scripts SET name = :name"), {"name": OLDER})
        connection.exec_driver_sql("CREATE TABLE marks (number integer)")
    return own_engine


def test_a_new_database_has_the_queue_of_the_installed_procrastinate(
    own_engine: Engine, anew: set[tuple[str, str, str]]
) -> None:
    assert missing_queue_scripts(own_engine) == []
    with own_engine.connect() as connection:
        assert made(connection) == anew


def test_an_older_queue_is_brought_up_and_works(older: Engine) -> None:
    scripts = [path.name for path in sorted(SCRIPTS.glob("*.sql")) if path.name > OLDER]
    assert missing_queue_scripts(older) == scripts
    assert len(scripts) > 1
    migrate(older)
    assert missing_queue_scripts(older) == []
    migrate(older)
    with unit_of_work(older) as session:
        queue(session, "test.in_an_old_queue")
    run_worker(older, wait=False)
    with older.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM marks")) == 1
        applied = connection.scalars(text("SELECT name FROM job_queue_scripts ORDER BY name")).all()
    assert applied == [OLDER, *scripts]


def test_an_older_queue_becomes_what_a_new_one_is(older: Engine, anew: set[tuple[str, str, str]]) -> None:
    migrate(older)
    with older.connect() as connection:
        assert made(connection) == anew


def test_a_script_that_fails_leaves_those_before_it_and_is_tried_again(own_engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "98.00.00_01_pre_first.sql").write_text("CREATE TABLE first_thing (); SELECT '100%';")
    (tmp_path / "98.00.00_50_post_second.sql").write_text("CREATE TABLE second_thing (); SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        bring_up(own_engine, lock=MIGRATION_LOCK, lock_seconds=1, scripts=tmp_path)
    with own_engine.connect() as connection:
        there = connection.execute(text("SELECT to_regclass('first_thing'), to_regclass('second_thing')")).one()
    assert there == ("first_thing", None)
    (tmp_path / "98.00.00_50_post_second.sql").write_text("CREATE TABLE second_thing ();")
    assert bring_up(own_engine, lock=MIGRATION_LOCK, lock_seconds=1, scripts=tmp_path) == [
        "98.00.00_50_post_second.sql"
    ]


def test_a_queue_that_is_in_use_is_left_for_later(older: Engine) -> None:
    with older.connect() as holder:
        holder.execute(text("LOCK TABLE procrastinate_jobs IN SHARE MODE"))
        with pytest.raises(TablesInUse, match="stop web and worker"):
            migrate(older, lock_seconds=1)
        holder.rollback()
    assert missing_queue_scripts(older)
