"""``huiqi doctor``: looks at each part of this installation, says what is wrong and what to do about it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import Final

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import Session

from cli import doctor_rooms, doctor_settings
from cli.findings import Finding
from cli.inputs import print_json
from cli.opening import open_rooms, opened_engine, settings_or_exit
from cli.tables import print_table
from cli.two_roles import OWNER_IN_SIGHT, OWNER_SETTING
from config import Settings
from foundation.migrations import missing_queue_scripts, revisions
from foundation.roles import too_mighty

_OLDEST_DATABASE: Final = 150000
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, as_json: bool) -> None:
    """Look for what is wrong with this installation, and say what to do; exit 1 when something is."""
    settings = settings_or_exit()
    findings = list(_look(settings))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table(
            ("part", "", "found", "what to do"),
            [(one.part, "ok" if one.ok else "fault", one.told, one.remedy) for one in findings],
        )
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)


def _look(settings: Settings) -> Iterator[Finding]:
    yield Finding("python", ok=True, told=sys.version.split()[0])
    yield doctor_settings.environment(settings)
    yield doctor_settings.files_folder(settings)
    yield doctor_settings.pdf_fonts()
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    yield Finding("browser", ok=True, told=browser or "none (only the browser tests need Chromium)")
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(opened_engine(settings))
        except click.ClickException as fault:
            yield Finding(
                "database", ok=False, told=fault.message, remedy="start the server, or mend DATABASE_URL or HUIQI_DATA"
            )
            return
        yield _database(engine)
        yield _database_role(settings, engine)
        yield _owner_out_of_sight(settings)
        migrated = _migrations(engine)
        yield migrated
        if migrated.ok:
            yield from _rooms(settings, engine)


def _rooms(settings: Settings, engine: Engine) -> Iterator[Finding]:
    open_rooms(settings)
    parts: tuple[tuple[str, Callable[[Session, Settings], Finding]], ...] = (
        ("jobs", doctor_rooms.jobs),
        ("failed jobs", doctor_rooms.failed_jobs),
        ("search", doctor_rooms.search),
        ("programmes", doctor_rooms.programmes),
        ("roles", doctor_rooms.roles),
        ("second factors", doctor_rooms.second_factors),
        ("trail", doctor_rooms.trail),
        ("demonstration", doctor_rooms.demonstration),
        ("calendar", doctor_rooms.calendar),
    )
    for part, look in parts:
        with Session(engine) as session:
            try:
                yield look(session, settings)
            # A fault in one check must not hide the results of the others.
            except (SQLAlchemyError, OSError, RuntimeError) as error:
                yield Finding(part, ok=False, told=str(error).splitlines()[0], remedy="see the log of web and worker")


def _database(engine: Engine) -> Finding:
    with engine.connect() as connection:
        number = int(connection.scalar(text("SHOW server_version_num")) or 0)
        told = str(connection.scalar(text("SHOW server_version")))
    remedy = "" if number >= _OLDEST_DATABASE else "use PostgreSQL 15 or newer"
    return Finding("database", ok=not remedy, told=f"PostgreSQL {told}", remedy=remedy)


def _database_role(settings: Settings, engine: Engine) -> Finding:
    """Whether web and worker could undo the triggers; a fault only where people work in earnest."""
    with engine.connect() as connection:
        power = too_mighty(connection)
        role = str(connection.scalar(text("SELECT current_user")))
    told = f"{role}, " + (power or "owns nothing")
    if power is None or not doctor_settings.for_real(settings):
        return Finding("database role", ok=True, told=told)
    remedy = (
        "let DATABASE_URL name a role that owns nothing, set HUIQI_OWNER_DATABASE_URL to the owner's address, "
        "and run `huiqi migrate`"
    )
    return Finding("database role", ok=False, told=told, remedy=remedy)


def _owner_out_of_sight(settings: Settings) -> Finding:
    """Whether only `huiqi migrate` has the owner's address: this command has the environment of web and worker."""
    if settings.owner_database_url is None:
        return Finding("owner's address", ok=True, told="not in this environment")
    fault = doctor_settings.for_real(settings)
    remedy = f"take {OWNER_SETTING} out of the environment of web, worker and this command" if fault else ""
    return Finding("owner's address", ok=not fault, told=OWNER_IN_SIGHT, remedy=remedy)


def _migrations(engine: Engine) -> Finding:
    try:
        current, newest = revisions(engine)
    except ProgrammingError:
        remedy = (
            "run `huiqi migrate` with HUIQI_OWNER_DATABASE_URL set to the owner's address: it gives the role its rights"
        )
        return Finding("migrations", ok=False, told="this role may not read the tables", remedy=remedy)
    told = current or "empty"
    remedy = "" if current == newest else f"run `huiqi migrate` (the newest version is {newest})"
    if not remedy and (scripts := missing_queue_scripts(engine)):
        remedy = f"run `huiqi migrate` (the job queue lacks {', '.join(scripts)})"
    return Finding("migrations", ok=not remedy, told=told, remedy=remedy)
