"""The demonstration, loaded once for all tests of this folder; whoever changes it works in a savepoint of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demonstration_loaded import PUBLIC_URL, Loaded
from sqlalchemy.orm import Session

from demonstration.history import load
from files.store import FolderStore, using
from foundation.database import make_engine
from foundation.unit_of_work import unit_of_work


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` one worker takes all of these tests, so the demonstration is loaded once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("demonstration"))


@pytest.fixture(scope="session")
def loaded(
    new_database: Callable[[], str], limited_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The demonstration in a database of its own, committed.

    The role of web and worker loads it, so orders, verification, settlement and payment need no more than its rights.
    Tests are there as the owner, as some of them forge what that role cannot.
    """
    url = new_database()
    engine, limited = make_engine(url), make_engine(limited_url(url))
    files = tmp_path_factory.mktemp("demonstration-files")
    heard: list[tuple[int, int]] = []
    with using(FolderStore(files)), unit_of_work(limited) as session:
        accounts = load(session, lambda done, total: heard.append((done, total)), public_url=PUBLIC_URL)
    limited.dispose()
    yield Loaded(engine, accounts, heard, files)
    engine.dispose()


@pytest.fixture
def told(loaded: Loaded) -> Iterator[Session]:
    """A session on the demonstration whose changes are rolled back."""
    with Session(loaded.engine) as session:
        yield session
        session.rollback()
