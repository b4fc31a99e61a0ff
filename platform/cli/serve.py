"""``huiqi serve``: the whole house on one machine, for trying it out; what ``./dev run`` starts."""

import http
import http.client
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

import click

from cli.household import Household, be_deaf, say
from cli.opening import settings_or_exit
from cli.port import refuse_used_port
from config import Settings
from foundation.embedded import EmbeddedPostgres, embedded_server
from foundation.postgres_programs import EmbeddedFault

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS: Final = 0.2
# What dies is started again, but not when it dies at once, again and again.
_MOST_RESTARTS: Final = 5
_RESTARTS_WITHIN: Final = 600
_LONGEST_WAIT: Final = 30


class Stopped(Exception):
    """Somebody asked us to stop."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
def serve(*, port: int, no_demo: bool) -> None:
    """Start the database if it is ours, migrate, fill an empty one with the demonstration, serve until Ctrl-C."""
    for number in _STOPPING:
        signal.signal(number, _stop)
    os.environ.setdefault("HUIQI_PUBLIC_URL", f"http://{_HOST}:{port}")
    os.environ.setdefault("HUIQI_ENVIRONMENT", "development" if no_demo else "demonstration")
    settings = settings_or_exit()
    try:
        refuse_used_port(_HOST, port)
        with ExitStack() as stack:
            with _step("database"):
                server = _started(stack, settings)
            household = stack.enter_context(Household(dict(os.environ)))
            with _step("tables" if no_demo else "tables and demonstration data"):
                household.call("migrate", *([] if no_demo else ["--demo"]))
            with _step("web and worker"):
                # Again: somebody may have taken it meanwhile.
                refuse_used_port(_HOST, port)
                household.start("web", "web", "--port", str(port))
                household.start("worker", "worker")
                accounts = "" if no_demo else household.answer("demo", "accounts")
                _wait_until_it_answers(household, port)
            click.echo(f"\n惠企 Huiqi: http://{_HOST}:{port}/\n\n{accounts}".rstrip())
            say("Ctrl-C stops everything")
            Watchman(household, server).watch()
    except EmbeddedFault as fault:
        raise click.ClickException(str(fault)) from fault
    except Stopped:
        say("stopped")


def _started(stack: ExitStack, settings: Settings) -> EmbeddedPostgres | None:
    """The embedded server, running until the stack is left; None where the database is somebody else's.

    Web and worker join it by themselves, so that it runs as long as one of us does and no longer.
    """
    if settings.database_url is not None:
        return None
    server = embedded_server(settings.data_folder)
    stack.callback(server.stop)
    server.start()
    return server


@dataclass(slots=True)
class Watchman:
    """Starts again what dies: the database as long as it takes (its disk may be full), pages and worker a few times."""

    household: Household
    server: EmbeddedPostgres | None
    restarts: list[float] = field(default_factory=list)
    failures: int = 0
    try_again_at: float = 0.0

    def watch(self) -> None:
        """Until told to stop, or until what cannot be started again has died."""
        while True:
            if self.server is not None and not self.server.alive():
                # Without it the pages tell that they cannot serve, and a worker could not start.
                self._start_database(self.server)
            else:
                self._start_processes()
            time.sleep(_TICK_SECONDS)

    def _start_database(self, server: EmbeddedPostgres) -> None:
        if time.monotonic() < self.try_again_at:
            return
        free = shutil.disk_usage(server.folder).free // 2**20
        say(f"database has died ({free} MiB free on its disk, logs in {server.folder / 'log'}) and is started again")
        try:
            server.start()
            self.failures = 0
        except EmbeddedFault as fault:
            say(str(fault))
            self.failures += 1
        self.try_again_at = time.monotonic() + min(2**self.failures, _LONGEST_WAIT)

    def _start_processes(self) -> None:
        for name, code in self.household.died():
            moment = time.monotonic()
            self.restarts = [each for each in self.restarts if each > moment - _RESTARTS_WITHIN] + [moment]
            if len(self.restarts) > _MOST_RESTARTS:
                raise click.ClickException(f"{name} has died (exit code {code}) too often, so everything is stopped")
            say(f"{name} has died (exit code {code}) and is started again")
            self.household.start_again(name)


def _wait_until_it_answers(household: Household, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(port):
        for name, code in household.died():
            raise click.ClickException(f"{name} has died with exit code {code} while starting")
        if time.monotonic() > deadline:
            raise click.ClickException(f"web gave no answer in {_START_SECONDS} seconds")
        time.sleep(_TICK_SECONDS)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(_number: int, _frame: FrameType | None) -> None:
    be_deaf()
    raise Stopped


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    say(f"{name} …")
    yield
    say(f"{name}: {time.monotonic() - began:.1f} s")
