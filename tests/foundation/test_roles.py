"""The database role of web and worker writes rows and can do nothing to what keeps them."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditHead
from audit.retention import keep_for, prune
from audit.seals import seal
from audit.trail import record
from audit.verification import verify
from cli.doctor import _database_role, _migrations, _owner_out_of_sight
from config import BadSettings, Settings, load_settings
from foundation.actors import SYSTEM
from foundation.clock import now, travel
from foundation.database import Base, make_engine
from foundation.embedded import EmbeddedPostgres
from foundation.migrations import migrate
from foundation.roles import EMBEDDED_ROLE, RIGHTS, NoSuchRole, rights_on, too_mighty

pytestmark = pytest.mark.clock

_GUARDED = """
    SELECT relation.relname, guard.tgfoid = 'refuse_rewriting'::regproc AS whole FROM pg_trigger AS guard
    JOIN pg_class AS relation ON relation.oid = guard.tgrelid WHERE guard.tgname = 'refuse_rewriting_row'
"""
_HAS = text("SELECT has_table_privilege(:role, 'public.' || quote_ident(:table), :right)")
_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE")


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
        "INSERT INTO row_marks (id, of_table, digest) VALUES (gen_random_uuid(), 'orders', 1)",
        "UPDATE row_marks SET digest = 1",
        "DELETE FROM row_marks",
        "SELECT * FROM ledger_transfers FOR UPDATE",
        "UPDATE statements SET content_hash = ''",
        "DELETE FROM orders",
        "DELETE FROM audit_events",
        "SELECT mark_orders()",
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
        "CREATE TABLE own_table (id int)",
        "CREATE SCHEMA another",
        "CREATE FUNCTION public.another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER another AFTER INSERT ON orders EXECUTE FUNCTION unmark_rows()",
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO audit_retention (days) VALUES (184)",
        "INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), now(), 1, 1)",
        # No days were said, so the trail is kept for ever.
        "SELECT remove_events('{1}', 1)",
        "COPY users TO PROGRAM 'cat'",
    ],
)
def test_it_cannot(limited_engine, attempt):
    with limited_engine.connect() as connection, pytest.raises(ProgrammingError) as refused:
        connection.execute(text(attempt))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_it_has_those_rights_that_the_list_says_and_no_others(engine):
    with engine.connect() as connection:
        tables = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        for table in sorted(tables):
            has = [
                right
                for right in (*_ROWS, "TRUNCATE", "REFERENCES", "TRIGGER")
                if connection.scalar(_HAS, {"role": EMBEDDED_ROLE, "table": table, "right": right})
            ]
            assert ", ".join(has) == rights_on(table), table
    assert set(Base.metadata.tables) | set(RIGHTS) <= tables


def test_what_a_trigger_keeps_it_may_not_even_try_to_rewrite(engine):
    with engine.connect() as connection:
        guarded = {row.relname: row.whole for row in connection.execute(text(_GUARDED))}
    assert {"ledger_transfers", "audit_events", "audit_heads", "statements", "decisions", "payments"} <= set(guarded)
    for table, whole in guarded.items():
        assert "DELETE" not in rights_on(table), table
        # The file of a statement may still come.
        assert ("UPDATE" in rights_on(table)) is not whole, table


def test_functions_with_the_owners_rights_look_in_one_place_and_only_their_triggers_call_them(engine):
    asked = text("""
        SELECT proname, proconfig, has_function_privilege(:role, oid, 'EXECUTE') AS callable FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef
    """)
    with engine.connect() as connection:
        found = connection.execute(asked, {"role": EMBEDDED_ROLE}).all()
    assert "mark_orders" in {function.proname for function in found}
    assert {function.proname for function in found if function.proconfig != ["search_path=public, pg_temp"]} == set()
    assert {function.proname for function in found if function.callable} == {"remove_events"}


def test_marks_are_written_for_what_is_ours_and_where_they_belong(limited_engine):
    """Copies of a database let everybody make temporary tables, as one does that was not migrated as its owner."""
    with limited_engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE row_marks (id uuid PRIMARY KEY, of_table text, digest bigint)"))
        connection.execute(
            text("INSERT INTO ledger_folds (id, through, folded_at) VALUES (gen_random_uuid(), 1, now())")
        )
        told = "SELECT count(*) FROM public.row_marks WHERE of_table = 'ledger_folds'"
        assert connection.scalar(text(told)) == 1
        connection.execute(text("CREATE TEMPORARY TABLE folds (id uuid, through bigint, folded_at timestamptz)"))
        with pytest.raises(ProgrammingError, match="permission denied for function"):
            connection.execute(
                text(
                    "CREATE TRIGGER forge AFTER INSERT ON folds REFERENCING NEW TABLE AS fresh "
                    "FOR EACH STATEMENT EXECUTE FUNCTION mark_ledger_folds()"
                )
            )


@pytest.fixture
def limited_session(own_engine, limited_url):
    """A session of the role in a database whose owner keeps the trail for 365 days."""
    with Session(own_engine) as session:
        keep_for(session, 365)
        session.commit()
    limited = make_engine(limited_url(own_engine.url.render_as_string(hide_password=False)))
    with Session(limited) as session:
        yield session
        session.rollback()
    limited.dispose()


_REMOVE = text("SELECT remove_events(ARRAY(SELECT sequence FROM audit_events), :through)")


@pytest.mark.present
def test_it_removes_old_events_that_were_sealed_as_passing_and_no_others(limited_session):
    session = limited_session
    with travel(now() - timedelta(days=400)):
        for action, after in (("test.pays", {"amount": 5}), ("test.passes", {"n": 1}), ("test.passes", {"n": 2})):
            record(session, SYSTEM, action, None, after=after)
        seal(session)
        record(session, SYSTEM, "test.unsealed", None)
    record(session, SYSTEM, "test.young", None)
    session.flush()
    through = session.scalar(select(AuditHead.position))
    assert session.scalar(_REMOVE, {"through": through}) == 2
    left = {"test.pays", "test.unsealed", "test.young", "audit.pruned"}
    assert set(session.scalars(select(AuditEvent.action))) == left


@pytest.mark.present
def test_it_cannot_remove_what_the_owner_keeps_nor_hide_what_it_removed(limited_session):
    session = limited_session
    for days in (400, 300):
        with travel(now() - timedelta(days=days)):
            record(session, SYSTEM, "test.passes", None, after={"days": days})
            seal(session)
    old, kept = session.scalars(select(AuditHead.position).order_by(AuditHead.position)).all()
    for through in (kept, kept + 1):
        with pytest.raises(ProgrammingError, match=r"not old enough|no seal"), session.begin_nested():
            session.execute(_REMOVE, {"through": through})
    assert session.scalar(_REMOVE, {"through": old}) == 1
    with pytest.raises(ProgrammingError, match="no seal"), session.begin_nested():
        session.execute(_REMOVE, {"through": old})
    seal(session)
    told = select(AuditEvent.after).where(AuditEvent.action == "audit.pruned")
    assert session.scalars(told).all() == [{"up_to": old, "events": 1}]
    report = verify(session)
    assert (report.ok, report.pruned) == (True, 1), report.faults


def test_a_table_that_comes_with_a_version_can_be_used_by_it(own_engine, limited_url):
    with own_engine.begin() as connection:
        connection.execute(text("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, name text)"))
    migrate(own_engine, limited_role=EMBEDDED_ROLE)
    limited = make_engine(limited_url(own_engine.url.render_as_string(hide_password=False)))
    with limited.begin() as connection:
        connection.execute(text("INSERT INTO later (name) VALUES ('x')"))
        connection.execute(text("UPDATE later SET name = 'y'"))
        assert connection.scalar(text("SELECT id FROM later")) == 1
    with (
        limited.connect() as connection,
        pytest.raises(ProgrammingError, match="permission denied to create temporary"),
    ):
        connection.execute(text("CREATE TEMPORARY TABLE later (name text)"))
    limited.dispose()


def test_nothing_is_taken_from_an_owner_who_is_both(own_engine):
    migrate(own_engine, limited_role=own_engine.url.username)
    with own_engine.connect() as connection:
        rights = {"role": own_engine.url.username, "table": "row_marks", "right": "INSERT"}
        acl = text("SELECT relacl::text FROM pg_class WHERE relname = 'row_marks'")
        assert connection.scalar(_HAS, rights)
        assert f"{own_engine.url.username}=arwdDxt" in connection.scalar(acl)


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


def test_the_doctor_tells_a_role_that_could_undo_the_triggers_where_people_work(own_engine, limited_url):
    # Copies of a database let everybody make temporary tables, as one does that was not migrated as its owner.
    migrate(own_engine, limited_role=EMBEDDED_ROLE)
    limited = make_engine(limited_url(own_engine.url.render_as_string(hide_password=False)))
    real = Settings(
        environment="production",
        secret_key="s" * 32,
        second_factor_keys=("A" * 43 + "=",),
        public_url="https://huiqi.example.cn",
        trusted_proxies=1,
    )
    fault = _database_role(real, own_engine)
    assert not fault.ok
    assert "HUIQI_OWNER_DATABASE_URL" in fault.remedy
    assert _database_role(real, limited).ok
    assert _database_role(Settings(environment="test"), own_engine).ok
    assert _owner_out_of_sight(real).ok
    both = real.model_copy(update={"owner_database_url": "postgresql://owner@db/huiqi"})
    assert "HUIQI_OWNER_DATABASE_URL" in _owner_out_of_sight(both).remedy
    limited.dispose()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ALTER DATABASE {database} OWNER TO {role}", "owner of the database"),
        ("ALTER SCHEMA public OWNER TO {role}", "owner of the schema public"),
        ("GRANT CREATE ON SCHEMA public TO {role}", "create things in the schema public"),
        ("GRANT TEMPORARY ON DATABASE {database} TO {role}", "make temporary tables"),
        ("ALTER ROLE {role} CREATEROLE", "make roles"),
        ("ALTER ROLE {role} REPLICATION", "replicate"),
        ("GRANT pg_write_all_data TO {role}", "pg_write_all_data"),
        ("GRANT pg_execute_server_program TO {role}", "pg_execute_server_program"),
        ("GRANT pg_write_server_files TO {role}", "pg_write_server_files"),
    ],
)
def test_other_ways_round_the_triggers_are_told(own_engine, given, told):
    role = f"role_{uuid4().hex[:8]}"
    with own_engine.connect() as connection:
        database = own_engine.url.database
        for each in (f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC", f"CREATE ROLE {role}"):
            connection.execute(text(each))
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        assert too_mighty(connection) is None
        connection.execute(text("RESET ROLE"))
        connection.execute(text(given.format(role=role, database=database)))
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        assert told in str(too_mighty(connection))
        connection.rollback()


def test_the_doctor_tells_a_role_that_was_given_no_rights_yet(own_engine, limited_url):
    with own_engine.begin() as connection:
        connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {EMBEDDED_ROLE}"))
    limited = make_engine(limited_url(own_engine.url.render_as_string(hide_password=False)))
    fault = _migrations(limited)
    limited.dispose()
    assert not fault.ok
    assert "HUIQI_OWNER_DATABASE_URL" in fault.remedy


@pytest.fixture
def own_house(server_url):
    """A database whose owner is no superuser, as an office's administrator makes it; gives the address for each role."""
    owner, name = f"owner_{uuid4().hex[:8]}", f"office_{uuid4().hex[:8]}"
    address = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {owner} LOGIN"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0"))
    yield lambda role: address.set(database=name, username=role or owner).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {owner}"))
    admin.dispose()


@pytest.mark.present
def test_an_owner_who_is_no_superuser_migrates_and_is_told_of(own_house, engine, limited_engine):
    administrator = make_engine(own_house(engine.url.username))
    with administrator.begin() as connection:
        # As extensions do: things of the administrator's among ours, of which the owner may grant nothing.
        connection.execute(text("CREATE TABLE public.statistics (id bigint GENERATED ALWAYS AS IDENTITY)"))
        connection.execute(
            text("CREATE FUNCTION public.reset() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")
        )
        connection.execute(text("REVOKE EXECUTE ON FUNCTION public.reset FROM PUBLIC"))
    administrator.dispose()
    owner = make_engine(own_house(None))
    migrate(owner, limited_role=limited_engine.url.username)
    with Session(owner) as session:
        assert str(too_mighty(session.connection())).startswith("owner of the tables, owner of the database")
        keep_for(session, 365)
        session.commit()
    owner.dispose()
    limited = make_engine(own_house(limited_engine.url.username))
    with Session(limited) as session:
        assert too_mighty(session.connection()) is None
        with travel(now() - timedelta(days=400)):
            record(session, SYSTEM, "test.passes", None)
            seal(session)
        assert prune(session) == 1
        assert session.scalars(select(AuditEvent.action)).all() == ["audit.pruned"]
        session.execute(text("INSERT INTO ledger_folds VALUES (1, now(), gen_random_uuid())"))
        assert session.scalar(text("SELECT count(*) FROM row_marks WHERE of_table = 'ledger_folds'")) == 1
    limited.dispose()


def test_an_owner_needs_the_other_address_too():
    with pytest.raises(BadSettings, match="DATABASE_URL"):
        load_settings({"HUIQI_OWNER_DATABASE_URL": "postgresql://owner@db/huiqi"})
