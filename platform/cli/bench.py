"""``huiqi bench``: first figures of this installation, each beside a limit measured in the same run."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy.orm import Session

from cli.opening import open_rooms
from config import Settings, load_settings
from foundation.actors import Role
from foundation.clock import now
from foundation.database import make_engine
from foundation.embedded import running_database
from foundation.migrations import migrate

ROOT: Final = Path(__file__).parents[2]

Measure = Callable[[Settings], dict[str, Any]]


@click.command()
@click.argument(
    "parts",
    nargs=-1,
    type=click.Choice(["redemption", "order", "verification", "order-http", "catalogue", "statements"]),
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON there as well.")
def bench(*, parts: tuple[str, ...], out: Path | None) -> None:
    """Measure this machine with a database of the run's own; prints JSON. All parts unless some are named."""
    # The measures stand at the top level beside tests: they are no part of the program.
    sys.path.insert(0, str(ROOT))
    figures: dict[str, Any] = {
        "at": now().isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
    }
    for name, measure in _MEASURES.items():
        if not parts or name in parts:
            click.echo(f"measuring {name} …", err=True)
            with _own_house() as settings:
                figures[name] = measure(settings)
    told = json.dumps(figures, ensure_ascii=False, indent=2)
    click.echo(told)
    if out is not None:
        out.write_text(told + "\n", encoding="utf8")


@contextmanager
def _own_house() -> Iterator[Settings]:
    """Settings of an empty migrated database in a folder that goes away: a measure must not touch real data."""
    with tempfile.TemporaryDirectory(prefix="huiqi-bench-") as folder:
        Path(folder).chmod(0o755)
        environment = {"HUIQI_DATA": folder, "HUIQI_ENVIRONMENT": "demonstration"}
        with running_database(None, Path(folder)) as url:
            settings = load_settings(environment | {"DATABASE_URL": url})
            engine = make_engine(url)
            migrate(engine)
            engine.dispose()
            open_rooms(settings)
            yield settings


def _redemption(settings: Settings) -> dict[str, Any]:
    from bench.redemption import measure  # noqa: PLC0415

    return dict(measure(str(settings.database_url)))


def _order(settings: Settings) -> dict[str, Any]:
    from bench.orders import measure_orders  # noqa: PLC0415

    return dict(measure_orders(str(settings.database_url)))


def _verification(settings: Settings) -> dict[str, Any]:
    from bench.orders import measure_verifications  # noqa: PLC0415

    return dict(measure_verifications(str(settings.database_url), str(settings.data_folder)))


def _catalogue(settings: Settings) -> dict[str, Any]:
    from bench.catalogue import measure, prepare  # noqa: PLC0415
    from cli.demo import load_into  # noqa: PLC0415
    from demonstration.accounts import PASSWORD, accounts  # noqa: PLC0415
    from search.current import current_search  # noqa: PLC0415

    load_into(settings)
    engine = make_engine(str(settings.database_url))
    person = next(each for each in accounts() if each.role is Role.ENTERPRISE_MANAGER)
    try:
        with Session(engine) as session:
            prepare(session.connection())
            session.commit()
            current_search("offerings").reindex(session, lambda *_: None)
        with engine.connect() as connection:
            return measure(_environment(settings), connection, (person.email, PASSWORD))
    finally:
        engine.dispose()


def _order_http(settings: Settings) -> dict[str, Any]:
    from bench.order_http import measure  # noqa: PLC0415

    return measure(_environment(settings))


def _environment(settings: Settings) -> dict[str, str]:
    """For the processes of a server of the measure's own."""
    return {
        "DATABASE_URL": str(settings.database_url),
        "HUIQI_DATA": str(settings.data_folder),
        "HUIQI_ENVIRONMENT": "demonstration",
    }


def _statements(_settings: Settings) -> dict[str, Any]:
    from bench.documents import measure  # noqa: PLC0415

    return measure(seconds=8.0)


_MEASURES: Final[Mapping[str, Measure]] = {
    "redemption": _redemption,
    "order": _order,
    "verification": _verification,
    "order-http": _order_http,
    "catalogue": _catalogue,
    "statements": _statements,
}
