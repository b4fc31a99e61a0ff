"""Tables for people: nothing is cut off, on a terminal of any width, in a pipe or in a file."""

import sys
from collections.abc import Iterable
from typing import Final

_PIPE_WIDTH: Final = 160


def print_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows under their heads; the first column stays whole, the others fold."""
    from rich.console import Console  # noqa: PLC0415 - the JSON answers need no rich and come sooner without it
    from rich.table import Table  # noqa: PLC0415

    table = Table()
    for place, head in enumerate(heads):
        table.add_column(head, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
    # A pipe has no width of its own; standard output is None where the caller closed it.
    terminal = sys.stdout is not None and sys.stdout.isatty()
    Console(markup=False, highlight=False, width=None if terminal else _PIPE_WIDTH).print(table)
