"""The processes of ``huiqi serve``: started together, stopped together, and gone with us when we are killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

import click

from foundation.keeper import keep

_HUIQI: Final = (sys.executable, "-P", "-c", "from cli.main import main; main(prog_name='huiqi')")
_STOP_SECONDS: Final = 25
_FOR_MIGRATE_ALONE: Final = "HUIQI_OWNER_DATABASE_URL"
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Household:
    """The processes that we started; leaving the block stops them, whatever happens in it."""

    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    calls: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        keep(self.environment)
        return self

    def __exit__(self, *_: object) -> None:
        be_deaf()
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for name, process in self.processes.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{name} does not stop, so it is killed")
            _end_group(process)

    def start(self, name: str, *arguments: str) -> None:
        """Start ``huiqi ARGUMENTS`` in a session of its own: Ctrl-C reaches us alone, and we stop it in good order."""
        self.calls[name] = arguments
        environment = {key: value for key, value in self.environment.items() if key != _FOR_MIGRATE_ALONE}
        self.processes[name] = subprocess.Popen(
            [*_HUIQI, *arguments], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def start_again(self, name: str) -> None:
        """Start what has died as it was started before, once all that it had started itself is gone."""
        _end_group(self.processes[name])
        self.start(name, *self.calls[name])

    def died(self) -> list[tuple[str, int]]:
        """Names and exit codes of those that have ended by themselves."""
        return [(name, code) for name, each in self.processes.items() if (code := each.poll()) is not None]

    def call(self, *arguments: str) -> None:
        """Run ``huiqi ARGUMENTS`` to its end; a failure ends us too."""
        self._run(arguments, None)

    def answer(self, *arguments: str) -> str:
        """What ``huiqi ARGUMENTS`` prints; a failure ends us too."""
        return self._run(arguments, subprocess.PIPE)

    def _run(self, arguments: tuple[str, ...], output: int | None) -> str:
        done = subprocess.run(
            [*_HUIQI, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            check=False,
            encoding="utf-8",
        )
        if done.returncode != 0:
            say((done.stdout or "").rstrip())
            raise click.ClickException(f"`huiqi {' '.join(arguments)}` failed with exit code {done.returncode}")
        return done.stdout or ""


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process and of those that it had started itself, which outlive it when it is killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def be_deaf() -> None:
    """From here on nothing interrupts the stopping, not even a second Ctrl-C."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


def say(line: str) -> None:
    """A line on standard error."""
    click.echo(line, err=True)
