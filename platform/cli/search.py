"""``huiqi search``: care of the indexes."""

import functools
import sys

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from foundation.unit_of_work import current_session
from search.current import all_searches
from search.engine import EngineAway


@click.group()
def search() -> None:
    """Care of the search indexes; the database holds the truth, an index can always be built anew."""


@search.command()
def reindex() -> None:
    """Build the indexes of every source anew while the old ones answer.

    Exit 1 when an engine could not be built.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        faults = [f"{fault.params['engine']}: {name}: {fault.params['reason']}" for name, fault in _rebuilt(progress)]
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults else 0)


def _rebuilt(progress: Progress) -> list[tuple[str, EngineAway]]:
    """The faults, each with the name of its source."""
    bars: dict[str, TaskID] = {}

    def watch(source: str, engine: str, done: int, total: int) -> None:
        bar = f"{source}: {engine}"
        if bar not in bars:
            bars[bar] = progress.add_task(bar, total=total)
        progress.update(bars[bar], completed=done)

    return [
        (source, fault)
        for source, service in all_searches().items()
        for fault in service.reindex(current_session(), functools.partial(watch, source))
    ]
