"""Orders are settled by the version of the terms under which they were made, whatever the programme says today."""

from datetime import timedelta
from typing import Any

import pytest
from claim_cases import Office, beijing, giant, proven, verified
from factories import PASSWORD, enterprise
from order_cases import Scene
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.clock import today
from orders.models import OrderState
from settlement.approval import outstanding
from settlement.models import Batch, BatchState
from settlement.payments import pay
from vouchers.models import ProgrammeVersion, Voucher

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


def paid_for(batch: Batch) -> dict[str, int]:
    return {row.order.number: row.amount for row in batch.orders}


def narrower() -> dict[str, dict[str, Any]]:
    """Terms under which an order of today would count for nothing or less; days are told when the test runs."""
    return {
        "window": {"contracts_from": today() + timedelta(days=1)},
        "titles": {"titles": (TitleLevel.LITTLE_GIANT,), "priority_titles": ()},
        "lower cap": {"cap_per_enterprise": 1_000_000},
        "category": {"excluded_categories": ("listing_and_finance", "digital")},
        "cap per order": {"cap_per_order": 100_000},
        "share": {"deduction_percent": 1},
    }


@pytest.mark.parametrize("name", ["window", "titles", "lower cap", "category", "cap per order", "share"])
def test_new_terms_take_nothing_from_an_order_made_before(
    session: Session, scene: Scene, office: Office, name: str
) -> None:
    order = verified(scene)
    scene.new_terms(**narrower()[name])
    assert paid_for(office.batch()) == {order.number: order.deduction}


def test_a_verified_provider_is_paid_although_the_window_was_moved(
    session: Session, scene: Scene, office: Office
) -> None:
    """The whole way: what was verified under the old terms is approved, paid and settled in full."""
    order = verified(scene)
    scene.new_terms(**narrower()["window"])
    batch = office.approved()
    (statement,) = outstanding(session, batch)
    assert statement.total == order.deduction
    pay(session, office.payer, batch.number, statements=[statement.number], password=PASSWORD)
    assert (batch.state, order.state) == (BatchState.PAID, OrderState.SETTLED)
    assert proven(session)


def under(scene: Scene, voucher: Voucher, version: ProgrammeVersion) -> None:
    """Let the voucher be one of another version; what could not be ordered under it is so in the books of before."""
    voucher.programme_version = version
    scene.session.flush()


@pytest.mark.parametrize("scheme", ["xiamen-2021", "beijing-2021-batch1"])
@pytest.mark.parametrize("name", ["window", "titles", "lower cap", "category", "cap per order"])
def test_a_batch_takes_orders_of_three_versions_each_by_its_own(
    session: Session, scene: Scene, office: Office, name: str, scheme: str
) -> None:
    if scheme != scene.programme.scheme_id:
        beijing(scene)
    wide = scene.terms.model_dump()
    first = giant(scene)
    scene.new_terms(**narrower()[name])
    second_version = scene.version
    scene.new_terms(**wide)
    third, narrow = giant(scene), giant(scene)
    under(scene, narrow.voucher, second_version)
    if name == "titles":
        narrow.enterprise_title = first.enterprise_title = "key_little_giant"
        session.flush()
    batch = office.batch(envelope="3000000.00")
    left = {"lower cap": 1_000_000, "cap per order": 100_000}.get(name, 0)
    assert paid_for(batch) == {first.number: 5_000_000, third.number: 5_000_000, narrow.number: left}
    reasons = {each["order"]: each["reason"] for each in batch.left_out}
    assert (narrow.number in reasons) == (left == 0)
    assert left or "2 版" in reasons[narrow.number] or "协议签订日期" in reasons[narrow.number]


def test_a_higher_cap_of_today_does_not_lift_the_cap_of_an_order_made_before(
    session: Session, scene: Scene, office: Office
) -> None:
    scene.new_terms(cap_per_enterprise=8_000_000)
    firm = enterprise(session, TitleLevel.SRDI)
    orders = [verified(scene, scene.voucher(firm, face=5_000_000)) for _ in range(2)]
    scene.new_terms(cap_per_enterprise=50_000_000)
    paid = paid_for(office.batch())
    assert [paid[order.number] for order in orders] == [5_000_000, 3_000_000]


def test_the_total_runs_over_three_versions_against_the_cap_of_each_orders_own(
    session: Session, scene: Scene, office: Office
) -> None:
    firm, orders = enterprise(session, TitleLevel.SRDI), []
    for cap in (12_000_000, 8_000_000, 12_000_000):
        scene.new_terms(cap_per_enterprise=cap)
        orders.append(verified(scene, scene.voucher(firm, face=5_000_000)))
    batch = office.approved()
    assert [paid_for(batch)[order.number] for order in orders] == [5_000_000, 3_000_000, 4_000_000]
    assert proven(session)
