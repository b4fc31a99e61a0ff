"""Fixtures of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from order_cases import Scene
from sqlalchemy.orm import Session

from files.store import FolderStore, Store, using


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[Store]:
    """An evidence store of the test's own."""
    with using(FolderStore(tmp_path / "files")) as store:
        yield store


@pytest.fixture
def scene(session: Session) -> Scene:
    """A programme, a provider with an unlimited offering, and people."""
    return Scene(session)
