"""From orders to a scheme's case: the batch's answer is the simulation's, to the letter."""

from datetime import date
from decimal import Decimal

import pytest
from claim_cases import Office, verified
from order_cases import Scene, terms
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.money import format_yuan
from settlement.cases import amounts, fitted, parameters_of, reasons, work
from settlement.schemes import calculate, simulate

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
NOTICE = terms(
    contracts_from=date(2021, 11, 5), contracts_to=date(2021, 12, 31), cap_per_enterprise=50_000_000, citations={}
)


def test_with_the_notices_own_numbers_the_fitted_scheme_is_the_scheme() -> None:
    assert work("xiamen-2021", parameters_of(NOTICE), XIAMEN) == simulate("xiamen-2021", XIAMEN)


def test_the_programmes_window_and_cap_take_their_places() -> None:
    own = terms(contracts_from=date(2021, 11, 1), contracts_to=date(2021, 11, 8), cap_per_enterprise=10_000_050)
    result = work("xiamen-2021", parameters_of(own), XIAMEN)
    assert amounts(result) == {"1": 10_000_050, "2": 0, "3": 0}
    assert "2021-11-01 至 2021-11-08" in reasons(result)["2"]
    # The window is cited from the programme, the cap (which it does not cite) from the notice.
    cited = {step.rule: step.citation for line in result.lines for step in line.steps}
    assert cited["contract_window"] == "厦门市服务方案（2021-11-05） 第四条"
    assert "一（三）1 注" in cited["cap_per_enterprise"]


def test_a_service_over_the_cap_says_why_it_brings_nothing() -> None:
    own = terms(contracts_from=date(2021, 11, 1), contracts_to=date(2021, 12, 8), cap_per_enterprise=30_000_000)
    result = work("xiamen-2021", parameters_of(own), XIAMEN)
    assert amounts(result) == {"1": 30_000_000, "2": 0, "3": 0}
    assert "总上限 300000.00" in reasons(result)["2"]


def test_an_award_and_an_envelope_are_split_over_the_orders_to_the_fen() -> None:
    items = [
        {"id": name, "enterprise_title": "little_giant", "list_price": price, "charged": "0.00",
         "market_price": "900000.00", "price_approved": True, "contract": True, "third_party": False}
        for name, price in (("a", "100.01"), ("b", "200.02"), ("c", "300.05"))
    ]  # fmt: skip
    case = {"envelope": "500.00", "platforms": [{"id": "P", "items": items, "award_share": 13}]}
    result = simulate("beijing-2021-batch1", case)
    assert result.total_fen == 50_000
    assert sum(amounts(result).values()) == 50_000
    assert Decimal(amounts(result)["c"]) / 50_000 == pytest.approx(Decimal("0.5000"), abs=Decimal("0.001"))


def test_a_xiamen_batch_is_the_simulation(session: Session, scene: Scene) -> None:
    orders = [verified(scene), verified(scene)]
    batch = Office(session, scene).batch()
    assert batch.result == calculate(fitted("xiamen-2021", batch.parameters), batch.case).as_json()
    assert batch.total == sum(order.deduction for order in orders)
    first = orders[0]
    (line,) = [line for line in batch.case["enterprises"] if line["id"] == first.enterprise.uscc]
    assert line["title_valid"] is True
    (service,) = line["services"]
    assert service["id"] == first.number
    assert service["value"] == format_yuan(first.deduction)
    assert service["contracted_on"] == today().isoformat()
    assert service["kind"] == "other"


def test_a_beijing_batch_is_the_simulation_without_any_fitting(session: Session, scene: Scene) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    scene.offered.reviewed_at = scene.version.announced_at
    order = verified(scene)
    order.enterprise_title = "little_giant"
    session.flush()
    batch = Office(session, scene).batch(envelope="3000000.00", award_share=20)
    assert batch.result == simulate("beijing-2021-batch1", batch.case).as_json()
    reduction = order.list_price - order.own_share
    assert batch.total == reduction * 120 // 100
