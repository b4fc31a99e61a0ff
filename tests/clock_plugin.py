"""The suite at another hour: ``--clock 2028-02-29T00:05`` starts every test at that moment in China.

Every test starts at the moment itself, so that a day ends in no test that the day should hold, however many went
before. What tests share (databases, the demonstration) is made a little earlier: it is never in a test's future.

Only the program's own clock travels, in all threads of the test process; the database's ``now()`` stays. Nothing of it
is in the program: no setting of an installation moves its clock.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from clock_notes import Notes, quiet

from foundation.clock import CHINA, end_of, now, today, travel_together

MOMENT = pytest.StashKey[datetime]()
_UNTIL_END = pytest.StashKey[ExitStack]()
_EARLIER = timedelta(minutes=4)

# Longer than any test that asks for the day takes.
_LAST_SECONDS = timedelta(seconds=45)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clock", metavar="MOMENT", help="the moment in China at which every test starts")
    parser.addoption("--note-clock", metavar="FOLDER", help="note there the tests that never ask the clock")
    parser.addoption("--noted-clock", metavar="FOLDER", help="with --clock, leave out the tests that are noted there")


def pytest_configure(config: pytest.Config) -> None:
    """Travel before anything is collected: modules ask for the day when they are imported."""
    if folder := config.getoption("--note-clock"):
        notes = Notes(Path(folder))
        notes.begin()
        config.pluginmanager.register(notes)
    given = config.getoption("--clock")
    if given is None:
        return
    try:
        moment = datetime.fromisoformat(given).replace(tzinfo=CHINA)
    except ValueError as error:
        raise pytest.UsageError(f"--clock {given}: write a moment as 2028-02-29T00:05") from error
    config.stash[MOMENT] = moment
    config.stash[_UNTIL_END] = ExitStack()
    config.stash[_UNTIL_END].enter_context(travel_together(moment - _EARLIER))


def pytest_unconfigure(config: pytest.Config) -> None:
    if _UNTIL_END in config.stash:
        config.stash[_UNTIL_END].close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what holds the program against the database's own clock, which does not travel, and what asks for none."""
    if MOMENT in config.stash:
        folder = config.getoption("--noted-clock")
        never = quiet(Path(folder)) if folder else frozenset()
        left_out = [item for item in items if item.get_closest_marker("present") or item.nodeid in never]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    moment = item.config.stash.get(MOMENT, None)
    if moment is None and item.get_closest_marker("clock"):
        _let_the_day_end()
    with nullcontext() if moment is None else travel_together(moment):
        return (yield)


def _let_the_day_end() -> None:
    """Start no test in one day that ends in the next."""
    left = end_of(today()) - now()
    if left < _LAST_SECONDS:
        time.sleep(left.total_seconds())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> Iterator[None]:
    moment = request.config.stash.get(MOMENT, None)
    with nullcontext() if moment is None or fixturedef.scope == "function" else travel_together(moment - _EARLIER):
        return (yield)


def pytest_report_header(config: pytest.Config) -> str | None:
    moment = config.stash.get(MOMENT, None)
    return None if moment is None else f"clock: every test starts at {moment:%Y-%m-%d %H:%M} in China"
