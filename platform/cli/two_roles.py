"""The two addresses of the database: whom ``huiqi migrate`` must find behind each, and whom web and worker must not be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from config import Settings
from foundation.database import make_engine
from foundation.roles import EMBEDDED_ROLE, owns_tables, too_mighty

OWNER_SETTING = "HUIQI_OWNER_DATABASE_URL"
OWNER_IN_SIGHT = f"{OWNER_SETTING} is in the environment of this process, which could so become the owner of the tables"


@dataclass(frozen=True, slots=True)
class _Door:
    """Who is at which database by an address, as the server says it: libpq takes both from more places than the address."""

    role: str
    database: str
    # Two servers may have databases of the same name.
    server: int

    @classmethod
    def of(cls, connection: Connection) -> "_Door":
        asked = "SELECT current_user, current_database(), (SELECT system_identifier FROM pg_control_system())"
        return cls(*connection.execute(text(asked)).one())


def refuse_if_no_owner(settings: Settings, engine: Engine) -> None:
    """End ``huiqi migrate`` with one line where the tables belong to somebody else, or may not be made."""
    with engine.connect() as connection:
        owner = owns_tables(connection)
    if owner:
        return
    if settings.owner_database_url is not None:
        raise click.ClickException(f"{OWNER_SETTING} is a role that owns nothing: set it to the owner of the tables")
    raise click.ClickException(f"DATABASE_URL is a role that owns nothing: set {OWNER_SETTING}")


def limited_role(settings: Settings, owner: Engine) -> str | None:
    """Whom web and worker are at the database; None where there is one address only, as they are the owner then.

    Ends the command with one line where the two addresses are two databases or one role.
    """
    if settings.database_url is None:
        return EMBEDDED_ROLE
    if settings.owner_database_url is None:
        return None
    with _connected(settings.database_url) as connection:
        limited = _Door.of(connection)
    with owner.connect() as connection:
        mighty = _Door.of(connection)
    if (limited.database, limited.server) != (mighty.database, mighty.server):
        raise click.ClickException(
            f"DATABASE_URL and {OWNER_SETTING} are two databases ({limited.database} and {mighty.database}, "
            f"servers {limited.server} and {mighty.server}): nothing was changed"
        )
    if limited.role == mighty.role:
        raise click.ClickException(
            f"DATABASE_URL and {OWNER_SETTING} are the same role {limited.role}: let DATABASE_URL name one that owns "
            "nothing; nothing was changed"
        )
    return limited.role


def refuse_if_it_cannot_read(settings: Settings) -> None:
    """Ask through the address of web and worker whether they can read the tables now."""
    if settings.database_url is None or settings.owner_database_url is None:
        return
    try:
        with _connected(settings.database_url) as connection:
            connection.execute(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError as error:
        told = str(error.orig).splitlines()[0]
        raise click.ClickException(f"the role of DATABASE_URL cannot read the tables: {told}") from error


def warn_of_powers(settings: Settings, url: str) -> None:
    """Said and not refused: an installation from before there were two addresses must come up after an upgrade."""
    if os.environ.get(OWNER_SETTING):
        click.echo(f"{OWNER_IN_SIGHT}: only `huiqi migrate` may have it", err=True)
    if settings.database_url is None:
        return
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            power = too_mighty(connection)
    except OperationalError:
        # A database that is away is for the pages to tell.
        return
    finally:
        engine.dispose()
    if power is not None:
        told = f"the role of DATABASE_URL is {power}, so it could undo the triggers: see `huiqi doctor`"
        click.echo(told, err=True)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        told = str(error.orig).strip().splitlines()[-1]
        raise click.ClickException(
            f"DATABASE_URL cannot be reached: {told} (is the role there, with LOGIN and a password?)"
        ) from error
    finally:
        engine.dispose()
