"""``huiqi demo``: the demonstration's data and the way into it."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cli.opening import open_rooms, opened_engine, settings_or_exit
from config import Environment, Settings
from demonstration.accounts import PASSWORD, Account, seconds_left
from demonstration.accounts import accounts as all_accounts
from demonstration.history import is_empty, is_loaded
from demonstration.history import load as load_history
from files.store import open_store, using
from foundation.unit_of_work import current_session, unit_of_work


@click.group()
def demo() -> None:
    """Demonstration data: a programme's invented history up to different stages."""


@demo.command()
@click.option("--if-empty", is_flag=True, help="Do nothing, instead of refusing, where anybody is registered.")
def load(*, if_empty: bool) -> None:
    """Fill an empty database with the demonstration; refused when anybody is registered."""
    settings = settings_or_exit()
    if not is_empty(current_session()):
        if if_empty:
            return
        raise click.ClickException("the database holds people already: the demonstration needs an empty one")
    _load(current_session(), settings)


@demo.command()
def accounts() -> None:
    """Print the accounts with the present codes of the second factor."""
    if is_loaded(current_session()):
        _show(all_accounts())
    else:
        click.echo("the demonstration is not loaded: run `huiqi demo load` on an empty database", err=True)


def load_if_empty(settings: Settings, engine: Engine) -> None:
    """Load the demonstration where nobody is registered, as the house is opened for the first time."""
    with unit_of_work(engine) as session:
        if is_empty(session):
            open_rooms(settings)
            _load(session, settings)


def load_into(settings: Settings) -> None:
    """Load the demonstration into the migrated, empty database of ``settings``, its files into their store."""
    with opened_engine(settings) as engine, using(open_store(settings)), unit_of_work(engine) as session:
        _load(session, settings)


def _load(session: Session, settings: Settings) -> list[Account]:
    if settings.environment is Environment.PRODUCTION:
        raise click.ClickException("the demonstration's passwords are public: it is not loaded in production")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("demonstration", total=None)
        return load_history(
            session,
            lambda done, total: progress.update(bar, completed=done, total=total),
            public_url=settings.public_url,
        )


def _show(found: list[Account]) -> None:
    """One line an account: a person reads it, and so can a script (columns parted by two blanks or more)."""
    for account in found:
        click.echo(f"{account.role.value:<20}  {account.email:<36}  {account.code() or '-':<6}  {account.organisation}")
    click.echo(f"password of all: {PASSWORD}    codes (third column) hold for {seconds_left()} more seconds", err=True)
    click.echo("all of them with fresh codes, and whose rules are used: /demonstration", err=True)
