"""``huiqi serve``: the whole house on one machine, for trying it out; what ``./dev run`` starts."""

import http
import http.client
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

import click

from cli.household import Household, be_deaf, say
from cli.opening import settings_or_exit
from config import Settings
from foundation.embedded import EmbeddedPostgres, embedded_server
from foundation.postgres_programs import EmbeddedFault

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS: Final = 0.2
# What a former run that was killed may still need to end.
_PORT_SECONDS: Final = 5
# What dies is started again, but not when it dies at once, again and again.
_MOST_RESTARTS: Final = 5


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
        _refuse_used_port(port)
        with ExitStack() as stack:
            with _step("database"):
                server = _started(stack, settings)
            household = stack.enter_context(Household(dict(os.environ)))
            with _step("tables" if no_demo else "tables and demonstration data"):
                household.call("migrate", *([] if no_demo else ["--demo"]))
            with _step("web and worker"):
                # Again: somebody may have taken it meanwhile.
                _refuse_used_port(port)
                household.start("web", "web", "--port", str(port))
                household.start("worker", "worker")
                accounts = "" if no_demo else household.answer("demo", "accounts")
                _wait_until_it_answers(household, port)
            click.echo(f"\n惠企 Huiqi: http://{_HOST}:{port}/\n\n{accounts}".rstrip())
            say("Ctrl-C stops everything")
            _watch(household, server)
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


def _watch(household: Household, server: EmbeddedPostgres | None) -> None:
    """Until told to stop: a dead database or worker is started again, a dead web server ends us."""
    restarts = 0
    while True:
        dead = [(name, f"exit code {code}") for name, code in household.died()]
        if server is not None and not server.alive():
            dead.insert(0, ("database", f"logs in {server.folder / 'log'}"))
        for name, told in dead:
            restarts += 1
            if name == "web" or restarts > _MOST_RESTARTS:
                raise click.ClickException(f"{name} has died ({told}), so everything is stopped")
            say(f"{name} has died ({told}) and is started again")
            if name == "database" and server is not None:
                _start_again(server)
            else:
                household.start(name, name)
        time.sleep(_TICK_SECONDS)


def _start_again(server: EmbeddedPostgres) -> None:
    try:
        server.start()
    except EmbeddedFault as fault:
        # Its last connections may still be ending; the next round tries again.
        say(str(fault))
        time.sleep(1)


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


def _refuse_used_port(port: int) -> None:
    """One clear line when the port is used, also in a few seconds' time: a former run may just be ending."""
    deadline = time.monotonic() + _PORT_SECONDS
    while (reason := _why_not(port)) is not None:
        if time.monotonic() > deadline:
            other = port + 1 if port < 65535 else port - 1
            raise click.ClickException(f"port {port} cannot be used ({reason}): try --port {other}")
        time.sleep(_TICK_SECONDS)


def _why_not(port: int) -> str | None:
    with socket.socket() as probe:
        # As the server does: a connection of a former run that is closing does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            return error.strerror
    return None


def _stop(_number: int, _frame: FrameType | None) -> None:
    be_deaf()
    raise Stopped


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    say(f"{name} …")
    yield
    say(f"{name}: {time.monotonic() - began:.1f} s")
