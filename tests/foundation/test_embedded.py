"""The embedded server: shared by its users, private, and back after whatever was killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from foundation.embedded import EmbeddedPostgres, running_database
from foundation.postgres_programs import EmbeddedFault
from foundation.postmaster import Postmaster

# Starts the server of a folder, says its URL, and waits to be killed.
USER = """
import sys, time
from pathlib import Path
from foundation.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder():
    """A short path under /tmp that the server's account can reach, gone afterwards with its server."""
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    place.chmod(0o755)
    yield place / "postgres"
    server = EmbeddedPostgres(place / "postgres")
    server.start()
    server.stop()
    shutil.rmtree(place)


@pytest.fixture
def other_user(folder):
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", USER, folder],
        env={**os.environ, "PYTHONPATH": f"{root / 'platform'}:{root}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _ask(url, question="SELECT 1"):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def _running(folder):
    try:
        return Postmaster.read(folder / "data").alive(folder / "data")
    except FileNotFoundError:
        return False


def test_starts_answers_and_leaves_nothing_running(folder):
    server = EmbeddedPostgres(folder)
    url = server.start()
    assert server.start() == url
    assert _ask(url, "SELECT current_database()") == "huiqi"
    assert int(_ask(url, "SHOW max_connections")) >= 100
    assert _ask(url, "SHOW fsync") == "on"
    assert _running(folder)
    server.stop()
    assert not _running(folder)
    server.stop()


def test_only_the_owner_may_enter(folder):
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        assert _ask(server.url, "SHOW listen_addresses") == ""
        for private in (folder, folder / "socket", folder / "data"):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        if os.geteuid() == 0:
            assert psutil.Process(Postmaster.read(folder / "data").pid).uids().real != 0
    finally:
        server.stop()


def test_what_is_stored_is_there_after_the_next_start(folder):
    with running_database(None, folder.parent) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '喆镕' AS name")
    with running_database(None, folder.parent) as url:
        assert _ask(url, "SELECT name FROM kept") == "喆镕"


def test_a_given_url_starts_nothing(tmp_path):
    with running_database("postgresql://elsewhere/huiqi", tmp_path) as url:
        assert url == "postgresql://elsewhere/huiqi"
    assert list(tmp_path.iterdir()) == []


def test_the_last_user_to_leave_stops_it(folder, other_user):
    other_url = other_user.stdout.readline().strip()
    server = EmbeddedPostgres(folder)
    assert server.start() == other_url
    server.stop()
    assert _ask(other_url) == 1, "another process still uses it"
    server.start()
    other_user.send_signal(signal.SIGKILL)
    other_user.wait()
    assert _ask(server.url) == 1, "a killed starter does not take it along"
    server.stop()
    assert not _running(folder)


def test_back_after_the_server_was_killed(folder):
    server = EmbeddedPostgres(folder)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    postmaster = psutil.Process(Postmaster.read(folder / "data").pid)
    postmaster.kill()
    psutil.wait_procs([postmaster], timeout=10)
    fresh = EmbeddedPostgres(folder)
    try:
        assert _ask(fresh.start(), "SELECT number FROM kept") == 7
    finally:
        fresh.stop()
        server.stop()


def test_starts_although_a_stranger_got_the_process_id_of_a_killed_server(folder):
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    # As a power cut leaves it: the file is there, its number belongs to somebody else by now.
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        left_over = folder / "data" / "postmaster.pid"
        left_over.write_text(f"{stranger.pid}\n{folder / 'data'}\n1\n5432\n{folder / 'socket'}\n\n  1234 5678\nready\n")
        shutil.chown(left_over, (folder / "data").stat().st_uid)
        assert _ask(server.start()) == 1
        server.stop()
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_creation_is_begun_anew(folder):
    (folder / "data.unfinished").mkdir(parents=True)
    (folder / "data.unfinished" / "PG_VERSION").write_text("18\n")
    with running_database(None, folder.parent) as url:
        assert _ask(url) == 1


def test_a_long_path_gets_a_short_private_socket_folder(folder):
    deep = folder.parent / ("惠企" * 20)
    server = EmbeddedPostgres(deep)
    assert _ask(server.start()) == 1
    socket_folder = Postmaster.read(deep / "data").socket_folder
    assert len(str(socket_folder)) < 60
    assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    server.stop()
    assert not socket_folder.exists()


def test_a_folder_with_awkward_letters_in_its_name_works(folder):
    server = EmbeddedPostgres(folder.parent / "it's 100% & $HOME")
    assert _ask(server.start()) == 1
    server.stop()


def test_a_place_that_is_no_folder_is_told_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedFault, match=r"file/postgres cannot be used \(Not a directory\): set HUIQI_DATA"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


def test_the_cluster_of_another_version_is_refused(folder):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedFault, match="was made by PostgreSQL 12, the embedded server is 18"):
        EmbeddedPostgres(folder).start()
    shutil.rmtree(folder)
