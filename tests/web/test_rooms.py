"""A package with a ``room.py`` is a part of the house, and nothing else has to be edited for it."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from compiled_templates import CompiledTemplates
from factories import bureau, enterprise, member, provider
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker
from strict_client import StrictClient

from config import Settings
from foundation import desk
from foundation.actors import EVERYBODY, Role
from foundation.i18n import N_
from foundation.jobs import _app as jobs
from foundation.rooms import Room
from web.app import create_app
from web.rooms import collect, find_rooms, whole_house

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
PLATFORM = ROOT / "platform"
MOST_ENTRIES = 7


@pytest.fixture
def app(sessions: sessionmaker[Session], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The program with one room more, which was found by looking through a folder."""
    monkeypatch.syspath_prepend(TESTS / "example_rooms")
    example = find_rooms(TESTS / "example_rooms")
    assert [room.name for room in example] == ["guestbook"]
    app = create_app(settings, sessions, collect([*find_rooms(), *example]))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = StrictClient
    app.jinja_env.bytecode_cache = CompiledTemplates()
    yield app
    jobs.tasks.pop("guestbook.turn_the_page")
    desk._TASKS.pop("guestbook.sign")
    for name in [each for each in sys.modules if each.partition(".")[0] == "guestbook"]:
        del sys.modules[name]


def test_an_example_room_registers_itself(app: Flask, session: Session, sign_in: Callable) -> None:
    assert len((TESTS / "example_rooms/guestbook/room.py").read_text(encoding="utf8").splitlines()) < 30
    guest = sign_in(member(session, enterprise(session), Role.ENTERPRISE_MEMBER))
    assert "留言" in guest.get("/guestbook").text
    home = guest.get("/").text
    assert home.count('href="/guestbook"') >= 2, "in the navigation, and on the desk"
    assert "第一页" in home
    assert 'href="/guestbook"' in guest.get("/search?q=x").text
    assert "guestbook.turn_the_page" in jobs.tasks


def test_the_guard_knows_the_example_room(app: Flask, session: Session, sign_in: Callable) -> None:
    app.add_url_rule("/guestbook/forgotten", "guestbook.forgotten", lambda: "open to everybody")
    assert "/sign-in?next=" in app.test_client().get("/guestbook").headers["Location"]
    stranger = sign_in(member(session, provider(session), Role.PROVIDER_MEMBER))
    assert stranger.get("/guestbook").status_code == 403
    assert stranger.post("/guestbook").status_code == 403
    assert "/guestbook" not in stranger.get("/").text
    assert stranger.get("/guestbook/forgotten").status_code == 404


def test_a_deed_of_the_example_room_is_told_in_words(app: Flask, session: Session, sign_in: Callable) -> None:
    guest = sign_in(member(session, enterprise(session), Role.ENTERPRISE_MEMBER))
    assert guest.post("/guestbook").status_code == 303
    page = sign_in(member(session, bureau(session), Role.AUDITOR)).get("/audit").text
    assert re.search(r"<td[^>]*>\s*在留言簿上签名", page)
    assert "留言" in page
    assert "guestbook.sign" not in re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)


def test_without_the_example_room_nothing_of_it_is_there(settings: Settings, sessions: sessionmaker[Session]) -> None:
    plain = create_app(settings, sessions)
    assert [rule for rule in plain.url_map.iter_rules() if rule.endpoint.startswith("guestbook.")] == []
    assert plain.test_client().get("/guestbook").status_code == 404


# What holds for every room


def test_every_package_with_pages_or_jobs_has_a_room() -> None:
    named = {room.name for room in find_rooms()}
    assert len(named) > 12
    acting = {
        path.relative_to(PLATFORM).parts[0]
        for path in PLATFORM.rglob("*.py")
        if re.search(r"\bBlueprint\(|\bperiodic\(|@job\(", path.read_text(encoding="utf8"))
    }
    assert acting - named - {"foundation"} == set()
    assert [room.name for room in find_rooms() if not (PLATFORM / room.name / "room.py").exists()] == []


def test_rooms_stand_in_an_order_that_is_said() -> None:
    """Two rooms of one place, or entries of one weight, would stand in the order of their names."""
    places = [room.place for room in find_rooms()]
    assert places == sorted(set(places))
    weights = [entry.weight for entry in whole_house().navigation]
    assert weights == sorted(set(weights))
    one, other = Room(name="b", place=1), Room(name="a", place=1)
    assert [room.name for room in collect([one, other]).rooms] == ["a", "b"]


def test_what_a_room_names_as_text_is_its_own() -> None:
    """Text is no import, so import-linter does not see it: a room reaches into no other room by it."""
    wrong = []
    for room in find_rooms():
        pages = [each for group in room.access.values() for each in group if each != "static"]
        named = [*room.acts, *(each.partition(":")[0] for each in room.blueprints)]
        wrong += [f"{room.name}: {each}" for each in named if not each.startswith(f"{room.name}.")]
        own = {_name_of(each) for each in room.blueprints}
        wrong += [f"{room.name}: {each}" for each in pages if each.partition(".")[0] not in own]
    assert wrong == []


def _name_of(blueprint: str) -> str:
    module, _, attribute = blueprint.partition(":")
    found = getattr(import_module(module), attribute)
    return str(getattr(found, "name", module.partition(".")[0]))


def test_everybody_may_open_what_the_navigation_offers() -> None:
    house = whole_house()
    for entry in house.navigation:
        allowed = house.access[entry.endpoint]
        assert allowed is None or (entry.roles <= allowed and not entry.visitors), entry.endpoint
        assert entry.roles or entry.visitors
    for role in EVERYBODY:
        assert 0 < sum(role in entry.roles for entry in house.navigation) <= MOST_ENTRIES, role
    assert sum(entry.visitors for entry in house.navigation) <= MOST_ENTRIES


def test_two_rooms_never_say_the_same_thing() -> None:
    for said in ({"deeds": {"a.do": N_("办理")}}, {"changed": {"a": N_("办理")}}, {"exports": {"a": N_("办理")}}):
        with pytest.raises(ValueError, match="two rooms decide about a"):
            collect([Room(name="a", place=1, **said), Room(name="b", place=2, **said)])


def test_a_rooms_own_file_brings_no_pages() -> None:
    """Commands read the rooms too: forms and views would make each of them wait."""
    code = "import sys\nfrom web.rooms import find_rooms\nfind_rooms()\nprint(*sorted(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], cwd=PLATFORM, capture_output=True, text=True, check=True)
    loaded = told.stdout.split()
    assert [name for name in loaded if re.search(r"views|forms$|\.filing$|^web\.home$", name)] == []
    assert not {"wtforms", "openpyxl"} & set(loaded)


# Importing everything takes its time, so both sides are asked in one go.
_ACTING = """
import pkgutil, sys
from importlib import import_module
from pathlib import Path
import blinker
from config import load_settings
from cli.opening import open_rooms
from foundation import constraints, jobs, open_deadlines, unit_of_work
from providers import hooks
from search import sources

def acting():
    signals = {}
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").endswith(".events"):
            signals |= {f"{module.__name__}.{key}": len(value.receivers) for key, value in vars(module).items()
                        if isinstance(value, blinker.Signal)}
    return {
        "jobs": sorted(jobs._app.tasks),
        "clock": sorted(str(key) for key in jobs._app.periodic_registry.periodic_tasks),
        "signals": {key: count for key, count in sorted(signals.items()) if count},
        "constraints": sorted(constraints.explained()),
        "deadlines": sorted(open_deadlines.registered()),
        "before work": len(unit_of_work.before_work),
        "catalogue": len(hooks.offering_extras) + len(hooks.card_deductions),
        "search": [type(each).__name__ for each in sources._registered],
    }

open_rooms(load_settings({}))
named = acting()
for package in sorted(path.parent.name for path in Path(PLATFORM).glob("*/__init__.py")):
    for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        import_module(module.name)
print([named, acting()])
"""


def test_what_acts_without_being_called_is_named() -> None:
    """Jobs, subscribers and registries of a room are in its ``acts``: nothing more acts once everything is imported."""
    code = f"PLATFORM = {str(PLATFORM)!r}\n{_ACTING}"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PLATFORM,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    named, everything = ast.literal_eval(told.stdout)
    assert named == everything
    assert named["jobs"]
    assert named["signals"]
