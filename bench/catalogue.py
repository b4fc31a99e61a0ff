"""The catalogue with 20 cards against a bare Flask page on the same server: who asks, how many programmes, kept or made anew."""

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from bench.load import drive

_WORKERS = 2
_THREADS = 4
_CARDS = 20
_PROGRAMMES = (2, 30)
_TURNS = 3
_KEPT = {"kept": "30", "anew": "0"}


def prepare(connection: Connection) -> None:
    """Leave 20 offerings in the catalogue; whoever calls indexes them."""
    connection.execute(
        text(
            "UPDATE offering_versions SET state = 'delisted' WHERE state = 'listed' AND id NOT IN "
            "(SELECT id FROM offering_versions WHERE state = 'listed' ORDER BY id LIMIT :cards)"
        ),
        {"cards": _CARDS},
    )


def measure(
    environment: Mapping[str, str], connection: Connection, person: tuple[str, str], *, seconds: float = 2.0
) -> dict[str, Any]:
    """``environment`` names a database with the demonstration in it, ``person`` is an enterprise's address and password."""
    found: dict[str, Any] = {}
    for programmes in _PROGRAMMES:
        _open(connection, programmes)
        for kept, kept_seconds in _KEPT.items():
            settings = dict(environment) | {
                "HUIQI_WEB_WORKERS": str(_WORKERS),
                "HUIQI_WEB_THREADS": str(_THREADS),
                "HUIQI_PUBLIC_PAGE_SECONDS": kept_seconds,
            }
            with _served(_OURS, settings, "/healthz") as ours, _served(_BARE, settings, "/") as bare:
                askers = {"visitor": {}, "enterprise": {"Cookie": _signed_in(ours, *person)}}
                for who, headers in askers.items():
                    found[f"{who}, {programmes} programmes, {kept}"] = _beside(ours, bare, headers, seconds)
    return found


def _beside(ours: int, bare: int, headers: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """The two servers take turns; each turn is a ratio of its own, as other work on the machine comes and goes."""
    cards = _text(ours, "/catalogue", headers).count("card-item")
    if cards != _CARDS:
        raise RuntimeError(f"{cards} cards instead of {_CARDS}")
    drive(ours, "/catalogue", seconds=1.0, headers=headers)
    turns = [
        (drive(ours, "/catalogue", seconds=seconds, headers=headers), drive(bare, "/", seconds=seconds))
        for _ in range(_TURNS)
    ]
    pages = [turn[0] for turn in turns]
    return {
        "pages_per_second": median(page["requests_per_second"] for page in pages),
        "p50_ms": median(page["p50_ms"] for page in pages),
        "p95_ms": median(page["p95_ms"] for page in pages),
        "failed": sum(page["failed"] for page in pages),
        "bare_flask_pages_per_second": median(limit["requests_per_second"] for _, limit in turns),
        "ratio": round(median(page["requests_per_second"] / limit["requests_per_second"] for page, limit in turns), 3),
    }


def _open(connection: Connection, programmes: int) -> None:
    """Copies of the demonstration's open programme, with its rules, until so many are open."""
    for _ in range(programmes - (connection.scalar(text("SELECT count(*) FROM programmes WHERE state = 'open'")) or 0)):
        source = connection.scalar(text("SELECT id FROM programmes WHERE state = 'open' ORDER BY id LIMIT 1"))
        copy = _copied(connection, "programmes", "id", source, {"number": "'bench-' || gen_random_uuid()"})
        _copied(connection, "programme_versions", "programme_id", source, {"programme_id": f"'{copy}'"})
    connection.commit()


def _copied(connection: Connection, table: str, column: str, value: Any, changes: Mapping[str, str]) -> Any:
    columns = connection.scalars(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = :table AND is_generated = 'NEVER'"),
        {"table": table},
    ).all()
    values = {name: f'"{name}"' for name in columns} | {"id": "gen_random_uuid()"} | dict(changes)
    into, chosen = ", ".join(f'"{name}"' for name in values), ", ".join(values.values())
    query = f"INSERT INTO {table} ({into}) SELECT {chosen} FROM {table} WHERE {column} = :value RETURNING id"  # noqa: S608
    return connection.scalars(text(query), {"value": value}).first()


def _signed_in(port: int, email: str, password: str) -> str:
    """The cookies of a browser in which this person is signed in."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/sign-in"
    page = browser.open(address).read().decode()
    main = page[page.index("<main") :]
    fields = dict(re.findall(r'name="(csrf_token|submission_id)"[^>]*value="([^"]*)"', main))
    browser.open(address, urllib.parse.urlencode(fields | {"email": email, "password": password}).encode()).read()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    if "/sign-out" not in _text(port, "/catalogue", {"Cookie": cookies}):
        raise RuntimeError(f"{email} could not sign in")
    return cookies


def _text(port: int, path: str, headers: Mapping[str, str]) -> str:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers))
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own address
        return str(answer.read().decode())


_OURS = [sys.executable, "-P", "-c", "from cli.main import main; main()", "web", "--port"]
_BARE = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--workers", str(_WORKERS)),
    *("--blocking-threads", str(_THREADS), "--log-level", "warning", "bench.bare:make_app", "--port"),
]


@contextmanager
def both_servers(environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """The ports of our program and of the bare page, on the same server with as many processes and threads."""
    settings = dict(environment) | {"HUIQI_WEB_WORKERS": str(_WORKERS), "HUIQI_WEB_THREADS": str(_THREADS)}
    with _served(_OURS, settings, "/healthz") as our_port, _served(_BARE, settings, "/") as bare_port:
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
