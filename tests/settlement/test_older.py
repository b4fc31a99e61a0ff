"""Batches that were stored before cases held the terms of each order: shown, replayed, taken back, never approved anew."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import factories as make
import pytest
from claim_cases import PUBLIC, Office, proven, verified
from flask.testing import FlaskClient
from order_cases import Scene, person
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role
from foundation.errors import Conflict
from policies.versions import row_of
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.models import Batch
from settlement.replay import replay
from settlement.rules import worked
from settlement.schemes import shipped

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


def as_before(session: Session, batch: Batch) -> None:
    """Store it as the former version did: the terms as parameters (since carried into a scheme row), the case without them, plain figures in sentences."""
    case: dict[str, Any] = {
        "enterprises": [
            line
            | {"services": [{key: value for key, value in each.items() if key != "order"} for each in line["services"]]}
            for line in batch.case["enterprises"]
        ]
    }
    (terms,) = batch.case["programme"]["versions"].values()
    parameters = {
        "contract_window": {"first": terms["contracts_from"], "last": terms["contracts_to"], "citation": "第四条"},
        "cap_per_enterprise": {"limit": terms["cap_per_enterprise"], "citation": None},
        "inputs": {"envelope": None, "award_share": None},
    }
    rules = shipped(batch.scheme_id)
    version = import_module("migrations.versions.0015_rule_versions")
    batch.rules = row_of(session, replace(rules, content=version._with(parameters, rules.content)))
    batch.case = case
    result = worked(batch).as_json()
    for line in result["lines"]:
        line["steps"] = [step | {"text": step["text"].replace(",", "")} for step in line["steps"]]
    batch.parameters, batch.result = parameters, result
    session.flush()


def test_an_older_batch_replays_and_is_shown(
    session: Session, scene: Scene, office: Office, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    order = verified(scene)
    batch = office.approved()
    as_before(session, batch)
    assert batch.rules.content != shipped(batch.scheme_id).content
    assert replay(session, batch.number).same
    session.commit()
    holder = sign_in(person(session, scene.treasury.id, Role.BUDGET_HOLDER))
    page = holder.get(f"/batches/{batch.number}")
    assert page.status_code == 200
    assert f"{order.number}：价值 50000.00 元" in page.get_data(as_text=True)
    (statement,) = outstanding(session, batch)
    office.corrected(statement.number)
    assert proven(session)


def test_an_older_batch_is_calculated_anew_before_it_is_approved(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.reviewed()
    as_before(session, batch)
    with pytest.raises(Conflict, match="以前的办法"):
        approve(session, office.budget_holder, batch.number, password=make.PASSWORD, public_url=PUBLIC)
    batches.send_back(session, office.budget_holder, batch.number, reason="重新计算")
    with pytest.raises(Conflict, match="以前的办法"):
        batches.review(session, office.maker, batch.number)
    batches.calculate(session, office.maker, batch.number)
    batches.review(session, office.maker, batch.number)
    approve(session, office.budget_holder, batch.number, password=make.PASSWORD, public_url=PUBLIC)
    assert proven(session)
