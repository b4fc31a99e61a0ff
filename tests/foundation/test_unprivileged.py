"""The account that runs PostgreSQL for root: made once, however many processes find it missing at the same time."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from foundation import unprivileged

ROOT = Path(__file__).parents[2]

# useradd as two at once behave: an account that is being made twice gets two numbers, and the first one is lost.
MAKER = """
import sys, time
from pathlib import Path
accounts = Path(sys.argv[-2])
time.sleep(0.3)
with accounts.open("a") as file:
    file.write("made ")
"""

ASKER = """
import pwd, sys
from pathlib import Path
from types import SimpleNamespace
from foundation import unprivileged
accounts = Path(sys.argv[1])

def look_up(name):
    if name == "huiqi" and "made" not in accounts.read_text():
        raise KeyError(name)
    return SimpleNamespace(pw_name=name)

def add(command, **options):
    import subprocess, sys
    subprocess.Popen([sys.executable, "-c", MAKER, accounts, command[-1]]).wait()
    return SimpleNamespace(returncode=0)

MAKER = sys.argv[2]
pwd.getpwnam = look_up
unprivileged.os.geteuid = lambda: 0
unprivileged.shutil.which = lambda *_, **__: "useradd"
unprivileged.subprocess.run = add
print("ready", flush=True)
sys.stdin.readline()
print(unprivileged.server_account().pw_name)
"""


@pytest.fixture
def account_files(tmp_path: Path) -> Path:
    accounts = tmp_path / "accounts"
    accounts.write_text("")
    return accounts


def test_processes_that_all_miss_the_account_make_it_once(account_files: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, account_files, MAKER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in asking:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate()[0].strip() for process in asking] == ["huiqi"] * 4
    assert account_files.read_text().split() == ["made"]


def test_a_busy_account_file_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([1, 0])
    there: list[str] = []

    def look_up(name: str) -> str:
        if name == "huiqi" and not there:
            raise KeyError(name)
        return name

    def add(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        code = next(answers)
        if code == 0:
            there.append(command[-1])
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", look_up)
    monkeypatch.setattr(unprivileged.shutil, "which", lambda *_args, **_options: "useradd")
    monkeypatch.setattr(unprivileged.subprocess, "run", add)
    monkeypatch.setattr(unprivileged.time, "sleep", lambda _seconds: None)
    assert unprivileged.server_account() == "huiqi"
    assert there == ["huiqi"]


def test_without_useradd_nobody_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(name: str) -> str:
        if name == "huiqi":
            raise KeyError(name)
        return name

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", look_up)
    monkeypatch.setattr(unprivileged.shutil, "which", lambda *_args, **_options: None)
    assert unprivileged.server_account() == "nobody"


def test_who_is_not_root_runs_it_as_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged.server_account() is None
