"""``huiqi migrate``: two addresses of one database, of which each is what it should be, or one line that says what is wrong."""

import pytest
from click.testing import CliRunner
from factories import bureau, member
from sqlalchemy import URL, make_url, text
from sqlalchemy.orm import Session

from audit.retention import kept_days
from cli import run
from cli.doctor_rooms import second_factors, trail
from config import Settings
from foundation.actors import Role
from foundation.roles import EMBEDDED_ROLE

pytestmark = pytest.mark.clock


@pytest.fixture
def migrated(tmp_path):
    def call(limited, owner=None, **more):
        addresses = {"DATABASE_URL": limited} | ({"HUIQI_OWNER_DATABASE_URL": owner} if owner else {})
        return CliRunner().invoke(run.migrate, [], env=addresses | {"HUIQI_DATA": str(tmp_path)} | more)

    return call


@pytest.fixture
def owner(own_engine):
    return own_engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def faulty(done):
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True), done.output
    (line,) = done.output.splitlines()
    return line


@pytest.mark.parametrize(
    ("query", "environment"), [({"user": EMBEDDED_ROLE}, {}), ({}, {"PGUSER": EMBEDDED_ROLE})], ids=["query", "PGUSER"]
)
def test_the_role_is_whom_the_server_sees_wherever_its_name_stands(migrated, own_engine, owner, query, environment):
    with own_engine.begin() as connection:
        connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {EMBEDDED_ROLE}"))
    given = make_url(owner)
    nobody = URL.create(given.drivername, None, given.password, given.host, given.port, given.database, given.query)
    done = migrated(nobody.update_query_dict(query).render_as_string(hide_password=False), owner, **environment)
    assert done.exit_code == 0, done.output
    with own_engine.connect() as connection:
        assert connection.scalar(text(f"SELECT has_table_privilege('{EMBEDDED_ROLE}', 'users', 'SELECT')"))


def test_two_addresses_are_one_database_and_two_roles(migrated, owner, new_database, limited_url):
    assert "are two databases" in faulty(migrated(limited_url(new_database()), owner))
    assert "are the same role" in faulty(migrated(owner, owner))
    unknown = make_url(owner).set(username="nobody_of_this_name").render_as_string(hide_password=False)
    assert "DATABASE_URL cannot be reached" in faulty(migrated(unknown, owner))


def test_whoever_owns_nothing_is_told_so(migrated, own_engine, owner, limited_url):
    limited = limited_url(owner)
    told = "DATABASE_URL is a role that owns nothing: set HUIQI_OWNER_DATABASE_URL"
    assert told in faulty(migrated(limited))
    with own_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0033'"))
    assert told in faulty(migrated(limited))
    assert "HUIQI_OWNER_DATABASE_URL is a role that owns nothing" in faulty(migrated(owner, limited))
    with own_engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
    assert told in faulty(migrated(limited))


def test_tables_that_the_role_cannot_read_are_told(migrated, owner, limited_url, monkeypatch):
    def takes_all_away(engine, **_):
        with engine.begin() as connection:
            connection.execute(text(f"REVOKE ALL ON alembic_version FROM {EMBEDDED_ROLE}"))

    monkeypatch.setattr(run, "bring_up_to_date", takes_all_away)
    assert "cannot read the tables" in faulty(migrated(limited_url(owner), owner))


def test_how_long_the_trail_is_kept_is_written_by_the_owner(migrated, own_engine, owner, limited_url):
    settings = Settings(audit_retention_days=400)
    with Session(own_engine) as session:
        assert "huiqi migrate" in trail(session, settings).remedy
        for given, kept in (("400", 400), ("400", 400), ("", None)):
            done = migrated(limited_url(owner), owner, HUIQI_AUDIT_RETENTION_DAYS=given)
            assert (done.exit_code, kept_days(session)) == (0, kept), done.output
            assert trail(session, Settings(audit_retention_days=kept)).ok
            session.rollback()
        assert session.scalar(text("SELECT count(*) FROM audit_retention")) == 2


def test_no_secret_stays_in_clear_when_what_comes_later_fails(migrated, own_engine, owner, monkeypatch):
    with Session(own_engine) as session:
        person = member(session, bureau(session), Role.OFFICER).user
        person.totp_secret = "clear:JBSWY3DPEHPK3PXP"
        session.commit()
        found = second_factors(session, Settings())
        assert (found.ok, found.remedy, "no key" in found.told) == (False, "run `huiqi migrate`", False)
        session.rollback()

        def breaks(_session):
            raise RuntimeError

        monkeypatch.setattr(run, "plant", breaks)
        assert isinstance(migrated(owner).exception, RuntimeError)
        assert not str(session.scalar(text("SELECT totp_secret FROM users"))).startswith("clear:")
        assert second_factors(session, Settings()).told == "1 key opens all of them"


@pytest.mark.parametrize("power", [True, False])
def test_web_and_worker_say_when_they_could_become_the_owner(owner, monkeypatch, capsys, power):
    if power:
        monkeypatch.setenv("HUIQI_OWNER_DATABASE_URL", owner)
    run.warn_of_powers(Settings(database_url=owner), owner)
    said = capsys.readouterr().err
    assert ("HUIQI_OWNER_DATABASE_URL is in the environment" in said, "superuser" in said) == (power, True)
