"""Nothing waits without end: neither a statement, nor for a lock, nor a migration for a table."""

import time

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from config import Settings
from foundation.database import make_engine
from foundation.migrations import TablesInUse, migrate
from foundation.unit_of_work import unit_of_work
from web.app import create_app

pytestmark = pytest.mark.concurrency


def limited(engine: Engine) -> Engine:
    url = engine.url.render_as_string(hide_password=False)
    return make_engine(url, statement_seconds=2, lock_seconds=1)


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [("SELECT pg_sleep(60)", "57014"), ("LOCK TABLE regions IN ACCESS EXCLUSIVE MODE", "55P03")],
)
def test_a_statement_that_takes_too_long_is_ended(own_engine: Engine, statement: str, sqlstate: str) -> None:
    engine = limited(own_engine)
    with own_engine.begin() as holder:
        holder.execute(text("LOCK TABLE regions IN ACCESS SHARE MODE"))
        began = time.monotonic()
        with pytest.raises(OperationalError) as ended, unit_of_work(engine) as session:
            session.execute(text(statement))
        assert ended.value.orig.sqlstate == sqlstate
        assert time.monotonic() - began < 20
    engine.dispose()


def test_a_page_whose_query_takes_too_long_says_so_and_the_next_is_served(
    own_engine: Engine, settings: Settings
) -> None:
    engine = limited(own_engine)
    app = create_app(settings, sessionmaker(engine))
    app.testing = False

    def slow() -> str:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_sleep(60)"))
        return ""

    app.view_functions["web.healthz"] = slow
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, "几分钟后刷新" in answer.text) == (503, True)
    assert app.test_client().get("/").status_code == 200
    engine.dispose()


def test_a_migration_does_not_make_the_pages_wait_behind_it(own_engine: Engine) -> None:
    """A table that is in use is given up after a while, with one clear line, and nothing is changed."""
    with own_engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    migrate(own_engine, revision="0005")
    with own_engine.connect() as holder:
        holder.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        with pytest.raises(TablesInUse, match="stop web and worker"):
            migrate(own_engine, lock_seconds=1)
        holder.rollback()
    with own_engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('job_runs')")) is None
    migrate(own_engine, lock_seconds=1)
    with own_engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('job_runs')")) == "job_runs"
