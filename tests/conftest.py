"""Fixtures of the whole suite: a real PostgreSQL with the migrations applied, rolled back after each test."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from compiled_routes import compile_once
from compiled_templates import CompiledTemplates
from flask import Flask
from flask.testing import FlaskClient
from handed_over import only_read_models
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker
from strict_client import StrictClient

from accounts.models import Membership, SignIn
from accounts.sessions import hash_token
from cli.shipped import shipped_rules
from config import Settings
from foundation import jobs
from foundation.clock import now
from foundation.database import make_engine
from foundation.embedded import EmbeddedPostgres
from foundation.identifiers import new_id
from foundation.migrations import migrate
from foundation.roles import EMBEDDED_ROLE, make_role
from foundation.unit_of_work import bound, unit_of_work
from policies.versions import seed
from web.app import create_app
from web.rooms import find_rooms, let_act
from working_days.stored import forget, refresh

pytest_plugins = ["clock_plugin", "elasticsearch_plugin"]

# How long an example takes says how busy the machine is, not whether the program is right.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]

_TEMPLATES = CompiledTemplates()


# What outlives a test (fixtures of a module, servers) writes the trail's heads here, and not into the data of this clone.
_DATA = tempfile.TemporaryDirectory(prefix="huiqi-tests-")
os.environ.setdefault("HUIQI_DATA", _DATA.name)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A running PostgreSQL: ``TEST_DATABASE_URL``, or the embedded one in a folder that test runs keep."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = EmbeddedPostgres(ROOT / ".dev" / "test-postgres")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases with the migrations applied; all are dropped at the end.

    The first is migrated, the others are copies of it.
    """
    admin = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    made: list[str] = []
    # One name for each worker process: they share the server.
    template = f"template_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{uuid4().hex[:8]}"

    def url_of(name: str) -> str:
        return make_url(server_url).set(database=name).render_as_string(hide_password=False)

    def create(name: str, source: str) -> None:
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'))
        made.append(name)

    with psycopg.connect(url_of("postgres").replace("+psycopg", "")) as connection:
        make_role(connection, EMBEDDED_ROLE)
    create(template, "template0")
    engine = make_engine(url_of(template))
    migrate(engine, limited_role=EMBEDDED_ROLE)
    with unit_of_work(engine) as session:
        seed(session, shipped_rules())
    engine.dispose()

    def database() -> str:
        name = f"test_{uuid4().hex[:12]}"
        create(name, template)
        return url_of(name)

    yield database
    with admin.connect() as connection:
        for name in reversed(made):
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(scope="session")
def shared_url(new_database: Callable[[], str]) -> str:
    """The database of this worker, for tests that roll back."""
    return new_database()


@pytest.fixture(scope="session")
def engine(shared_url: str) -> Iterator[Engine]:
    """The database of this worker, as the owner of its tables."""
    let_act(find_rooms())
    engine = make_engine(shared_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def limited_url() -> Callable[[str], str]:
    """The same database for the role of web and worker, which owns nothing."""

    def of(url: str) -> str:
        return make_url(url).set(username=EMBEDDED_ROLE).render_as_string(hide_password=False)

    return of


@pytest.fixture(scope="session")
def limited_engine(shared_url: str, limited_url: Callable[[str], str]) -> Iterator[Engine]:
    """The same database as the role of web and worker: a module whose tests shall run as it lets ``engine`` be this one."""
    let_act(find_rooms())
    engine = make_engine(limited_url(shared_url))
    yield engine
    engine.dispose()


@pytest.fixture
def own_engine(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database of the test's own, for tests that commit: races, browsers, jobs.

    A worker in this process runs what is queued and nothing else. In the minutes after its time it would queue a job of
    the clock by itself, so a test that counts jobs would hang on the hour at which it runs.
    """
    let_act(find_rooms())
    monkeypatch.setattr(jobs._app.periodic_registry, "periodic_tasks", {})
    engine = make_engine(new_database(), pool_size=50)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions over one connection whose transaction is rolled back in the end, whatever they commit."""
    # Known beforehand, so that a test that counts questions counts its page's.
    refresh(engine)
    with engine.connect() as connection:
        transaction = connection.begin()
        yield sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        transaction.rollback()


@pytest.fixture(autouse=True)
def _no_years_of_other_tests() -> Iterator[None]:
    """What a test has entered into the calendar is rolled back with its database; this process forgets it, too."""
    yield
    forget()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """The session of a domain test; it is the current one, as in a request or job."""
    with sessions() as session, bound(session):
        yield session


@pytest.fixture(autouse=True)
def _data_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads the settings by itself finds no folder of another installation: its heads are not of this database."""
    monkeypatch.setenv("HUIQI_DATA", str(tmp_path))


@pytest.fixture(autouse=True, scope="session")
def _routes_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        compile_once(patch)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for tests, with folders of their own; no page is kept, as a test looks at once at what it changed."""
    return Settings(
        environment="test",
        data_folder=tmp_path,
        secret_key="a secret for tests that is long enough",
        public_page_seconds=0,
    )


@pytest.fixture
def app(sessions: sessionmaker[Session], settings: Settings) -> Iterator[Flask]:
    """The program over the sessions of the test. Forms carry no CSRF token here; ``tests/web/test_csrf.py`` has one.

    A test in which a template was handed a row of a table fails (``handed_over``).
    """
    app = create_app(settings, sessions)
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = StrictClient
    app.jinja_env.bytecode_cache = _TEMPLATES
    with only_read_models(app):
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser; every page that it gets is parsed strictly."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: Session) -> Callable[[Membership], FlaskClient]:
    """A browser in which the person of a membership is signed in, second factor included."""

    def browser(membership: Membership) -> FlaskClient:
        session.flush()
        token = new_id().hex
        session.add(
            SignIn(
                token_hash=hash_token(token),
                user_id=membership.user_id,
                membership_id=membership.id,
                created_at=now(),
                last_seen_at=now(),
                ends_at=now() + timedelta(hours=12),
                password_at=now(),
                second_factor_at=now(),
            )
        )
        session.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    return browser
