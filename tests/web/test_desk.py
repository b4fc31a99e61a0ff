"""The desk of somebody with more than fits: the most urgent, and that there are more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from html5lib import parse
from order_cases import Scene, person

from files.store import FolderStore, using
from foundation.actors import Role
from foundation.clock import now
from foundation.desk import Desk, DeskItem
from orders.models import OrderState
from web.desk_verbs import ANY, VERBS
from web.desks import SHOWN, shown

pytestmark = pytest.mark.clock

PLATFORM = Path(__file__).parents[2] / "platform"


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def item(place: int) -> DeskItem:
    return DeskItem(
        task="核验", title=f"第 {place} 项", endpoint="web.home", arguments={}, since=now() - timedelta(place)
    )


def test_more_than_fits_is_said(app: Flask) -> None:
    with app.test_request_context():
        full = shown(Desk(mine=[item(place) for place in range(SHOWN + 80)]))
        some = shown(Desk(mine=[item(place) for place in range(SHOWN)]))
    assert (len(full["mine"]), full["more"]) == (SHOWN, 80)
    assert some["more"] == 0


def test_buttons_say_what_to_do_and_no_two_are_alike(session, sign_in) -> None:
    scene = Scene(session)
    for _ in range(2):
        scene.order_in(OrderState.CONTRACTED)
    page = parse(
        sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER)).get("/").text, namespaceHTMLElements=False
    )
    buttons = [one for one in page.iter("a") if "waiting-go" in one.get("class", "")]
    assert {one.text for one in buttons} == {"提交"}
    names = [one.get("aria-label") for one in buttons]
    assert len(names) == len(set(names)) == 2


def test_verbs_belong_to_tasks_that_exist() -> None:
    source = "".join(file.read_text(encoding="utf8") for file in PLATFORM.rglob("*.py") if file.name != "desk_verbs.py")
    assert [task for task in VERBS if f'N_("{task}")' not in source] == []
    assert ANY not in VERBS.values()
