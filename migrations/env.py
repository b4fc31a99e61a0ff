"""Where Alembic runs the versions: on the engine that ``foundation.migrations`` hands over, over all tables."""

from importlib import import_module
from pathlib import Path

from alembic import context
from alembic.runtime.environment import NameFilterParentNames, NameFilterType

import foundation
from foundation.database import Base
from foundation.migrations import MIGRATION_LOCK, owned_by_us


def _ours(name: str | None, kind: NameFilterType, _parents: NameFilterParentNames) -> bool:
    return owned_by_us(name, kind)


def _import_tables() -> None:
    """Import every ``models`` module of the house: Alembic compares what the metadata knows."""
    source_root = Path(foundation.__path__[0]).parent
    for models in sorted(source_root.glob("*/models.py")):
        import_module(f"{models.parent.name}.models")


def _migrate() -> None:
    _import_tables()
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        # Several processes may start at once: one migrates, the others wait and then find nothing to do.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{context.config.attributes.get('lock_seconds', 0)}s'")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_server_default=True,
            include_name=_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


_migrate()
