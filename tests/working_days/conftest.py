"""Fixtures of the calendar's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files.store import FolderStore, using


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    """An evidence store of the test's own."""
    with using(FolderStore(tmp_path / "files")):
        yield
