"""The job queue's tables, brought up by procrastinate's own migration scripts after ours.

The first queue is frozen text (``migrations/job_queue``). A newer procrastinate ships scripts for what it changes; which of
them a database has is noted in ``job_queue_scripts``.
"""

from pathlib import Path
from typing import Final

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

SCRIPTS: Final = Path(SchemaManager.get_migrations_path())

_NEWEST: Final = text("SELECT max(name) FROM job_queue_scripts")
_NOTE: Final = text("INSERT INTO job_queue_scripts (id, name, applied_at) VALUES (gen_random_uuid(), :name, now())")


def missing(connection: Connection, scripts: Path = SCRIPTS) -> list[Path]:
    """The scripts that this database has not had yet, in order; their names begin with the version that brought them."""
    newest = connection.scalar(_NEWEST) or ""
    return sorted(path for path in scripts.glob("*.sql") if path.name > newest)


def bring_up(engine: Engine, *, lock: int, lock_seconds: int, scripts: Path = SCRIPTS) -> list[str]:
    """Apply what is missing, each script and its note in a transaction of its own; returns the names of what was applied.

    Several processes may call it at once: each takes the advisory ``lock`` and looks again. A table that cannot be had in
    ``lock_seconds`` raises OperationalError, and what was applied before stays.
    """
    applied: list[str] = []
    while True:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
            waiting = missing(connection, scripts)
            if not waiting:
                return applied
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_seconds}s'")
            driver_connection = connection.connection.driver_connection
            if driver_connection is None:
                raise RuntimeError("the connection is closed")
            # Several statements, so past SQLAlchemy, which would send them with parameters.
            driver_connection.execute(waiting[0].read_text(encoding="utf8"))
            connection.execute(_NOTE, {"name": waiting[0].name})
            applied.append(waiting[0].name)
