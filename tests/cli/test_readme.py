"""The README's way to production, step by step on an empty database: it ends in a doctor that finds no fault."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, make_url, text

from cli.main import main
from foundation.roles import EMBEDDED_ROLE, make_role

ROOT = Path(__file__).parents[2]
HUIQI = [sys.executable, "-P", "-c", "from cli.main import main; main(prog_name='huiqi')"]

pytestmark = pytest.mark.concurrency


def steps() -> list[str]:
    """The lines that somebody copies from the section, in their order."""
    section = re.search(r"## To production\n(.*?)\nHow it is built", (ROOT / "README.md").read_text("utf8"), re.DOTALL)
    assert section is not None
    return re.findall(r"^ {7}(\S.*)$", section[1], re.MULTILINE)


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """A database without a table."""
    name = f"test_{uuid4().hex[:12]}"
    admin = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def production(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of the first step, with a database and a folder that there are, and a key that was made."""
    given = dict(line.split("=", 1) for line in steps() if re.match(r"[A-Z_]+=\S*$", line))
    with psycopg.connect(empty_database.replace("+psycopg", "")) as connection:
        make_role(connection, EMBEDDED_ROLE)
    limited = make_url(empty_database).set(username=EMBEDDED_ROLE).render_as_string(hide_password=False)
    given |= {"DATABASE_URL": limited, "HUIQI_DATA": str(tmp_path)}
    given["HUIQI_SECOND_FACTOR_KEYS"] = Fernet.generate_key().decode()
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def test_the_steps_to_production_end_without_a_fault(production: dict[str, str], empty_database: str) -> None:
    # The owner's address stands in the environment of the one command that is written with it.
    assert [line.split()[1:] for line in steps() if line.startswith("HUIQI_OWNER_DATABASE_URL=")] == [
        ["huiqi", "migrate"]
    ]
    commands = [shlex.split(line)[1:] for line in steps() if line.startswith("huiqi ")]
    assert commands[0] == ["migrate"]
    assert commands[-1] == ["doctor"]
    paths = {"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    worker = None
    try:
        for command in commands[:-1]:
            if command == ["web"]:
                continue
            if command == ["worker"]:
                worker = subprocess.Popen([*HUIQI, "worker"], env={**os.environ, **production, **paths})
                continue
            owner = {"HUIQI_OWNER_DATABASE_URL": empty_database} if command == ["migrate"] else {}
            answered = CliRunner().invoke(main, command, input="a long enough phrase\n" * 2, env=owner)
            assert answered.exit_code == 0, answered.output
        deadline = time.monotonic() + 90
        while (last := CliRunner().invoke(main, ["doctor"])).exit_code and time.monotonic() < deadline:
            time.sleep(1)
        assert last.exit_code == 0, last.output
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait(30)
