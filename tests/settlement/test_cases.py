"""From orders to a scheme's case: the batch's answer is the simulation's, to the letter."""

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from claim_cases import Office, award, beijing, giant, verified
from order_cases import Scene
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.money import format_yuan
from settlement.cases import amounts, reasons
from settlement.schemes import SchemeResult, calculate, shipped, simulate
from settlement.schemes.definition import stored

pytestmark = pytest.mark.clock

XIAMEN = {
    "enterprises": [
        {
            "id": "A",
            "title_valid": True,
            "services": [
                {"id": "1", "ordered_at": "2021-11-06T09:00:00+08:00", "value": "300000.00",
                 "contracted_on": "2021-11-08", "kind": "other"},
                {"id": "2", "ordered_at": "2021-11-07T09:00:00+08:00", "value": "300000.00",
                 "contracted_on": "2021-11-09", "kind": "other"},
                {"id": "3", "ordered_at": "2021-11-08T09:00:00+08:00", "value": "1.00",
                 "contracted_on": "2021-11-04", "kind": "other"},
            ],
        }
    ]
}  # fmt: skip


def work(scheme_id: str, parameters: Mapping[str, Any], case: object) -> SchemeResult:
    """The answer of a batch that kept the programme's window and cap beside the scheme, by the row that it was given."""
    version = import_module("migrations.versions.0015_rule_versions")
    return calculate(stored(version._with(parameters, shipped(scheme_id).content)), case)


def before(first: str, last: str, limit: str, cited: str | None = None) -> dict[str, Any]:
    """The parameters of a batch that was worked before cases held the terms themselves."""
    return {
        "contract_window": {"first": first, "last": last, "citation": cited},
        "cap_per_enterprise": {"limit": limit, "citation": None},
        "inputs": {},
    }


def test_with_the_notices_own_numbers_the_fitted_scheme_is_the_scheme() -> None:
    assert work("xiamen-2021", before("2021-11-05", "2021-12-31", "500000.00"), XIAMEN) == simulate(
        "xiamen-2021", XIAMEN
    )


def test_the_programmes_window_and_cap_take_their_places() -> None:
    result = work(
        "xiamen-2021", before("2021-11-01", "2021-11-08", "100000.50", "厦门市服务方案（2021-11-05） 第四条"), XIAMEN
    )
    assert amounts(result) == {"1": 10_000_050, "2": 0, "3": 0}
    assert "2021-11-01 至 2021-11-08" in reasons(result)["2"]
    # The window is cited from the programme, the cap (which it does not cite) from the notice.
    cited = {step.rule: step.citation for line in result.lines for step in line.steps}
    assert cited["contract_window"] == "厦门市服务方案（2021-11-05） 第四条"
    assert "一（三）1 注" in cited["cap_per_enterprise"]


def test_a_service_over_the_cap_says_why_it_brings_nothing() -> None:
    result = work("xiamen-2021", before("2021-11-01", "2021-12-08", "300000.00"), XIAMEN)
    assert amounts(result) == {"1": 30_000_000, "2": 0, "3": 0}
    assert "总上限 300,000.00" in reasons(result)["2"]


def test_a_cut_by_the_envelope_is_split_over_subsidy_and_award_and_over_the_orders_to_the_fen() -> None:
    items = [
        {"id": name, "enterprise_title": "little_giant", "list_price": price, "charged": "0.00",
         "market_price": "900000.00", "price_approved": True, "contract": True, "third_party": False}
        for name, price in (("a", "100.01"), ("b", "200.02"), ("c", "300.05"))
    ]  # fmt: skip
    case = {"envelope": "500.00", "platforms": [{"id": "P", "items": items, "award_share": 13}]}
    result = simulate("beijing-2021-batch1", case)
    assert result.total_fen == 50_000
    (line,) = result.lines
    # 600.08 and its 13 % are 678.09 together: 442.4782… and 57.5218… of 500.
    assert (line.subsidy_fen, line.award_fen) == (44_248, 5_752)
    assert sum(amounts(result).values()) == 44_248
    assert Decimal(amounts(result)["c"]) / 44_248 == pytest.approx(Decimal("0.5000"), abs=Decimal("0.001"))


def test_the_subsidy_comes_first_where_the_remainders_are_the_same() -> None:
    item = {"id": "a", "enterprise_title": "little_giant", "list_price": "0.10", "charged": "0.00",
            "market_price": "1.00", "price_approved": True, "contract": True, "third_party": False}  # fmt: skip
    # A subsidy of 10 fen and an award of 2 of which 9 are paid: 7.5 and 1.5.
    case = {"envelope": "0.09", "platforms": [{"id": "P", "items": [item], "award_share": 20}]}
    (line,) = simulate("beijing-2021-batch1", case).lines
    assert (line.subsidy_fen, line.award_fen) == (8, 1)


def test_a_xiamen_batch_is_the_simulation(session: Session, scene: Scene) -> None:
    orders = [verified(scene), verified(scene)]
    batch = Office(session, scene).batch()
    assert batch.result == simulate("xiamen-2021", batch.case).as_json()
    assert batch.total == sum(order.deduction for order in orders)
    first = orders[0]
    (line,) = [line for line in batch.case["enterprises"] if line["id"] == first.enterprise.uscc]
    assert line["title_valid"] is True
    (service,) = line["services"]
    assert service["id"] == first.number
    assert service["value"] == format_yuan(first.deduction)
    assert service["contracted_on"] == today().isoformat()
    assert service["kind"] == "other"


def test_a_beijing_batch_is_the_simulation(session: Session, scene: Scene) -> None:
    beijing(scene)
    order = giant(scene)
    batch = Office(session, scene).batch(envelope="3000000.00", awards=award(scene, 20))
    assert batch.result == simulate("beijing-2021-batch1", batch.case).as_json()
    assert batch.total == order.deduction * 120 // 100
