"""Which tests never ask the clock: noted at one other moment, and left out at the next ones (``--clock``).

A test can only come out differently at another moment when something in this process asked for the moment: the test, a
fixture that it uses, or its module while it was imported. Every way to the moment goes through ``foundation.clock.now``;
the house test sees to that. Other processes and the database's ``now()`` never travel, so they come out as at any time.

Noted is who did *not* ask, and only when the test passed: what is new, has failed or was not run is run at every moment.
"""

import os
from collections.abc import Iterator
from contextvars import ContextVar, Token
from datetime import datetime
from pathlib import Path

import pytest

from foundation import clock


class Asked:
    """Stands in for the clock's own variable that every ``now()`` looks at, and notices each look, from any thread."""

    def __init__(self, stopped: ContextVar[datetime | None]) -> None:
        self._stopped = stopped
        self.looks = 0

    def get(self) -> datetime | None:
        self.looks += 1
        return self._stopped.get()

    def set(self, moment: datetime | None) -> Token[datetime | None]:
        return self._stopped.set(moment)

    def reset(self, token: Token[datetime | None]) -> None:
        self._stopped.reset(token)


class Notes:
    """Notes the tests of this process that did not ask, in a file of its own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.txt"
        self._asked = Asked(clock._stopped)
        # Fixtures that outlive a test are made once: by their definitions, as two may have one name.
        self._fixtures: set[pytest.FixtureDef[object]] = set()
        self._quiet: list[str] = []
        self._good = False

    def begin(self) -> None:
        clock._stopped = self._asked  # type: ignore[assignment]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        before = self._asked.looks
        report = yield
        if self._asked.looks > before and isinstance(collector, pytest.Module):
            collector.stash[_IMPORTED_ASKING] = True
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        before = self._asked.looks
        done = yield
        if self._asked.looks > before:
            self._fixtures.add(fixturedef)
        return done

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before, self._good = self._asked.looks, True
        done = yield
        if self._good and self._asked.looks == before and not self._asks_before(item):
            self._quiet.append(item.nodeid)
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._good = self._good and report.passed

    def pytest_sessionfinish(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("".join(f"{name}\n" for name in self._quiet), encoding="utf8")

    def _asks_before(self, item: pytest.Item) -> bool:
        """Whether a fixture made for an earlier test, or the test's module, asked."""
        module = item.getparent(pytest.Module)
        if module is None or _IMPORTED_ASKING in module.stash:
            return True
        definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - pytest has no public way
        return any(one in self._fixtures for several in definitions.values() for one in several)


_IMPORTED_ASKING = pytest.StashKey[bool]()


def quiet(folder: Path) -> frozenset[str]:
    """The tests that were noted as not asking; none where nothing was noted."""
    return frozenset(
        line for file in sorted(folder.glob("*.txt")) for line in file.read_text(encoding="utf8").splitlines()
    )
