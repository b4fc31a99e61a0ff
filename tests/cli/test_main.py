"""The command as people call it: quick where it needs no database, one line for an error, the promised exit codes."""

import json
import os
import shlex
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cli.main import COMMANDS
from foundation.actors import SYSTEM
from foundation.clock import at, stopped, today
from foundation.database import make_engine
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from ledger.accounts import account
from ledger.days import fold
from ledger.models import AccountKind
from ledger.posting import Posting, post

pytestmark = pytest.mark.clock

ROOT = Path(__file__).parents[2]
HUIQI = [sys.executable, "-P", "-c", "from cli.main import main; main(prog_name='huiqi')"]


@pytest.fixture
def huiqi(tmp_path):
    def run(*arguments, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUIQI_", "DATABASE_URL"))}
        return subprocess.run(
            [*HUIQI, *arguments],
            cwd=tmp_path,
            env={
                **kept,
                "HUIQI_DATA": str(tmp_path / "var"),
                "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def on_database(huiqi, new_database):
    url = new_database()
    return lambda *arguments: huiqi(*arguments, DATABASE_URL=url)


def _one_line(told):
    assert told.endswith("\n")
    assert told.count("\n") == 1
    return told


def test_help_names_every_command(huiqi):
    answer = huiqi("--help")
    assert answer.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in answer.stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in {"bench", "demo"}])
def test_each_command_can_be_loaded_and_helps(huiqi, name):
    answer = huiqi(name, "--help")
    assert answer.returncode == 0, answer.stderr
    assert "Usage: huiqi" in answer.stdout


def test_a_command_without_database_starts_none_and_loads_nothing_heavy(huiqi, tmp_path):
    began = time.monotonic()
    answer = huiqi("uscc", "91350200M000100Y43")
    assert time.monotonic() - began < 5
    assert answer.returncode in {0, 1}
    json.loads(answer.stdout)
    assert not (tmp_path / "var").exists()


def test_commands_without_database_import_neither_flask_nor_sqlalchemy():
    program = (
        "import sys; from cli.main import main\n"
        "try: main(['uscc', '91350200M000100Y43'])\n"
        "except SystemExit: pass\n"
        "sys.exit(sum(name in sys.modules for name in ('flask', 'sqlalchemy', 'reportlab', 'rjieba')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "No such command 'nothing'"),
        ([], "Missing command, one of: rules, schemes"),
        (["rules"], "huiqi rules --help"),
        (["rules", "check", "srdi-beijing-2021"], "Missing option '--facts'; see huiqi rules check --help"),
        (["uscc"], "Missing argument"),
        (["rules", "show", "no-such-rules"], "no-such-rules"),
        (["web", "--port", "99999"], "99999"),
        (["schemes", "simulate", "xiamen-2021", "--input", "absent.json"], "absent.json"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(huiqi, arguments, told):
    answer = huiqi(*arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert told in _one_line(answer.stderr)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_chinese_comes_out_whole_whatever_the_encoding(huiqi, encoding):
    for arguments in (["rules", "list"], ["targets", "list"]):
        assert "北京市" in huiqi(*arguments, PYTHONIOENCODING=encoding).stdout


def test_a_seed_is_taken_verbatim_whatever_the_locale(huiqi, tmp_path):
    (tmp_path / "list.csv").write_text("id\n甲\n乙\n", encoding="utf-8")
    draw = ["sample", "draw", "--population", "list.csv", "--rate", "50", "--seed", "二〇二一", "--json"]
    plain = huiqi(*draw, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout == huiqi(*draw, PYTHONUTF8="1").stdout
    assert json.loads(plain.stdout)["seed"] == "二〇二一"


def _huiqi_with_output(redirection, *arguments):
    """The command under a shell that sends its standard output somewhere special."""
    line = shlex.join([*HUIQI, *arguments])
    paths = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    return subprocess.run(
        ["sh", "-c", f"{line} {redirection}"], env=paths, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("arguments", [["rules", "list"], ["rules", "list", "--json"], ["targets", "list"]])
def test_without_a_standard_output_there_is_no_traceback(arguments):
    answer = _huiqi_with_output(">&-", *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["rules", "list"], ["targets", "list", "--json"], ["--help"]])
def test_a_full_disk_is_told_in_one_line(arguments):
    answer = _huiqi_with_output(">/dev/full", *arguments)
    assert answer.returncode == 1
    assert "No space left" in _one_line(answer.stderr)


def test_faulty_settings_are_told_one_line_each(huiqi):
    answer = huiqi("migrate", HUIQI_DEBUG="perhaps", HUIQI_LANGUAGE="fr")
    assert answer.returncode == 2
    assert [line.split(":")[0] for line in answer.stderr.splitlines()] == ["HUIQI_DEBUG", "HUIQI_LANGUAGE"]


def test_a_database_that_is_away_is_one_line_without_its_password(huiqi):
    answer = huiqi("ledger", "verify", DATABASE_URL="postgresql://huiqi:hush@127.0.0.1:1/huiqi")
    assert answer.returncode == 1
    assert "cannot be reached" in _one_line(answer.stderr)
    assert "hush" not in answer.stderr


def test_the_ledger_of_an_empty_database_adds_up(on_database):
    answer = on_database("ledger", "verify", "--at", "2026-03-31T18:00", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "ok": True,
        "at": "2026-03-31T18:00:00+08:00",
        "transfers": 0,
        "programmes": [],
        "faults": [],
    }


def test_facts_of_days_are_counted_anew_and_told_when_they_were_different(huiqi, new_database):
    url = new_database()
    engine = make_engine(url)
    programme = new_id()
    with stopped(at(today() - timedelta(days=1))), unit_of_work(engine) as session:
        ends = [account(session, kind, programme) for kind in (AccountKind.TREASURY, AccountKind.POOL)]
        post(session, SYSTEM, [Posting(new_id(), *ends, 500, "appropriate", programme, "programmes", programme)])
    with unit_of_work(engine) as session:
        fold(session)
    same = huiqi("ledger", "rebuild", "--json", DATABASE_URL=url)
    assert (same.returncode, json.loads(same.stdout)) == (
        0,
        {"ok": True, "same": True, "transfers": 1, "facts": 2, "faults": []},
    )
    with unit_of_work(engine) as session:
        session.execute(text("UPDATE ledger_days SET incoming = 501 WHERE kind = 'pool'"))
    different = huiqi("ledger", "verify", DATABASE_URL=url)
    assert (different.returncode, "stores for the day" in different.stdout) == (1, True)
    mended = huiqi("ledger", "rebuild", DATABASE_URL=url)
    assert (mended.returncode, "stores for the day" in mended.stdout) == (1, True)
    assert huiqi("ledger", "rebuild", DATABASE_URL=url).stdout.endswith("the same\n")
    # Nobody's programme, so that the rows know nothing of it; of the facts nothing is told any more.
    assert "stores for the day" not in huiqi("ledger", "verify", DATABASE_URL=url).stdout
    engine.dispose()


def test_the_audit_trail_of_an_empty_database_is_whole(on_database):
    answer = on_database("audit", "verify", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["ok"] is True


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-02-30", "0001-01-01T00:00+14:00", "9999-12-31T23:00-12:00"])
def test_a_time_that_is_none_is_refused_before_any_database_is_asked(huiqi, moment):
    answer = huiqi("ledger", "verify", "--at", moment, DATABASE_URL="postgresql://huiqi@127.0.0.1:1/huiqi")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert repr(moment) in _one_line(answer.stderr)


def test_migrating_twice_changes_nothing(on_database):
    first, second = on_database("migrate"), on_database("migrate")
    assert first.returncode == second.returncode == 0
    assert first.stderr == second.stderr


def test_the_doctor_tells_each_part(on_database):
    answer = on_database("doctor", "--json")
    findings = {finding["part"]: finding for finding in json.loads(answer.stdout)}
    for part in ("python", "files", "fonts", "database", "migrations", "failed jobs", "programmes", "roles"):
        assert findings[part]["ok"], findings[part]
    assert "no worker gives a sign" in findings["jobs"]["told"]
    assert "nobody is officer, reviewer, budget_holder, payer, auditor, administrator" in findings["roles"]["told"]
    assert all(finding["ok"] or finding["remedy"] for finding in findings.values())
    assert answer.returncode == (0 if all(finding["ok"] for finding in findings.values()) else 1)


def test_the_doctors_table_cuts_nothing_off(huiqi):
    answer = huiqi("doctor", DATABASE_URL="postgresql://huiqi@127.0.0.1:1/huiqi")
    assert answer.returncode == 1
    assert "…" not in answer.stdout
    assert "HUIQI_ENVIRONMENT=production for real use" in answer.stdout


def test_the_doctor_sends_to_migrate_when_tables_are_missing(huiqi, server_url):
    answer = huiqi("doctor", "--json", DATABASE_URL=server_url)
    findings = {finding["part"]: finding for finding in json.loads(answer.stdout)}
    assert answer.returncode == 1
    assert "huiqi migrate" in findings["migrations"]["remedy"]
