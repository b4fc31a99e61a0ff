"""``huiqi serve``: the whole house on one machine, for trying it out; what ``./dev run`` starts."""

import http
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, Self

import click

from cli.opening import opened_url, settings_or_exit

_HUIQI: Final = (sys.executable, "-P", "-c", "from cli.main import main; main(prog_name='huiqi')")
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 25
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS: Final = 0.2
# A worker that dies is started again, but not one that dies at once, again and again.
_MOST_RESTARTS: Final = 5


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass(slots=True)
class Household:
    """The processes that we started; leaving the block stops them, whatever happens in it."""

    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _be_deaf()
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for name, process in self.processes.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _say(f"{name} does not stop, so it is killed")
            _end_group(process)

    def start(self, name: str, *arguments: str) -> None:
        """Start ``huiqi ARGUMENTS`` in a session of its own: Ctrl-C reaches us alone, and we stop it in good order."""
        if name in self.processes:
            _end_group(self.processes[name])
        self.processes[name] = subprocess.Popen(
            [*_HUIQI, *arguments], env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def died(self) -> list[tuple[str, int]]:
        """Names and exit codes of those that have ended by themselves."""
        return [(name, code) for name, each in self.processes.items() if (code := each.poll()) is not None]

    def call(self, *arguments: str) -> None:
        """Run ``huiqi ARGUMENTS`` to its end; a failure ends us too."""
        done = subprocess.run([*_HUIQI, *arguments], env=self.environment, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise click.ClickException(f"`huiqi {' '.join(arguments)}` failed with exit code {done.returncode}")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process and of those that it had started itself, which outlive it when it is killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
def serve(*, port: int, no_demo: bool) -> None:
    """Start the database if it is ours, migrate, fill an empty one with the demonstration, serve until Ctrl-C."""
    for number in _STOPPING:
        signal.signal(number, _stop)
    _refuse_used_port(port)
    os.environ.setdefault("HUIQI_PUBLIC_URL", f"http://{_HOST}:{port}")
    os.environ.setdefault("HUIQI_ENVIRONMENT", "development" if no_demo else "demonstration")
    settings = settings_or_exit()
    try:
        with ExitStack() as stack:
            with _step("database"):
                url = stack.enter_context(opened_url(settings))
            household = stack.enter_context(Household({**os.environ, "DATABASE_URL": url}))
            with _step("migrations"):
                household.call("migrate")
            if not no_demo:
                with _step("demonstration data"):
                    household.call("demo", "load", "--if-empty")
            with _step("web and worker"):
                household.start("web", "web", "--port", str(port))
                household.start("worker", "worker")
                _wait_until_it_answers(household, port)
            click.echo(f"\n惠企 Huiqi: http://{_HOST}:{port}/\n")
            if not no_demo:
                household.call("demo", "accounts")
            _say("Ctrl-C stops everything")
            _watch(household)
    except Stopped:
        _say("stopped")


def _watch(household: Household) -> None:
    """Until told to stop: a dead worker is started again, a dead web server ends us."""
    restarts = 0
    while True:
        for name, code in household.died():
            restarts += 1
            if name != "worker" or restarts > _MOST_RESTARTS:
                raise click.ClickException(f"{name} has died with exit code {code}, so everything is stopped")
            _say(f"{name} has died with exit code {code} and is started again")
            household.start(name, name)
        time.sleep(_TICK_SECONDS)


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
    with socket.socket() as probe:
        # As the server does: a connection of a former run that is closing does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} cannot be used ({error.strerror}): try --port {port + 1}"
            ) from None


def _stop(_number: int, _frame: FrameType | None) -> None:
    _be_deaf()
    raise Stopped


def _be_deaf() -> None:
    """From here on nothing interrupts the stopping, not even a second Ctrl-C."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    _say(f"{name} …")
    yield
    _say(f"{name}: {time.monotonic() - began:.1f} s")


def _say(line: str) -> None:
    click.echo(line, err=True)
