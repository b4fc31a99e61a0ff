"""A browser for each module of journeys, and houses to visit with it."""

from collections.abc import Callable, Iterator

import pytest
from browsers import House, Shots, chromium, served
from playwright.sync_api import Browser

from foundation.database import make_engine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Real Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def empty_house(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The program over an empty database."""
    engine = make_engine(new_database())
    with served(engine, tmp_path_factory.mktemp("house")) as house:
        yield house
    engine.dispose()


@pytest.fixture(scope="module")
def shots(request: pytest.FixtureRequest) -> Shots:
    """Where this module's screenshots go."""
    return Shots.of(request.module.__name__.rpartition(".")[2].removeprefix("test_"))
