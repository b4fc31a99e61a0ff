"""The port of the web server: one clear line when it is used, and never two of us on it."""

import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

# What a former run that was killed may still need to end.
_PATIENCE_SECONDS: Final = 5
_TICK_SECONDS: Final = 0.2
_HIGHEST: Final = 65_535


def refuse_used_port(host: str, port: int) -> None:
    """One clear line when the port is used, also in a few seconds' time: a former run may just be ending."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (reason := _why_not(host, port)) is not None:
        if time.monotonic() > deadline:
            raise _cannot(port, reason)
        time.sleep(_TICK_SECONDS)


@contextmanager
def alone_on(host: str, port: int) -> Iterator[None]:
    """Be the only server of this account on the port for the block.

    The server shares the port among its processes (SO_REUSEPORT), so the system lets a second server of the same account
    in, and visitors would get the pages of the one or of the other. The kernel gives the lock back with the process.
    """
    place = Path(tempfile.gettempdir()) / f"huiqi-{os.getuid()}-{port}.lock"
    try:
        lock = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        # Somebody else's file, or no such folder: then only what is listening already is noticed.
        refuse_used_port(host, port)
        yield
        return
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise _cannot(port, "another huiqi serves there")
            time.sleep(_TICK_SECONDS)
        refuse_used_port(host, port)
        yield
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _cannot(port: int, reason: str) -> click.ClickException:
    other = port + 1 if port < _HIGHEST else port - 1
    return click.ClickException(f"port {port} cannot be used ({reason}): try --port {other}")


def _why_not(host: str, port: int) -> str | None:
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            # As the server does: a connection of a former run that is closing does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror
    return None
