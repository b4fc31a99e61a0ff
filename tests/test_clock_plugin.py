"""``--clock``: every test starts at the moment, on the day that its module saw, and never before what it shares."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.clock

_TESTS = """
import threading
import pytest
from foundation.clock import local, now, today

DAY = today()


@pytest.fixture(scope="session")
def shared():
    return now()


@pytest.mark.parametrize("which", ["first", "second"])
def test_moment(shared, which):
    told = []
    thread = threading.Thread(target=lambda: told.append(f"{local(now()):%Y-%m-%d %H:%M}"))
    thread.start()
    thread.join()
    assert (told, f"{DAY}", today()) == (["2028-02-29 00:05"], "2028-02-29", DAY)
    assert shared < now()


@pytest.mark.present
def test_database():
    raise AssertionError("the database did not travel")
"""


def _run(folder: Path, *arguments: str, text: str = _TESTS) -> subprocess.CompletedProcess[str]:
    (folder / "test_moment.py").write_text(text, encoding="utf8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  present\n  clock\n", encoding="utf8")
    command = [sys.executable, "-m", "pytest", "-p", "clock_plugin", *arguments, str(folder)]
    here = {"PYTHONPATH": str(Path(__file__).parent), "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=here, capture_output=True, text=True, check=False)


def test_all_threads_start_at_the_moment_and_the_databases_clock_is_left_out(tmp_path):
    done = _run(tmp_path, "--clock", "2028-02-29T00:05")
    assert done.returncode == 0, done.stdout
    assert "2 passed, 1 deselected" in done.stdout
    assert "clock: every test starts at 2028-02-29 00:05 in China" in done.stdout


def test_a_moment_that_is_none_is_refused(tmp_path):
    done = _run(tmp_path, "--clock", "30 February")
    assert (done.returncode, "write a moment as 2028-02-29T00:05" in done.stderr) == (4, True)


_NOTED = """
import threading
import pytest
from foundation.clock import now, today, travel

@pytest.fixture(scope="session")
def shared():
    return today()

def test_of_numbers():
    assert 1 + 1 == 2

def test_that_asks():
    assert now()

def test_that_asks_in_a_thread():
    thread = threading.Thread(target=today)
    thread.start()
    thread.join()

def test_with_a_shared_thing(shared):
    assert shared

def test_with_what_an_earlier_test_made(shared):
    assert shared

def test_that_fails():
    raise AssertionError
"""


def test_what_never_asks_the_clock_runs_at_one_other_moment_only(tmp_path):
    notes = str(tmp_path / "notes")
    tests = tmp_path / "tests"
    tests.mkdir()
    first = _run(tests, "--clock", "2028-02-29T00:05", "--note-clock", notes, text=_NOTED)
    assert "1 failed, 5 passed" in first.stdout
    second = _run(tests, "-v", "--clock", "2026-12-31T23:55", "--noted-clock", notes, text=_NOTED)
    assert "1 failed, 4 passed, 1 deselected" in second.stdout
    assert "test_of_numbers" not in second.stdout


def test_a_module_that_asks_while_it_is_imported_is_run_at_every_moment(tmp_path):
    notes = str(tmp_path / "notes")
    tests = tmp_path / "tests"
    tests.mkdir()
    module = "from foundation.clock import today\nDAY = today()\ndef test_of_the_day():\n    assert DAY\n"
    assert _run(tests, "--clock", "2028-02-29T00:05", "--note-clock", notes, text=module).returncode == 0
    done = _run(tests, "--clock", "2026-12-31T23:55", "--noted-clock", notes, text=module)
    assert "1 passed" in done.stdout, done.stdout
    assert "deselected" not in done.stdout
