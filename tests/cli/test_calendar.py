"""``huiqi calendar``: a notice from a file, the days of a year, and faults told in one line."""

from datetime import date

import pytest
from calendar_cases import SPRING_2027
from click.testing import CliRunner
from sqlalchemy import text

from cli.doctor_rooms import calendar
from cli.main import main
from foundation.actors import SYSTEM
from foundation.clock import at, travel
from working_days.entering import enter
from working_days.reading import read

pytestmark = pytest.mark.clock


@pytest.fixture
def huiqi(own_engine, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", own_engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("HUIQI_DATA", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def written(tmp_path, content):
    path = tmp_path / "days.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_year_is_entered_and_shown(huiqi, tmp_path, own_engine):
    shown = huiqi("calendar", "show", "2027")
    assert "2027-02-05" in shown.stdout
    assert "2027-02-20" not in shown.stdout
    assert "国务院令第795号" in shown.stdout
    answer = huiqi(
        "calendar", "import", written(tmp_path, b"\xef\xbb\xbf" + SPRING_2027.encode()), "--document", "文号一"
    )
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert "2027: 8 holidays, 2 make-up working days" in answer.stdout
    shown = huiqi("calendar", "show", "2027").stdout
    assert "2027-02-20" in shown
    assert "entered here" in shown
    assert "文号一" in shown
    with own_engine.connect() as connection:
        queued = connection.execute(text("SELECT args ->> 'kind' FROM procrastinate_jobs ORDER BY 1")).scalars().all()
    assert queued == ["certifications", "notices", "orders"]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (
            "date,kind,name\n2027-01-01,holiday,元旦\n2027-01-04,workday,元旦\n",
            (),
            "line 3 column 2 (kind): 2027-01-04 is no Saturday",
        ),
        (
            "date,kind,name\n2027-01-01,holiday,元旦\n",
            ("--year", "2028"),
            "line 2 column 1 (date): 2027-01-01 is not in 2028",
        ),
        ("date,kind,name\n2027-01-01,holiday,元旦\n".encode("utf-16"), (), "is not UTF-8"),
        (
            "date,kind,name\n2027-01-01,holiday,元旦\n2027-1-2,x,元旦\n",
            (),
            "line 3 column 1 (date): “2027-1-2” is not a date",
        ),
    ],
)
def test_a_fault_is_one_line_and_nothing_is_entered(huiqi, tmp_path, content, options, told):
    path = written(tmp_path, content)
    answer = huiqi("calendar", "import", path, *options)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"{path}: ")
    assert told in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert "entered here" not in huiqi("calendar", "show", "2027").stdout


def test_a_wrong_file_starts_no_database(huiqi, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    answer = huiqi("calendar", "import", "nothing.csv")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("nothing.csv: cannot be read")
    assert huiqi("calendar", "show", "1").exit_code == 2


@pytest.mark.parametrize(
    ("day", "ok", "told"),
    [
        (date(2026, 9, 30), True, "the notice of 2026 is known"),
        (date(2026, 10, 1), True, "the notice of 2027 is not entered"),
        (date(2027, 1, 1), False, "the notice of 2027 is not entered"),
    ],
)
def test_the_doctor_says_from_october_on_that_a_notice_is_missing(session, settings, day, ok, told):
    with travel(at(day)):
        found = calendar(session, settings)
        assert found.ok is ok
        assert found.told.startswith(told)
        assert ("huiqi calendar import" in found.remedy) is ("not entered" in told)
        enter(session, SYSTEM, read(SPRING_2027))
        session.commit()
        assert calendar(session, settings).told == f"the notice of {day.year} is known"
