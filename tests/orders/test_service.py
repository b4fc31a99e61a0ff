"""From docking to the rating: agreement, records, delivery, confirmation, and what the clock does."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from clock_jobs import done
from order_cases import PNG, Scene, terms, upload
from sqlalchemy import select
from sqlalchemy.orm import Session

from files.models import Attachment
from foundation.clock import now, today, travel
from foundation.errors import BadInput, Conflict, DomainError, Faults, NotAllowed, NotFound
from foundation.waiting import Party
from ledger.models import Transfer
from ledger.verification import verify
from orders import agreements, confirmation, delivery, desk, docking, jobs, records
from orders.models import OrderState, RecordState
from orders.progress import line, turn
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


def fields(error: DomainError) -> set[str | None]:
    return {fault.field for fault in error.faults} if isinstance(error, Faults) else {error.field}


def test_docking_is_said_once_and_by_the_provider(session: Session, scene: Scene) -> None:
    order = scene.place()
    with pytest.raises(NotAllowed):
        docking.succeed(session, scene.buyer(order.voucher), order.number)
    docking.succeed(session, scene.clerk, order.number)
    with pytest.raises(Conflict):
        docking.succeed(session, scene.clerk, order.number)
    assert order.state is OrderState.DOCKING


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signed_on": today() - timedelta(days=1)}, "signed_on"),
        ({"signed_on": today() + timedelta(days=1)}, "signed_on"),
        ({"agreement_number": "  "}, "agreement_number"),
        ({"third_party": " "}, "third_party"),
    ],
)
def test_facts_of_an_agreement_are_checked(session: Session, changes: dict[str, Any], field: str) -> None:
    scene = Scene(session, mode="single_third_party")
    order = scene.place()
    facts = {"agreement_number": "HT-1", "signed_on": today(), "third_party": "检测公司", "file": upload()}
    with pytest.raises(BadInput if field == "x" else Faults) as refusal:
        agreements.upload(session, scene.clerk, order.number, **{**facts, **changes})
    assert fields(refusal.value) == {field}


def test_a_day_after_the_contract_window(session: Session) -> None:
    scene = Scene(session, terms(contracts_to=today()))
    order = scene.place()
    with travel(now() + timedelta(days=1)), pytest.raises(Faults) as refusal:
        agreements.upload(session, scene.clerk, order.number, agreement_number="HT-1", signed_on=today(), file=upload())
    assert "不在规定期间" in str(refusal.value)


def test_an_agreement_binds_when_both_sides_have_confirmed(session: Session) -> None:
    scene = Scene(session, mode="integrated")
    order = scene.place()
    buyer = scene.buyer(order.voucher)
    with pytest.raises(Conflict):
        agreements.confirm(session, buyer, order.number)

    def file() -> None:
        agreements.upload(
            session,
            scene.clerk,
            order.number,
            agreement_number="HT-1",
            signed_on=today(),
            file=upload(),
            third_party="甲",
        )

    file()
    assert turn(order).party is Party.ENTERPRISE  # type: ignore[union-attr]
    agreements.send_back(session, buyer, order.number, reason="缺少盖章")
    assert turn(order).party is Party.PROVIDER  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        agreements.confirm(session, buyer, order.number)
    file()
    with pytest.raises(NotFound):
        agreements.confirm(session, scene.clerk, order.number)
    agreements.confirm(session, buyer, order.number)
    assert order.state is OrderState.CONTRACTED
    assert order.agreement is not None
    assert order.agreement.tripartite
    with pytest.raises(Conflict):
        file()


@pytest.mark.parametrize(
    ("changes", "files", "field"),
    [
        ({"delivered_on": today() - timedelta(days=1)}, True, "delivered_on"),
        ({"delivered_on": today() + timedelta(days=1)}, True, "delivered_on"),
        ({"description": " "}, True, "description"),
        ({"measures": {"training_sessions": Decimal(1)}}, True, "training_sessions"),
        ({}, False, "process_files"),
    ],
)
def test_facts_of_a_record_are_checked(
    session: Session, scene: Scene, changes: dict[str, Any], files: bool, field: str
) -> None:
    order = scene.order_in(OrderState.CONTRACTED)
    with pytest.raises(Faults) as refusal:
        records.file(
            session, scene.clerk, order.number, facts=scene.facts(**changes), process=[upload()] if files else []
        )
    assert fields(refusal.value) == {field}
    assert order.state is OrderState.CONTRACTED


def test_a_contested_record_is_mended_by_a_new_version_that_keeps_its_evidence(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.IN_SERVICE)
    buyer = scene.buyer(order.voucher)
    records.contest(session, buyer, order.number, 1, reason="只诊断了一条产线")
    assert turn(order).party is Party.PROVIDER  # type: ignore[union-attr]
    with pytest.raises(Faults, match="异议"):
        delivery.deliver(session, scene.clerk, order.number)
    second = records.file(session, scene.clerk, order.number, facts=scene.facts(description="一条产线"), amends=1)
    session.refresh(order)
    assert [(one.line, one.version, one.state) for one in order.records] == [
        (1, 1, RecordState.AMENDED),
        (1, 2, RecordState.FILED),
    ]
    kept = session.scalars(select(Attachment.kind).where(Attachment.subject_id == second.id)).all()
    assert sorted(kept) == ["process", "result"]
    with pytest.raises(NotFound):
        records.confirm(session, buyer, order.number, 2)
    records.confirm(session, buyer, order.number, 1)
    with pytest.raises(Conflict):
        records.file(session, scene.clerk, order.number, facts=scene.facts(), amends=1)
    assert delivery.deliver(session, scene.clerk, order.number).state is OrderState.DELIVERED


@pytest.mark.parametrize(("kind", "missing"), [("process", "成果材料"), ("result", "过程材料")])
def test_delivery_needs_process_and_result(session: Session, scene: Scene, kind: str, missing: str) -> None:
    order = scene.order_in(OrderState.CONTRACTED)
    records.file(session, scene.clerk, order.number, facts=scene.facts(), **{kind: [upload(PNG, "a.png")]})
    with pytest.raises(Faults, match=missing) as refusal:
        delivery.deliver(session, scene.clerk, order.number)
    assert len(refusal.value.faults) == 1
    assert order.state is OrderState.IN_SERVICE


@pytest.mark.parametrize(
    ("rating", "comment", "field"),
    [(0, None, "rating"), (6, None, "rating"), (2, None, "comment"), (1, " ", "comment")],
)
def test_ratings_have_five_levels_and_bad_ones_a_word(
    session: Session, scene: Scene, rating: int, comment: str | None, field: str
) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    with pytest.raises(BadInput) as refusal:
        confirmation.confirm(session, scene.buyer(order.voucher), order.number, rating=rating, comment=comment)
    assert refusal.value.field == field


def test_the_result_is_confirmed_once_with_what_is_still_open(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    buyer = scene.buyer(order.voucher)
    with pytest.raises(NotFound):
        confirmation.confirm(session, scene.clerk, order.number, rating=5)
    confirmation.confirm(session, buyer, order.number, rating=4)
    assert [record.state for record in order.records] == [RecordState.CONFIRMED]
    with pytest.raises(Conflict):
        confirmation.confirm(session, buyer, order.number, rating=5)
    assert order.confirmation is not None
    assert order.confirmation.rating == 4


@pytest.mark.parametrize("docked", [False, True])
def test_overdue_docking_lapses_once_and_the_next_moves_up(session: Session, docked: bool) -> None:
    scene = Scene(session, slots=1)
    first, second = scene.place(), scene.place()
    if docked:
        docking.succeed(session, scene.clerk, first.number)
    due = first.due_at
    assert due is not None
    with travel(due - timedelta(seconds=5)):
        assert done(session, jobs.every_ten_minutes) == 0
    with travel(due):
        assert done(session, jobs.every_ten_minutes) == 1
        assert done(session, jobs.every_ten_minutes) == 0
    assert (first.state, second.state) == (OrderState.VOIDED, OrderState.DOCKING)
    moves = session.scalars(select(Transfer.kind).where(Transfer.subject_id == first.id)).all()
    assert sorted(moves) == ["hold", "release"]
    assert wallet(session, first.voucher).held == 0
    assert verify(session).ok


def test_the_line_fills_when_an_offering_serves_more(session: Session) -> None:
    scene = Scene(session, slots=1)
    scene.place()
    second = scene.place()
    assert done(session, jobs.every_ten_minutes, 1) == 0
    scene.offered.slots = 2
    session.flush()
    assert done(session, jobs.every_ten_minutes, 1) == 1
    assert done(session, jobs.every_ten_minutes, 1) == 0
    assert second.state is OrderState.DOCKING


@pytest.mark.parametrize(
    ("state", "side", "current"),
    [
        ("placed", Party.CLOCK, "give_slot"),
        ("docking", Party.PROVIDER, "dock"),
        ("contracted", Party.PROVIDER, "deliver"),
        ("in_service", Party.PROVIDER, "deliver"),
        ("delivered", Party.ENTERPRISE, "confirm"),
        ("confirmed", Party.PROVIDER, "claim"),
        ("claimed", Party.BUREAU, "verify"),
        ("disputed", Party.BUREAU, "deliver"),
        ("voided", None, None),
        ("cancelled", None, None),
    ],
)
def test_the_line_says_where_it_stands_and_who_holds_it(
    session: Session, scene: Scene, state: str, side: Party | None, current: str | None
) -> None:
    order = scene.order_in_any(OrderState(state))
    session.expire(order, ["steps"])
    present = turn(order)
    assert (present.party if present else None) is side
    stages = line(order)
    assert [stage.key for stage in stages if stage.state == "current"] == ([current] if current else [])
    assert stages[0].state == "done"
    assert [stage.state for stage in stages].count("failed") == (side is None)


def test_desks_show_what_waits_for_whom(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.DELIVERED)
    buyer = scene.buyer(order.voucher)
    assert [item.task.id for item in desk.waiting(session, buyer)] == ["orders.confirm"]
    assert desk.waiting(session, scene.clerk) == []
    assert [item.holder for item in desk.others(session, scene.clerk)] == [order.enterprise.name]
    failed = scene.place(order.voucher, actor=buyer)
    docking.fail(session, scene.clerk, failed.number, reason="联系不上")
    assert [item.task.id for item in desk.waiting(session, buyer)] == ["orders.confirm", "orders.ended"]
    assert desk.figures(session, buyer)[0].count == 1
