"""The declarative base and the engine. PostgreSQL is the only database."""

import select
from datetime import datetime
from enum import Enum as PythonEnum
from time import monotonic
from typing import Any, ClassVar, Final
from uuid import UUID

from psycopg import Connection, Error, OperationalError
from sqlalchemy import BigInteger, DateTime, Engine, Enum, MetaData, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from foundation.clock import now
from foundation.identifiers import new_id

_CONNECT_SECONDS: Final = 5
_FRESH_SECONDS: Final = 1.0


class Base(DeclarativeBase):
    """All tables: UUIDv7 keys, times with zone, money as BIGINT fen, names for every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        int: BigInteger,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        # The words themselves with a CHECK: readable in SQL, and a new word is an ordinary migration.
        PythonEnum: Enum(
            PythonEnum,
            native_enum=False,
            length=40,
            create_constraint=True,
            values_callable=lambda words: [word.value for word in words],
        ),
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Timestamped:
    """Mixin: when the row was made."""

    created_at: Mapped[datetime] = mapped_column(default=now)


def make_engine(url: str, *, pool_size: int = 10, statement_seconds: int = 0, lock_seconds: int = 0) -> Engine:
    """An engine for ``url`` (``postgresql://`` is taken as psycopg 3);
    a transaction that is left open for a minute is ended, and no error message repeats what was sent (password hashes).

    A statement may take ``statement_seconds`` and wait for a lock ``lock_seconds``, without end where that is 0: one bad
    query must not keep a thread of the pages, nor a lock, until somebody looks.
    """
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
        "postgres://", "postgresql+psycopg://", 1
    )
    given = make_url(driver_url).query
    engine = create_engine(
        driver_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
        connect_args={
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000"
            f" -c statement_timeout={statement_seconds * 1000} -c lock_timeout={lock_seconds * 1000}",
            # Without a limit, a server that drops packets would block a thread for two minutes.
            "connect_timeout": given.get("connect_timeout", _CONNECT_SECONDS),
        },
    )
    _ask_connections_that_may_be_dead(engine)
    return engine


def _ask_connections_that_may_be_dead(engine: Engine) -> None:
    """As SQLAlchemy's ``pool_pre_ping``, without a trip to the server each time.

    A server that goes away closes its end, which can be seen here; silence tells nothing only where a network is lost, so
    a connection that was not used for a second is asked in any case.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["back_at"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        back_at = record.info.get("back_at")
        if back_at is None or (monotonic() - back_at < _FRESH_SECONDS and not _has_something_to_say(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except Error as error:
            # The pool drops this connection and all that were opened before now, and opens a new one.
            raise InvalidatePoolError from error


def _has_something_to_say(connection: Connection[Any]) -> bool:
    try:
        sight = select.poll()
        sight.register(connection.fileno(), select.POLLIN)
        return bool(sight.poll(0))
    except OperationalError:
        return True
