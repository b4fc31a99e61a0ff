"""``huiqi replay``: what was decided comes out again after files, titles and prices have changed; what was altered is named."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from claim_cases import Office, award, beijing, claimed, giant, verified
from click.testing import CliRunner, Result
from order_cases import Scene, terms
from provider_cases import People
from sqlalchemy import text
from sqlalchemy.orm import Session

from audit.decisions import decisions_about
from cli.replay import replay
from enterprises.models import Title
from files.store import FolderStore, using
from foundation.clock import today
from performance import templates
from performance.stored import template_of
from performance.tables import create
from policies import catalogue
from settlement.schemes import definition
from verification import checklists, citations
from verification.claiming import claim_of
from vouchers import presets

pytestmark = pytest.mark.clock


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


CACHES = (
    (catalogue, "DATA", (catalogue._all, catalogue.shipped)),
    (definition, "DATA", (definition.list_schemes, definition.all_shipped)),
    (templates, "DATA", (templates.list_templates, templates.all_shipped)),
    (citations, "_FOLDER", (citations.notices, citations.notice_files, checklists.all_shipped)),
    (presets, "_FOLDER", (presets.presets, presets.all_shipped)),
)


@pytest.fixture
def change_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Every rule file changed in a copy of its folder, under the version number that it had."""

    def forget() -> None:
        for _, _, caches in CACHES:
            for cache in caches:
                cache.cache_clear()

    def change() -> None:
        for module, name, _ in CACHES:
            copied = tmp_path / module.__name__
            shutil.copytree(getattr(module, name), copied)
            for path in copied.glob("*.yaml"):
                if path.name != "facts.yaml":
                    path.write_text(yaml.safe_dump(harsher(yaml.safe_load(path.read_text()))), encoding="utf-8")
            monkeypatch.setattr(module, name, copied)
        forget()

    yield change
    monkeypatch.undo()
    forget()


def harsher(node: Any) -> Any:
    """The same rules with another article, a smaller cap and a higher threshold."""
    if isinstance(node, list):
        return [harsher(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {key: harsher(value) for key, value in node.items()}
    if "article" in changed:
        changed["article"] = "第九十九条"
    if changed.get("step") in {"cap", "running_cap"}:
        changed["limit"] = "0.01"
    if "measure" in changed:
        changed["label"] += "（改）"
    if changed.get("op") == "ge":
        changed["value"] = 9_999_999
    return changed


def huiqi(kind: str, number: str, *options: str) -> Result:
    return CliRunner().invoke(replay, [kind, number, *options])


def answer(kind: str, number: str) -> dict[str, Any]:
    result = huiqi(kind, number, "--json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert (found["kind"], found["number"]) == (kind, number)
    assert result.exit_code == (0 if found["same"] else 1)
    return found


def places(kind: str, number: str) -> list[str]:
    return [each["where"] for each in answer(kind, number)["differences"]]


def world_moves_on(session: Session, scene: Scene) -> None:
    """The enterprises lose their titles, and peers' prices fall."""
    for title in session.query(Title):
        title.valid_to = today() - timedelta(days=1)
    scene.offered.market_price = scene.offered.market_price * 2
    session.flush()


def test_a_claim_and_its_batch_come_out_again_whatever_changed_since(
    session: Session, scene: Scene, change_files: Callable[[], None]
) -> None:
    beijing(scene)
    order = giant(scene)
    batch = Office(session, scene).approved(envelope="30000.00", awards=award(scene, 20))
    assert batch.result["scale"]
    change_files()
    world_moves_on(session, scene)
    assert definition.get_scheme(batch.scheme_id) != definition.stored(batch.rules.content)
    assert answer("claim", order.number) == {"kind": "claim", "number": order.number, "same": True, "differences": []}
    assert answer("batch", batch.number)["same"]
    assert "the same answer" in huiqi("batch", batch.number).stdout


def test_a_claim_is_judged_again_with_the_articles_of_its_day(
    session: Session, change_files: Callable[[], None]
) -> None:
    of_notice = Scene(session, terms=terms(document=presets.presets()["xiamen-2021"].terms["document"]))
    order = claimed(of_notice)
    claim = claim_of(session, order.number)
    assert claim is not None
    assert claim.checklist is not None
    assert claim.checklist.key == "xiamen-2021"
    assert {each["id"]: each["rule"] for each in claim.checks}["agreement"].endswith(" 二（二）")
    change_files()
    assert citations.notices()["xiamen-2021"].checks["agreement"].article == "第九十九条"
    assert answer("claim", order.number)["same"]


def test_an_application_comes_out_again_and_what_is_written_later_is_another_one(
    session: Session, change_files: Callable[[], None]
) -> None:
    people = People(session)
    made = people.submitted()
    change_files()
    assert answer("application", made.number)["same"]
    made.facts = made.facts | {"partners": 0}
    session.flush()
    assert answer("application", made.number)["same"]


def test_a_target_table_keeps_its_template(session: Session, change_files: Callable[[], None]) -> None:
    people = People(session)
    table = create(session, people.clerk, template_id="beijing-2021-annex4", year=today().year)
    before = template_of(table)
    change_files()
    session.expire(table)
    assert template_of(table) == before
    assert templates.get_template(table.template_id) != before


def alter(session: Session, table: str, change: str) -> None:
    """Write past every guard, as somebody with the database's own password could."""
    session.flush()
    session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608 - of this file
    session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    session.expire_all()


@pytest.mark.parametrize(
    ("table", "change", "where"),
    [
        ("batches", "total = total + 1", ["batch.total"]),
        ("batches", """result = jsonb_set(result, '{lines,0,total}', '"1.00"')""", ["lines[{uscc}].total"]),
        (
            "batches",
            """\"case\" = jsonb_set("case", '{platforms,0,items,0,list_price}', '"60000.00"')""",
            ["lines[{uscc}].total", "orders[{order}].amount", "statements[{statement}].total"],
        ),
        ("batch_orders", "amount = amount - 1", ["orders[{order}].amount"]),
        ("batch_awards", "amount = amount + 1", ["awards[{uscc}].amount"]),
        ("statements", "total = total + 1", ["statements[{statement}].total"]),
        (
            "rule_versions",
            "content = replace(content::text, '300000.00', '300001.00')::json",
            ["rules.sha256"],
        ),
    ],
)
def test_an_altered_batch_says_where(session: Session, scene: Scene, table: str, change: str, where: list[str]) -> None:
    beijing(scene)
    order = giant(scene)
    batch = Office(session, scene).approved(envelope="3000000.00", awards=award(scene, 20))
    names = {"order": order.number, "uscc": scene.provider.uscc, "statement": batch.statements[0].number}
    assert answer("batch", batch.number)["same"]
    alter(session, table, change)
    found = places("batch", batch.number)
    assert set(found) >= {each.format(**names) for each in where}
    told = huiqi("batch", batch.number)
    assert (told.exit_code, all(each in told.stdout for each in found)) == (1, True)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("checks = jsonb_set(checks, '{4,outcome}', '\"fail\"')", "checks[records].outcome"),
        ("checks = checks - 3", "checks[contract_window]"),
        ("facts = jsonb_set(facts, '{market_price}', '1')", "checks[price].outcome"),
    ],
)
def test_an_altered_claim_says_where(session: Session, scene: Scene, change: str, where: str) -> None:
    order = verified(scene)
    alter(session, "redemption_claims", change)
    assert where in places("claim", order.number)


def test_an_altered_application_says_where(session: Session) -> None:
    made = People(session).submitted()
    alter(session, "certifications", "answer = jsonb_set(answer, '{criteria,2,status}', '\"unmet\"')")
    criterion = made.answer["criteria"][2]["id"]
    assert places("application", made.number) == [f"criteria[{criterion}].status"]
    alter(session, "certifications", "answered_facts = jsonb_set(answered_facts, '{total_assets}', '299')")
    assert "outcome" in places("application", made.number)


def test_what_older_decisions_lack_is_said(session: Session, scene: Scene) -> None:
    order = verified(scene)
    batch = Office(session, scene).batch()
    made = People(session).submitted()
    alter(session, "redemption_claims", "facts = NULL, checklist_id = NULL")
    alter(session, "batches", "rules_id = NULL")
    alter(session, "certifications", "answered_facts = NULL")
    assert places("claim", order.number) == ["facts", "rules"]
    assert places("batch", batch.number) == ["rules"]
    assert places("application", made.number) == ["facts"]
    assert "was not stored when this was decided" in huiqi("claim", order.number).stdout


@pytest.mark.parametrize("kind", ["claim", "batch", "application"])
def test_an_unknown_number_is_one_line_and_exit_2(session: Session, kind: str) -> None:
    result = huiqi(kind, "PC0000", "--json")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "PC0000" in result.stderr


def test_each_decision_points_at_its_rules_and_facts(session: Session, scene: Scene) -> None:
    order = verified(scene)
    batch = Office(session, scene).approved()
    people = People(session)
    made = people.recommended()
    claim = claim_of(session, order.number)
    assert claim is not None
    for subject, rules in ((claim, claim.checklist), (batch, batch.rules), (made, made.rules)):
        decided = decisions_about(session, subject.__tablename__, subject.id)
        assert decided
        assert {(each.rules_id, bool(each.facts)) for each in decided} == {(rules.id if rules else None, True)}
