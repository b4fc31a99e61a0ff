"""Gives tests a real Elasticsearch, and says at the end which version answered or why none did.

A developer's machine without Java and Maven leaves these tests out, with one line; under ``CI`` that is a failure.
"""

import os
from collections.abc import Iterator

import pytest
from elasticsearch_server import Server, ServerMissing, server, version_of

VERSIONS = pytest.StashKey[set[str]]()
MISSING = pytest.StashKey[set[str]]()
PASSWORD = "correct horse battery staple".replace(" ", "-")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[VERSIONS] = set()
    config.stash[MISSING] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` one worker takes all of these tests, so one server is started."""
    for item in items:
        if item.get_closest_marker("elasticsearch"):
            item.add_marker(pytest.mark.xdist_group("elasticsearch"))


@pytest.fixture(scope="session")
def elasticsearch_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of a running server: ``ELASTICSEARCH_URL``, or one that was started for these tests."""
    given = os.environ.get("ELASTICSEARCH_URL")
    if given:
        pytestconfig.stash[VERSIONS].add(f"{version_of(given)} (ELASTICSEARCH_URL)")
        yield given
        return
    with started(pytestconfig) as own:
        yield own.url


@pytest.fixture
def own_elasticsearch(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A server of the test's own, to be killed and started again."""
    with started(pytestconfig) as own:
        yield own


@pytest.fixture
def locked_elasticsearch(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A server that wants a password."""
    with started(pytestconfig, password=PASSWORD) as own:
        yield own


class started:  # noqa: N801 - reads as a context manager
    """Start a server, or leave the test out with a reason; under CI a missing server fails the test."""

    def __init__(self, config: pytest.Config, *, password: str | None = None) -> None:
        self._config = config
        self._context = server(password=password)

    def __enter__(self) -> Server:
        try:
            running = self._context.__enter__()
        except ServerMissing as missing:
            self._config.stash[MISSING].add(str(missing))
            if os.environ.get("CI"):
                pytest.fail(f"CI needs a real Elasticsearch: {missing}")
            pytest.skip(f"no Elasticsearch: {missing}")
        self._config.stash[VERSIONS].add(version_of(running.signed_url))
        return running

    def __exit__(self, *details: object) -> None:
        self._context.__exit__(None, None, None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the controlling process of a distributed run what this worker saw."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["elasticsearch_versions"] = sorted(session.config.stash[VERSIONS])
        output["elasticsearch_missing"] = sorted(session.config.stash[MISSING])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    output = getattr(node, "workeroutput", {})
    stash = node.config.stash  # type: ignore[attr-defined]
    stash[VERSIONS].update(output.get("elasticsearch_versions", []))
    stash[MISSING].update(output.get("elasticsearch_missing", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for version in sorted(config.stash[VERSIONS]):
        terminalreporter.write_line(f"Elasticsearch tests ran against a real server, version {version}")
    for reason in sorted(config.stash[MISSING]):
        terminalreporter.write_line(f"Elasticsearch tests DID NOT RUN: {reason}")
