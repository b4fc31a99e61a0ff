"""What an enterprise had settled before counts against its cap: over batches, and never twice at once."""

from collections.abc import Callable
from threading import Barrier

import factories as make
import pytest
from claim_cases import (
    PUBLIC,
    Office,
    approving,
    beijing,
    claim,
    giant,
    proven,
    redeem_claim,
    second_provider,
    verified,
)
from factories import PASSWORD, enterprise
from order_cases import Scene
from settlement_races import at_once
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.errors import Conflict
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from ledger.verification import verify
from orders.models import OrderState
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.models import Batch, BatchOrder, BatchState
from settlement.payments import pay
from settlement.totals import ensure_totals_hold
from vouchers.duties import take_duty
from vouchers.models import Duty

pytestmark = pytest.mark.clock

CAP = 8_000_000


@pytest.fixture
def capped(scene: Scene) -> Scene:
    scene.new_terms(cap_per_enterprise=CAP)
    return scene


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


def later(scene: Scene, firm: object) -> None:
    """Another order of the enterprise, of 50,000 yuan as the first one."""
    verified(scene, scene.voucher(firm, face=5_000_000))  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["xiamen-2021", "beijing-2021-batch1"])
def test_what_an_earlier_batch_settled_counts(session: Session, capped: Scene, office: Office, scheme: str) -> None:
    if scheme != capped.programme.scheme_id:
        beijing(capped)
    firm = enterprise(session, TitleLevel.SRDI)
    giant(capped, capped.voucher(firm, face=5_000_000))
    office.approved(envelope="3000000.00")
    giant(capped, capped.voucher(firm, face=5_000_000))
    second = office.approved(envelope="3000000.00")
    assert second.total == 3_000_000
    told = [step["text"] for line in second.result["lines"] for step in line["steps"]]
    assert any(
        "此前已计 50,000.00 元，每家企业上限 80,000.00 元，本项 50,000.00 元只计 30,000.00 元" in each for each in told
    )
    assert proven(session)


@pytest.mark.parametrize("paid", [False, True])
def test_what_was_taken_back_counts_no_more(session: Session, capped: Scene, office: Office, paid: bool) -> None:
    firm = enterprise(session, TitleLevel.SRDI)
    later(capped, firm)
    batch = office.approved()
    (statement,) = outstanding(session, batch)
    if paid:
        pay(session, office.payer, batch.number, statements=[statement.number], password=PASSWORD)
    office.corrected(statement.number)
    later(capped, firm)
    # Before payment the first order is free again and stands in the new batch as well: the cap holds for both.
    assert office.approved().total == (5_000_000 if paid else CAP)
    assert proven(session)


def test_an_enterprise_has_one_total_over_all_who_served_it(session: Session, capped: Scene, office: Office) -> None:
    beijing(capped)
    firm = enterprise(session, TitleLevel.LITTLE_GIANT)
    first = giant(capped, capped.voucher(firm, face=5_000_000))
    second = second_provider(session, capped, capped.voucher(firm, face=5_000_000))
    batch = office.batch(envelope="3000000.00")
    paid = {row.order_id: row.amount for row in batch.orders}
    assert (paid[first.id], paid[second.id]) == (5_000_000, 3_000_000)


def two_batches(scene: Scene, office: Office) -> tuple[Batch, Batch]:
    """Two batches over one enterprise, both calculated before either is approved."""
    firm = enterprise(scene.session, TitleLevel.SRDI)
    later(scene, firm)
    first = office.reviewed()
    later(scene, firm)
    return first, office.reviewed()


def test_what_was_settled_after_the_calculation_stops_the_approval(
    session: Session, capped: Scene, office: Office
) -> None:
    first, second = two_batches(capped, office)
    approve(session, office.budget_holder, first.number, password=PASSWORD, public_url=PUBLIC)
    with pytest.raises(Conflict, match="此前已计") as refused:
        approve(session, office.budget_holder, second.number, password=PASSWORD, public_url=PUBLIC)
    assert "重新计算" in str(refused.value.remedy)
    batches.send_back(session, office.budget_holder, second.number, reason="重新计算")
    batches.calculate(session, office.maker, second.number)
    batches.review(session, office.maker, second.number)
    approve(session, office.budget_holder, second.number, password=PASSWORD, public_url=PUBLIC)
    assert (first.total, second.total) == (5_000_000, 3_000_000)
    assert proven(session)


def settled(engine: Engine) -> int:
    with Session(engine) as session:
        assert verify(session).ok
        query = select(func.sum(BatchOrder.amount)).join(Batch).where(Batch.state == BatchState.APPROVED)
        return int(session.scalar(query) or 0)


def racing(engine: Engine) -> list[Callable[[Session], object]]:
    with unit_of_work(engine) as session:
        scene = Scene(session)
        scene.new_terms(cap_per_enterprise=CAP)
        office = Office(session, scene)
        # Two people, who have their duty already: else one would wait for the other's row before either looks.
        people = [office.budget_holder, make.actor(session, scene.treasury, Role.BUDGET_HOLDER)]
        for person in people:
            take_duty(session, person, scene.programme.id, Duty.PAYMENT)
        both = two_batches(scene, office)
        return [approving(batch.number, person) for batch, person in zip(both, people, strict=True)]


@pytest.mark.concurrency
def test_two_batches_over_one_enterprise_never_settle_more_than_its_cap(own_engine: Engine) -> None:
    answers = at_once(own_engine, racing(own_engine))
    assert [type(answer) for answer in answers if answer is not None] == [Conflict]
    assert settled(own_engine) == 5_000_000


@pytest.mark.concurrency
def test_without_the_lock_both_are_approved_and_the_cap_is_passed(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: without this one lock each looks before the other has settled anything."""
    both_have_looked = Barrier(2)

    def look(session: Session, batch: Batch) -> None:
        with without_locks():
            ensure_totals_hold(session, batch)
        both_have_looked.wait(20)

    monkeypatch.setattr("settlement.approval.ensure_totals_hold", look)
    assert at_once(own_engine, racing(own_engine)) == [None, None]
    assert settled(own_engine) > CAP


@pytest.mark.parametrize("batches", [1, 2])
def test_the_claims_of_an_order_share_what_is_capped_for_one_item(session: Session, batches: int) -> None:
    """500,000 yuan are redeemed, of which the scheme pays 300,000 for one service, in however many parts and batches."""
    scene = Scene(session, list_price=100_000_000, charged_price=100_000_000)
    beijing(scene)
    scene.offered.market_price = scene.list_price
    order, office, paid = scene.order_in(OrderState.CONFIRMED), Office(session, scene), []
    order.enterprise_title = "little_giant"
    redeem_claim(scene, claim(scene, order, claimed=20_000_000))
    if batches == 2:
        paid.append(office.approved(envelope="3000000.00").total)
    redeem_claim(scene, claim(scene, order))
    paid.append(office.approved(envelope="3000000.00").total)
    assert sum(paid) == 30_000_000
    assert proven(session)
