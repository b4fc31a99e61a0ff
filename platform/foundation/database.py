"""The declarative base and the engine. PostgreSQL is the only database."""

from datetime import datetime
from enum import Enum as PythonEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Engine, Enum, MetaData, create_engine, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from foundation.clock import now
from foundation.identifiers import new_id

_CONNECT_SECONDS: Final = 5


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


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine for ``url`` (``postgresql://`` is taken as psycopg 3);
    a transaction that is left open for a minute is ended, and no error message repeats what was sent (password hashes).
    """
    driver_url = url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
        "postgres://", "postgresql+psycopg://", 1
    )
    given = make_url(driver_url).query
    return create_engine(
        driver_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000",
            # A server that takes no packets would else hold a thread for two minutes.
            "connect_timeout": given.get("connect_timeout", _CONNECT_SECONDS),
        },
    )
