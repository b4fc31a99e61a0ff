"""The embedded index on disk: generations beside each other, a pointer to the one in use, one writer at a time."""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.engine import EngineAway

_LOCK_SECONDS: Final = 30.0

POINTER: Final = "current.json"
GENERATIONS: Final = "generation-*"


class IndexFolder:
    """The folder of the generations. One that was built for another form of index (fingerprint) counts as absent."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self._pointer = folder / POINTER

    def current(self) -> Path | None:
        """The generation in use; None before the first, or when the one there has another form."""
        try:
            entry = json.loads(self._pointer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(entry, dict) or entry.get("fingerprint") != self.fingerprint:
            return None
        path = self.folder / str(entry.get("generation"))
        return path if (path / "meta.json").exists() else None

    def mark(self) -> tuple[object, ...]:
        """Changes whenever readers must reopen the index: after a switch of generations and after a commit."""
        return _identity(self._pointer), _identity((self.current() or self.folder) / "meta.json")

    def fresh(self) -> Path:
        """A new empty generation, not yet in use."""
        path = self.folder / f"generation-{time.time_ns()}"
        path.mkdir(parents=True)
        return path

    def switch(self, generation: Path) -> None:
        """Put ``generation`` in use in one step and remove all others; open readers keep what they have mapped."""
        entry = {"generation": generation.name, "fingerprint": self.fingerprint}
        draft = self._pointer.with_suffix(".draft")
        draft.write_text(json.dumps(entry), encoding="utf-8")
        draft.replace(self._pointer)
        for other in self.folder.glob(GENERATIONS):
            if other != generation:
                shutil.rmtree(other, ignore_errors=True)

    @contextmanager
    def writing(self, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
        """Be the only writer, over all processes; raises EngineAway when another one stays busy that long."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "writer.lock").open("w") as lock:
            deadline = time.monotonic() + seconds
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EngineAway("tantivy", "another process is writing the index") from None
                    time.sleep(0.05)
            yield


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size
