"""``huiqi search``: care of the indexes."""

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from foundation.unit_of_work import current_session
from search.current import current_search


@click.group()
def search() -> None:
    """Care of the search indexes; the database holds the truth, an index can always be built anew."""


@search.command()
def reindex() -> None:
    """Build every index anew while the old ones answer.

    Exit 1 when an engine could not be built.
    """
    console = Console(stderr=True)
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        def watch(engine: str, done: int, total: int) -> None:
            if engine not in bars:
                bars[engine] = progress.add_task(engine, total=total)
            progress.update(bars[engine], completed=done)

        faults = current_search().reindex(current_session(), watch)
    for fault in faults:
        click.echo(f"{fault.params['engine']}: {fault.params['reason']}", err=True)
    sys.exit(1 if faults else 0)
