"""``huiqi staff`` as the operator types it: whatever is wrong is one line, and never a traceback."""

import pytest
from click.testing import CliRunner
from factories import new_uscc

from cli.main import COMMANDS, main
from cli.staff import staff

ADD = ("staff", "add", "--kind", "bureau", "--organisation", "样例市工信局", "--uscc", new_uscc(), "--region", "350200")
LIN = ("--person", "林初审", "--email", "lin@example.cn", "--password", "a long enough phrase")


@pytest.fixture
def huiqi(new_database, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", new_database())
    monkeypatch.setenv("HUIQI_DATA", str(tmp_path))
    for command in staff.commands.values():
        # ``main`` lets them run on the database of the settings; other tests of this process call them on their own session.
        monkeypatch.setattr(command, "callback", command.callback)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_somebody_who_is_there_already_is_one_line_and_exit_2(huiqi):
    assert huiqi(*ADD, "--role", "officer", *LIN).exit_code == 0
    for role in ("officer", "reviewer"):
        again = huiqi(*ADD, "--role", role, *LIN)
        assert again.exit_code == 2
        assert again.stderr.count("\n") == 1
        assert "lin@example.cn" in again.stderr


def test_a_rule_that_only_the_database_knows_is_one_line_too(huiqi, monkeypatch):
    """Two operators at once: the second one's row is refused by the index alone."""
    monkeypatch.setattr("accounts.staff._ensure_not_there", lambda *_: None)
    assert huiqi(*ADD, "--role", "officer", *LIN).exit_code == 0
    again = huiqi(*ADD, "--role", "officer", *LIN)
    assert again.exit_code == 1
    assert again.stderr.count("\n") == 1
    assert "Traceback" not in again.output
    assert "staff" in COMMANDS
