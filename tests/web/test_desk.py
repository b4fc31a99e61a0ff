"""The desk of somebody with more than fits: the most urgent, how many there are, and a way to the rest."""

import ast
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
from foundation.desk import ANY, SHOWN, Desk, DeskItem, Lying, task, tasks
from orders.models import OrderState
from orders.turns import FIRST_RECORD
from web.desks import page, shown

pytestmark = pytest.mark.clock

PLATFORM = Path(__file__).parents[2] / "platform"


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def item(place: int) -> DeskItem:
    return DeskItem(
        task=FIRST_RECORD, title=f"第 {place} 项", endpoint="web.home", arguments={}, since=now() - timedelta(place)
    )


def test_the_exact_number_is_said(app: Flask) -> None:
    with app.test_request_context():
        full = shown(Desk(mine=Lying([item(place) for place in range(SHOWN)], 101)))
    assert (len(full["mine"]), full["mine_total"], full["others_total"]) == (SHOWN, 101, 0)


def test_pages_of_a_whole_list_hold_each_thing_once() -> None:
    lying = [item(place) for place in range(120)]

    def lists(_session: object, _actor: object, most: int) -> Lying:
        return Lying(lying[:most], len(lying))

    pages = [page(None, None, lists, number) for number in (1, 2, 3, 9)]  # type: ignore[arg-type]
    assert [len(each.rows) for each in pages] == [50, 50, 20, 20]
    assert [row for each in pages[:3] for row in each.rows] == lying
    assert {each.total for each in pages} == {120}
    assert pages[3].number == 3


def test_thirty_waiting_things_are_counted_and_the_oldest_stays_on_top(session, sign_in) -> None:
    scene = Scene(session)
    orders = [scene.order_in(OrderState.DOCKING) for _ in range(31)]
    first = min(orders, key=lambda order: (order.due_at, order.id))
    client = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
    home = client.get("/").text
    assert f"共 31 项，显示前 {SHOWN} 项。" in home
    rows = [one for one in parse(home, namespaceHTMLElements=False).iter("ul") if one.get("class") == "waiting"]
    assert len(list(rows[0])) == SHOWN
    assert first.number in "".join(next(iter(rows[0])).itertext())
    whole = client.get("/desk/waiting").text
    assert [order.number for order in orders if order.number not in whole] == []


@pytest.mark.parametrize("name", ["waiting", "following"])
def test_a_page_beyond_all_numbers_is_the_last_one(session, sign_in, name) -> None:
    scene = Scene(session)
    order = scene.order_in(OrderState.DOCKING if name == "waiting" else OrderState.DELIVERED)
    client = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
    answer = client.get(f"/desk/{name}?page={10**20}")
    assert answer.status_code == 200
    assert order.number in answer.text


def test_what_i_wait_for_is_counted_too(session, sign_in) -> None:
    scene = Scene(session)
    orders = [scene.order_in(OrderState.DELIVERED) for _ in range(22)]
    client = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
    assert f"共 22 项，显示前 {SHOWN} 项。" in client.get("/").text
    whole = client.get("/desk/following").text
    assert [order.number for order in orders if order.number not in whole] == []


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


def test_two_tasks_are_never_called_the_same() -> None:
    ids = [one.id for one in tasks()]
    assert len(ids) == len(set(ids)) > 30
    with pytest.raises(ValueError, match=r"orders\.first_record"):
        task(FIRST_RECORD.id, "别的事", ANY)


def test_nothing_is_decided_by_a_displayed_sentence() -> None:
    """No comparison with words for people, no table whose keys they are: what is meant has an id."""
    found = [
        f"{file.relative_to(PLATFORM)}:{node.lineno}"
        for file in sorted(PLATFORM.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf8")))
        if isinstance(node, ast.Compare | ast.Dict) and any(map(_is_displayed, _decides(node)))
    ]
    assert found == []


def _decides(node: ast.Compare | ast.Dict) -> list[ast.expr]:
    return [node.left, *node.comparators] if isinstance(node, ast.Compare) else [key for key in node.keys if key]


def _is_displayed(value: ast.expr) -> bool:
    """``N_(…)``, ``gettext(…)`` and their like, and ``task.words``."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in {"N_", "_l", "_", "gettext", "ngettext", "lazy_gettext"}
    return isinstance(value, ast.Attribute) and ast.unparse(value).endswith(("task.words", "task.verb"))
