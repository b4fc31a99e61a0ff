"""Everything on one machine: what was started is stopped, whoever dies, and a used port is told in one line."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import psutil
import psycopg
import pytest

from cli import household
from cli.port import alone_on
from foundation.embedded import EmbeddedPostgres
from foundation.postmaster import Postmaster
from foundation.roles import EMBEDDED_ROLE

ROOT = Path(__file__).parents[2]
HUIQI = [sys.executable, "-P", "-c", "from cli.main import main; main(prog_name='huiqi')"]

pytestmark = pytest.mark.concurrency


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(data):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUIQI_", "DATABASE_URL"))}
    return {**kept, "HUIQI_DATA": str(data), "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}


@pytest.fixture
def house(tmp_path):
    """A running ``huiqi serve`` on an embedded database of its own, and its port."""
    port = _free_port()
    log = tmp_path / "log"
    with tempfile.TemporaryDirectory(prefix="hq-") as data, log.open("wb") as output:
        Path(data).chmod(0o755)
        log.with_name("data").symlink_to(data)
        process = psutil.Popen(
            [*HUIQI, "serve", "--no-demo", "--port", str(port)],
            env=_environment(data),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _until(lambda: "Ctrl-C stops" in log.read_text() or process.poll() is not None, 90)
            assert process.poll() is None, log.read_text()
            yield process, port, log
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)


def _until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def _named(process, name):
    return next(child for child in process.children() if name in _command(child))


def _command(child):
    """Its command line; none for one that has just ended: until it is waited for, or after that, it has no such line."""
    try:
        return child.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []


def _postmaster(house):
    _process, _port, log = house
    return psutil.Process(Postmaster.read(log.with_name("data") / "postgres" / "data").pid)


def _health(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_it_answers_restarts_a_dead_worker_and_stops_all_that_it_started(house):
    process, port, log = house
    assert _health(port) == 200

    worker = _named(process, "worker")
    worker.kill()
    _until(lambda: "is started again" in log.read_text(), 20)
    assert _named(process, "worker").pid != worker.pid

    started = process.children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 0
    _, left = psutil.wait_procs(started, timeout=10)
    assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []


def test_pages_and_worker_are_at_the_database_as_a_role_that_owns_nothing(house):
    _process, _port, log = house
    url = EmbeddedPostgres(log.with_name("data") / "postgres").url
    with psycopg.connect(url) as connection:
        asked = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'huiqi' AND pid <> pg_backend_pid()"
        assert connection.execute(asked).fetchall() == [(EMBEDDED_ROLE,)]


def test_dead_pages_are_started_again_and_their_own_processes_are_gone(house):
    process, port, log = house
    web = _named(process, "web")
    started = [web, *web.children(recursive=True)]
    assert len(started) >= 3
    web.kill()
    _until(lambda: "web has died (exit code -9) and is started again" in log.read_text(), 20)
    _, left = psutil.wait_procs(started, timeout=20)
    assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []
    _until(lambda: _health(port) == 200, 60)
    assert process.poll() is None


def test_pages_that_die_again_and_again_stop_everything(house):
    process, port, log = house
    killed = set()

    def kill_the_next():
        # Not before it is the program itself: a process that has not replaced itself yet has our own command line.
        for each in process.children():
            if each.pid not in killed and "web" in _command(each):
                each.kill()
                killed.add(each.pid)
        return process.poll() is not None

    _until(kill_the_next, 60)
    assert process.wait(40) == 1
    assert "web has died (exit code -9) too often" in log.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_dead_database_is_started_again(house):
    process, port, log = house
    killed = _postmaster(house)
    killed.kill()
    _until(lambda: "database has died" in log.read_text(), 20)
    _until(lambda: _health(port) == 200, 60)
    assert process.poll() is None
    assert _postmaster(house).pid != killed.pid


def test_when_we_are_killed_everything_ends_and_the_next_start_works(house):
    process, port, log = house
    started = [*process.children(recursive=True), _postmaster(house)]
    # The pages and the worker, the pages' own processes, the database.
    assert len(started) >= 5
    process.kill()
    _, left = psutil.wait_procs(started, timeout=40)
    assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []
    again = subprocess.Popen(
        [*HUIQI, "serve", "--no-demo", "--port", str(port)],
        env=_environment(log.with_name("data").readlink()),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert any("Ctrl-C stops" in line for line in again.stderr)
    finally:
        again.terminate()
        again.communicate(timeout=60)


def test_when_the_pages_are_killed_their_own_processes_end_too(tmp_path):
    """As a service of its own, without ``serve`` to clean up."""
    port, log = _free_port(), tmp_path / "log"
    with tempfile.TemporaryDirectory(prefix="hq-") as data:
        Path(data).chmod(0o755)
        environment = _environment(data)
        subprocess.run([*HUIQI, "migrate"], env=environment, check=True, capture_output=True)
        with log.open("wb") as output:
            process = psutil.Popen(
                [*HUIQI, "web", "--port", str(port)], env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        _until(lambda: _health(port) == 200, 60)
        workers = process.children(recursive=True)
        assert workers
        process.kill()
        process.wait(10)
        _, left = psutil.wait_procs(workers, timeout=40)
        assert left == []
        subprocess.run([*HUIQI, "ledger", "verify"], env=environment, check=True, capture_output=True)


def test_two_of_us_never_share_a_port():
    port = _free_port()
    with alone_on("127.0.0.1", port):
        answer = subprocess.run(
            [*HUIQI, "web", "--port", str(port)],
            env=_environment("/nowhere/at/all"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (answer.returncode, answer.stderr) == (
            1,
            f"port {port} cannot be used (another huiqi serves there): try --port {port + 1}\n",
        )
    with alone_on("127.0.0.1", port):
        pass


def test_a_used_port_is_told_in_one_line(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        answer = subprocess.run(
            [*HUIQI, "serve", "--no-demo", "--port", str(port)],
            env=_environment(tmp_path / "var"),
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 1
    assert answer.stderr == f"port {port} cannot be used (Address already in use): try --port {port + 1}\n"
    assert not (tmp_path / "var").exists()


def test_web_and_worker_never_have_the_owners_address(monkeypatch):
    seen = "import os, sys; sys.exit('HUIQI_OWNER_DATABASE_URL' in os.environ)"
    monkeypatch.setattr(household, "_HUIQI", (sys.executable, "-c", seen))
    processes = household.Household({**os.environ, "HUIQI_OWNER_DATABASE_URL": "postgresql://owner@db/huiqi"})
    processes.start("web")
    assert processes.processes["web"].wait(30) == 0
    with pytest.raises(click.ClickException, match="exit code 1"):
        processes.call("migrate")
