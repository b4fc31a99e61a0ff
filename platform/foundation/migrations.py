"""Bringing the database to the newest version, and asking which it has. Alembic is configured here, without a file.

Versions are frozen text and import nothing of the program: what they did to an old database they do to every new one.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from foundation.queue_schema import bring_up, missing
from foundation.roles import grant_on

_FOLDER: Final = Path(__file__).parents[2] / "migrations"

# Any number that nothing else in the database locks on.
MIGRATION_LOCK: Final = 4_771_001
_LOCK_NOT_AVAILABLE: Final = "55P03"


class TablesInUse(Exception):
    """Others hold a table that a version changes; everything is as before."""


def migrate(engine: Engine, *, revision: str = "head", lock_seconds: int = 10, limited_role: str | None = None) -> None:
    """Apply all versions up to ``revision``, and with the newest what the job queue's own scripts bring.

    ``limited_role`` is whom web and worker are at the database: it gets its rights on all that is there afterwards.

    Several processes may call it at once.

    Raises NoSuchRole, and TablesInUse when a table cannot be had for so long: whoever waits for it makes all others wait behind.
    """
    config = _config(engine)
    config.attributes["lock_seconds"] = lock_seconds
    try:
        command.upgrade(config, revision)
        if revision == "head":
            bring_up(engine, lock=MIGRATION_LOCK, lock_seconds=lock_seconds)
            if limited_role is not None:
                grant_on(engine, limited_role, lock=MIGRATION_LOCK)
    except (OperationalError, LockNotAvailable) as error:
        if getattr(getattr(error, "orig", error), "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise TablesInUse(
            f"another program holds a table that the migration changes (waited {lock_seconds} seconds), so nothing was "
            "changed: stop web and worker, or try again when they have less to do"
        ) from error


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The version that the database has and the newest there is; None for an empty database or an empty folder."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config(engine)).get_current_head()


def missing_queue_scripts(engine: Engine) -> list[str]:
    """Names of the job queue's scripts that a database of the newest version has not had yet."""
    with engine.connect() as connection:
        return [path.name for path in missing(connection)]


def owned_by_us(name: str | None, kind: str) -> bool:
    """Whether Alembic compares this thing: the job queue's tables belong to procrastinate and are in no model."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = engine
    return config
