"""Every transfer is told in words, and the money page says whether the accounts agree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from order_cases import Scene, person

from files.store import FolderStore, using
from foundation.actors import Role
from vouchers.money import KINDS
from vouchers.states import Movement

PLATFORM = Path(__file__).parents[2] / "platform"
COMPOSED = {"f'reverse_{move.kind}'", "movement.value", "transfer.kind", "kind"}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def posted() -> Iterator[str]:
    """Every kind of transfer that the program can post."""
    for file in PLATFORM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in {"Posting", "reverse"}:
                continue
            for keyword in node.keywords:
                if keyword.arg == "kind" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)
                elif keyword.arg == "kind":
                    yield from _choices(keyword.value)


def _choices(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        for each in (value.body, value.orelse):
            assert isinstance(each, ast.Constant)
            yield str(each.value)
    else:
        assert ast.unparse(value) in COMPOSED, f"a new way to name transfers: {ast.unparse(value)}"


def test_every_transfer_has_a_word() -> None:
    moves = {"approve", "cut", "top_up"}
    assert set(posted()) | moves | {movement.value for movement in Movement} <= set(KINDS)
    assert {f"reverse_{move}" for move in moves} <= set(KINDS)


def test_the_money_page_says_that_the_accounts_agree(session, sign_in) -> None:
    scene = Scene(session)
    scene.place()
    browser = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    page = browser.get(f"/programmes/{scene.programme.number}/money").text
    assert "账目相符" in page
    assert "账目不符" not in page
