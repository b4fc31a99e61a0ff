"""The database role of web and worker writes rows and can do nothing to what keeps them."""

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from cli.doctor import _database_role
from config import BadSettings, Settings, load_settings
from foundation.database import make_engine
from foundation.embedded import EmbeddedPostgres
from foundation.migrations import migrate
from foundation.roles import EMBEDDED_ROLE, NoSuchRole, too_mighty

_APPEND_ONLY = """
    SELECT relation.relname FROM pg_trigger AS guard JOIN pg_class AS relation ON relation.oid = guard.tgrelid
    WHERE guard.tgname = 'refuse_rewriting_row' AND relation.relname NOT IN ('audit_events', 'statement_files')
"""


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE ledger_transfers DISABLE TRIGGER ALL",
        "ALTER TABLE ledger_transfers DISABLE TRIGGER refuse_rewriting_row",
        "DROP TRIGGER refuse_rewriting_row ON ledger_transfers",
        "CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "SET session_replication_role = replica",
        "DELETE FROM ledger_transfers",
        "UPDATE ledger_transfers SET amount = 1",
        "UPDATE audit_events SET at = now()",
        "DELETE FROM audit_seals",
        "TRUNCATE ledger_transfers",
        "TRUNCATE users CASCADE",
        "TRUNCATE procrastinate_jobs CASCADE",
        "DROP TABLE users",
        "SET ROLE huiqi",
        "SET SESSION AUTHORIZATION huiqi",
        "GRANT huiqi TO huiqi_app",
        "ALTER ROLE huiqi_app SUPERUSER",
        "CREATE ROLE another SUPERUSER",
        "CREATE TABLE public.own_table (id int)",
        "UPDATE alembic_version SET version_num = '0001'",
        "COPY users TO PROGRAM 'cat'",
    ],
)
def test_it_cannot(limited_engine, attempt):
    with limited_engine.connect() as connection, pytest.raises(ProgrammingError) as refused:
        connection.execute(text(attempt))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_no_append_only_table_can_be_rewritten_by_it_and_every_other_one_can(engine):
    asked = text("""
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND has_table_privilege(:role, oid, 'UPDATE') AND has_table_privilege(:role, oid, 'DELETE')
    """)
    with engine.connect() as connection:
        free = set(connection.scalars(asked, {"role": EMBEDDED_ROLE}))
        kept = set(connection.scalars(text(_APPEND_ONLY)))
        everything = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert {"ledger_transfers", "audit_seals", "statements", "decisions", "payments"} <= kept
    assert everything - free == kept | {"audit_events", "statement_files", "alembic_version", "job_queue_scripts"}


def test_a_table_that_comes_later_can_be_used_by_it(own_engine, limited_url):
    with own_engine.begin() as connection:
        connection.execute(text("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, name text)"))
    limited = make_engine(limited_url(own_engine.url.render_as_string(hide_password=False)))
    with limited.begin() as connection:
        connection.execute(text("INSERT INTO later (name) VALUES ('x')"))
        assert connection.scalar(text("SELECT id FROM later")) == 1
    limited.dispose()


def test_grants_may_be_repeated_and_need_the_role(own_engine):
    migrate(own_engine, limited_role=EMBEDDED_ROLE)
    migrate(own_engine, limited_role=EMBEDDED_ROLE)
    with pytest.raises(NoSuchRole):
        migrate(own_engine, limited_role="nobody_of_this_name")


def test_an_embedded_database_from_before_there_was_the_role_is_taken_over():
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    place.chmod(0o755)
    server = EmbeddedPostgres(place / "postgres")
    try:
        owner = make_engine(server.start())
        migrate(owner)
        with owner.begin() as connection:
            # As such a folder is: no right was given to anybody, and no role had any.
            connection.execute(text(f"DROP OWNED BY {EMBEDDED_ROLE}"))
            connection.execute(text(f"DROP ROLE {EMBEDDED_ROLE}"))
        owner.dispose()
        server.stop()
        server.start()
        with psycopg.connect(server.limited_url) as connection:
            assert connection.execute("SELECT count(*) FROM ledger_transfers").fetchone() == (0,)
            with pytest.raises(InsufficientPrivilege):
                connection.execute("DELETE FROM ledger_transfers")
    finally:
        server.stop()
        shutil.rmtree(place)


def test_the_doctor_tells_a_role_that_could_undo_the_triggers_where_people_work(engine, limited_engine):
    real = Settings(
        environment="production", secret_key="s" * 32, public_url="https://huiqi.example.cn", trusted_proxies=1
    )
    fault = _database_role(real, engine)
    assert not fault.ok
    assert "HUIQI_OWNER_DATABASE_URL" in fault.remedy
    assert _database_role(real, limited_engine).ok
    assert _database_role(Settings(environment="test"), engine).ok


def test_an_owner_that_is_no_superuser_is_told_too(engine):
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text("CREATE ROLE owner_of_one NOLOGIN"))
        connection.execute(text("CREATE TABLE owned (id int)"))
        connection.execute(text("ALTER TABLE owned OWNER TO owner_of_one"))
        connection.execute(text("SET LOCAL ROLE owner_of_one"))
        assert too_mighty(connection) == "owner of the tables"
        transaction.rollback()


def test_an_owner_needs_the_other_address_too():
    with pytest.raises(BadSettings, match="DATABASE_URL"):
        load_settings({"HUIQI_OWNER_DATABASE_URL": "postgresql://owner@db/huiqi"})
