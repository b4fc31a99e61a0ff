"""``huiqi doctor``: looks at each part of this installation, says what is wrong and what to do about it."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Final

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cli.inputs import print_json
from cli.opening import open_rooms, opened_engine, settings_or_exit
from cli.tables import print_table
from config import Environment, Settings
from documents import fonts
from foundation.clock import today, year_without_notice
from foundation.jobs import failed_jobs, jobs_health
from foundation.migrations import revisions
from search.current import current_search
from working_days.stored import refresh

_OLDEST_DATABASE: Final = 150000
_WORKER_SIGN_SECONDS: Final = 60
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is like and, when it is not well, what to do."""

    part: str
    ok: bool
    told: str
    remedy: str = ""


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
    yield _environment(settings)
    yield _files_folder(settings)
    yield _fonts()
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
        migrated = _migrations(engine)
        yield migrated
        if migrated.ok:
            yield from _rooms(settings, engine)


def _rooms(settings: Settings, engine: Engine) -> Iterator[Finding]:
    open_rooms(settings)
    parts: tuple[tuple[str, Callable[[Session], Finding]], ...] = (
        ("jobs", _jobs),
        ("failed jobs", _failed_jobs),
        ("search", _search),
        ("calendar", _calendar),
    )
    for part, look in parts:
        with Session(engine) as session:
            try:
                yield look(session)
            # One ailing part must not hide what the others have to say.
            except (SQLAlchemyError, OSError, RuntimeError) as error:
                yield Finding(part, ok=False, told=str(error).splitlines()[0], remedy="see the log of web and worker")


def _environment(settings: Settings) -> Finding:
    if settings.environment is Environment.PRODUCTION:
        proxies = f"{settings.trusted_proxies} reverse proxies are believed"
        ask = (
            ""
            if settings.trusted_proxies
            else "; behind one, set HUIQI_TRUSTED_PROXIES, else all visitors look like it"
        )
        return Finding("environment", ok=True, told=f"production, {proxies}{ask}")
    return Finding("environment", ok=True, told=f"{settings.environment} (HUIQI_ENVIRONMENT=production for real use)")


def _files_folder(settings: Settings) -> Finding:
    if settings.s3_bucket is not None:
        return Finding("files", ok=True, told=f"bucket {settings.s3_bucket}")
    folder = settings.files_folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"huiqi")
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        remedy = "give this account the right to write there, or set HUIQI_FILES_FOLDER"
        return Finding("files", ok=False, told=f"{folder}: {error.strerror}", remedy=remedy)
    enough = free > settings.upload_limit_bytes * 10 // 2**20
    return Finding(
        "files", ok=enough, told=f"{folder}, {free} MiB free", remedy="" if enough else "make room on the disk"
    )


def _fonts() -> Finding:
    try:
        fonts.ready()
    except Exception as error:  # noqa: BLE001 - ReportLab raises a class of its own for each way a font can be broken
        return Finding("fonts", ok=False, told=str(error), remedy=f"restore {fonts.folder()} from the repository")
    return Finding("fonts", ok=True, told=str(fonts.folder()))


def _database(engine: Engine) -> Finding:
    with engine.connect() as connection:
        number = int(connection.scalar(text("SHOW server_version_num")) or 0)
        told = str(connection.scalar(text("SHOW server_version")))
    remedy = "" if number >= _OLDEST_DATABASE else "use PostgreSQL 15 or newer"
    return Finding("database", ok=not remedy, told=f"PostgreSQL {told}", remedy=remedy)


def _migrations(engine: Engine) -> Finding:
    current, newest = revisions(engine)
    told = current or "empty"
    remedy = "" if current == newest else f"run `huiqi migrate` (the newest version is {newest})"
    return Finding("migrations", ok=not remedy, told=told, remedy=remedy)


def _jobs(session: Session) -> Finding:
    workers = session.scalar(
        text(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
        ),
        {"seconds": _WORKER_SIGN_SECONDS},
    )
    late = jobs_health(session) != "ok"
    remedy = "start `huiqi worker`, or one more" if late else ""
    return Finding("jobs", ok=not late, told=f"{'late' if late else 'ok'}, {workers} workers alive", remedy=remedy)


def _failed_jobs(session: Session) -> Finding:
    count = failed_jobs(session)
    remedy = "see the worker's log for why; table procrastinate_jobs, status failed" if count else ""
    return Finding("failed jobs", ok=not count, told=str(count), remedy=remedy)


def _calendar(session: Session) -> Finding:
    """No fault before the year has begun: its notice comes in autumn, and until then the regulation's days count."""
    refresh(session.get_bind(), at_once=True)
    missing = year_without_notice()
    if missing is None:
        return Finding("calendar", ok=True, told=f"the notice of {today().year} is known")
    told = f"the notice of {missing} is not entered, only its statutory holidays count"
    remedy = f"when the State Council has published it: `huiqi calendar import FILE --year {missing}`"
    return Finding("calendar", ok=missing > today().year, told=told, remedy=remedy)


def _search(session: Session) -> Finding:
    report = current_search().report(session)
    engines = ", ".join(f"{each.engine}: {each.status}, {each.documents} documents" for each in report.engines)
    told = f"{engines}; the database has {report.documents}"
    return Finding("search", ok=report.ok, told=told, remedy="" if report.ok else "run `huiqi search reindex`")
