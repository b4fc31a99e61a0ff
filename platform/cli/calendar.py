"""``huiqi calendar``: enter the notice of a year, and show what counts in one."""

from pathlib import Path

import click

from cli.inputs import command_errors, read_text
from cli.tables import print_table
from foundation.actors import SYSTEM
from foundation.calendars import Source
from foundation.unit_of_work import current_session
from working_days import entering, queries
from working_days.models import DayKind
from working_days.reading import Notice, read

_SOURCES = {
    Source.ENTERED: "entered here",
    Source.LIBRARY: "chinesecalendar",
    Source.REGULATION: "全国年节及纪念日放假办法 art. 2 (国务院令第795号)",
}
_KINDS = {DayKind.HOLIDAY: "holiday", DayKind.WORKDAY: "workday"}


def _notice(context: click.Context, _argument: click.Parameter, path: Path) -> Notice:
    """Read FILE while arguments are read: a wrong one is told before any database is started."""
    with command_errors(path):
        return read(read_text(path), year=context.params.get("year"))


@click.group()
def calendar() -> None:
    """Working days: the yearly notice of holidays and make-up days."""


@calendar.command("import")
@click.argument("notice", metavar="FILE", type=click.Path(path_type=Path), callback=_notice)
@click.option(
    "--year", type=click.IntRange(2004, 2100), is_eager=True, help="All days must lie in it (the first day's)."
)
@click.option("--document", metavar="文号", help="Number of the notice, such as 国办发明电〔2025〕7号.")
def import_command(*, notice: Notice, year: int | None, document: str | None) -> None:  # noqa: ARG001 - read with FILE
    """Enter a year's notice from a UTF-8 .csv: date,kind,name with kind holiday or workday.

    It replaces what was entered for that year. Deadlines that are open are counted again; none gets shorter.
    """
    session = current_session()
    with command_errors():
        moving = sum(entering.outcome(session, notice).moving.values())
        entering.enter(session, SYSTEM, notice, document=document)
    worked = sum(one.kind is DayKind.WORKDAY for one in notice.days)
    click.echo(f"{notice.year}: {len(notice.days) - worked} holidays, {worked} make-up working days")
    click.echo(f"open deadlines to be moved by the worker: {moving}")


@calendar.command("show")
@click.argument("year", type=click.IntRange(2004, 2100))
def show_command(*, year: int) -> None:
    """Print the days of a year that are no ordinary week, and where each comes from."""
    session = current_session()
    lines = queries.lines_of(session, year)
    entered = queries.entered_year(session, year)
    rows = [
        (line.day.isoformat(), f"{line.day:%a}", _KINDS[line.kind], line.name, _SOURCES[line.source]) for line in lines
    ]
    print_table(("date", "", "kind", "name", "source"), rows)
    told = f"{year}: {queries.working_days_in(year)} working days"
    if entered is not None:
        told += f"; {entered.document or 'no document'}, entered by {entered.entered_by}, {entered.entered_at:%Y-%m-%d}"
    click.echo(told)
