"""Catalogue page requests a second against a bare Flask page on the same server."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.load import drive

_WORKERS = 2
_THREADS = 4


def measure(environment: Mapping[str, str], *, seconds: float = 8.0) -> dict[str, Any]:
    """``environment`` names a database with the demonstration in it; the two servers take turns."""
    with both_servers(environment) as (our_port, bare_port):
        for port, path in ((our_port, "/catalogue"), (bare_port, "/")):
            drive(port, path, seconds=1.0)
        turns = [
            (
                drive(our_port, "/catalogue?q=%E4%B8%8A%E4%BA%91", seconds=seconds / 4),
                drive(bare_port, "/", seconds=seconds / 4),
            )
            for _ in range(2)
        ]
    page = turns[-1][0]
    pages = sum(turn[0]["requests_per_second"] for turn in turns) / len(turns)
    limit = sum(turn[1]["requests_per_second"] for turn in turns) / len(turns)
    return {
        "catalogue_pages_per_second": round(pages, 1),
        "p50_ms": page["p50_ms"],
        "p95_ms": page["p95_ms"],
        "failed": sum(turn[0]["failed"] for turn in turns),
        "bare_flask_pages_per_second": round(limit, 1),
        "ratio": round(pages / limit, 3),
    }


@contextmanager
def both_servers(environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The ports of our program and of the bare page, on the same server with as many processes and threads."""
    ours = [sys.executable, "-P", "-c", "from cli.main import main; main()", "web", "--port"]
    bare = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--workers", str(_WORKERS)),
        *("--blocking-threads", str(_THREADS), "--log-level", "warning", "bench.bare:make_app", "--port"),
    ]
    settings = dict(environment) | {"HUIQI_WEB_WORKERS": str(_WORKERS), "HUIQI_WEB_THREADS": str(_THREADS)}
    with _served(ours, settings, "/healthz") as our_port, _served(bare, settings, "/") as bare_port:
        yield our_port, bare_port


@contextmanager
def _served(command: list[str], environment: Mapping[str, str], path: str) -> Iterator[int]:
    """A server process on a free port for the block; it is ended by its own id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [*command, str(port)], env=os.environ | dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}{path}")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {url}")
