"""Rules as rows: entered once, never changed; the same version number with another content is another row."""

from dataclasses import replace
from datetime import date

import pytest
from policies_cases import CASES
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cli.shipped import shipped_rules
from policies.catalogue import judged_again, rule_set, shipped, stored
from policies.evaluation import check
from policies.facts import parse_facts
from policies.models import RuleVersion
from policies.shipped import RuleKind, digest
from policies.versions import row_of, seed


def entered(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(RuleVersion)) or 0


def test_what_is_shipped_is_entered_once(session: Session) -> None:
    seed(session, shipped_rules())
    before = entered(session)
    seed(session, shipped_rules())
    assert entered(session) == before == len(shipped_rules())
    kinds = set(session.scalars(select(RuleVersion.kind)))
    assert kinds == set(RuleKind)
    assert all(digest(row.content) == row.sha256 for row in session.scalars(select(RuleVersion)))


def test_another_content_under_the_same_version_is_another_row(session: Session) -> None:
    first = shipped("platform-national-2017")
    changed = replace(first, content={**first.content, "title": "改过的标题"})
    old, new = row_of(session, first), row_of(session, changed)
    assert old.id != new.id
    assert (old.key, old.version) == (new.key, new.version)
    assert old.announced == date(2017, 7, 3)
    assert row_of(session, first).id == old.id


@pytest.mark.parametrize("statement", ["UPDATE rule_versions SET version = '9'", "DELETE FROM rule_versions"])
def test_no_row_is_ever_changed(session: Session, statement: str) -> None:
    row_of(session, shipped("platform-national-2017"))
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_the_order_in_which_a_notice_lists_things_survives(session: Session) -> None:
    for each in shipped_rules():
        row = row_of(session, each)
        session.expire(row)
        assert list(row.content) == list(each.content)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ruleset)
def test_a_stored_rule_set_answers_as_the_file(case) -> None:
    rules, content = rule_set(case.ruleset), shipped(case.ruleset).content
    assert stored(content) == rules
    day = rules.day_in_force(date(2021, 6, 1))
    assert judged_again(content, case.facts, day) == check(rules, parse_facts(case.facts), day).as_json()


def test_stored_rules_keep_the_words_they_were_written_in() -> None:
    content = dict(shipped("platform-national-2017").content)
    words = {key: dict(word) for key, word in content["vocabulary"].items()}
    words["partners"]["unit"] = "个旧单位"
    case = next(case for case in CASES if case.ruleset == "platform-national-2017")
    answer = judged_again({**content, "vocabulary": words}, case.facts, date(2017, 12, 31))
    assert any("个旧单位" in each["required"] for each in answer["criteria"])
