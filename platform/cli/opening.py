"""Opening the house for a command: settings, database, search, and every room's jobs and subscriptions."""

import copy
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from config import BadSettings, Settings, load_settings
from foundation.constraints import as_domain_error
from foundation.database import make_engine
from foundation.embedded import running_database
from foundation.postgres_programs import EmbeddedFault
from foundation.unit_of_work import unit_of_work

_NO_SUCH_TABLE: Final = "42P01"


def settings_or_exit() -> Settings:
    """The settings; faulty ones end the command with exit 2 and one line for each fault."""
    try:
        return load_settings()
    except BadSettings as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        raise click.exceptions.Exit(2) from None


@contextmanager
def opened_url(settings: Settings, *, owner: bool = False) -> Iterator[str]:
    """The URL of the database, which runs for the block; a fault of the embedded one ends the command with one line (exit 1).

    As the role that owns nothing, or as the ``owner`` of the tables, who is for migrations only.
    """
    try:
        given = (owner and settings.owner_database_url) or settings.database_url
        with running_database(given, settings.data_folder, limited=not owner) as url:
            yield url
    except EmbeddedFault as fault:
        raise click.ClickException(str(fault)) from fault


@contextmanager
def opened_engine(
    settings: Settings,
    *,
    owner: bool = False,
    pool_size: int = 5,
    statement_seconds: int = 0,
    lock_seconds: int = 0,
) -> Iterator[Engine]:
    """An engine on the database; if it does not answer, one line and exit 1. For the limits see ``make_engine``."""
    with opened_url(settings, owner=owner) as url:
        engine = make_engine(url, pool_size=pool_size, statement_seconds=statement_seconds, lock_seconds=lock_seconds)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError as error:
            where = engine.url.render_as_string(hide_password=True)
            raise click.ClickException(f"the database {where} cannot be reached: {error.orig}") from error
        try:
            yield engine
        finally:
            engine.dispose()


def run_on_database(command: click.Command) -> click.Command:
    """A copy of ``command`` that runs, or whose commands each run, inside one unit of work on the opened house.

    The command itself stays as it is, for callers that have a unit of work of their own.
    """
    made = copy.copy(command)
    if isinstance(made, click.Group):
        made.commands = {name: run_on_database(each) for name, each in made.commands.items()}
    elif made.callback is not None:
        made.callback = _inside_unit_of_work(made.callback)
    return made


def open_rooms(settings: Settings) -> None:
    """Import all tables and what acts without being called (jobs, subscribers), and say where the indexes are.

    Pages are for the web server, which imports them itself.
    """
    # Imported here, so that a wrong option is reported without loading all rooms.
    from search.current import configure_search  # noqa: PLC0415
    from web.rooms import find_rooms, import_tables, let_act  # noqa: PLC0415

    import_tables()
    let_act(find_rooms())
    configure_search(
        settings.search_folder,
        elasticsearch_url=settings.elasticsearch_url,
        elasticsearch_index=settings.elasticsearch_index,
    )


def _inside_unit_of_work(callback: Any) -> Any:
    @functools.wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        settings = settings_or_exit()
        open_rooms(settings)
        with opened_engine(settings) as engine, unit_of_work(engine):
            try:
                return callback(*arguments, **options)
            except IntegrityError as error:
                raise as_domain_error(error) from error
            except ProgrammingError as error:
                if getattr(error.orig, "sqlstate", None) != _NO_SUCH_TABLE:
                    raise
                raise click.ClickException("the database has no tables yet: run `huiqi migrate`") from error

    return run
