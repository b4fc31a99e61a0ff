"""Ordering: what is frozen and held, what is refused with which rule, and the line for places."""

from datetime import timedelta
from uuid import uuid4

import factories as make
import pytest
from order_cases import Scene, terms
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Organisation
from enterprises.models import Title, TitleLevel
from foundation.clock import at, now, today, travel
from foundation.errors import BadInput, Conflict, DomainError, Exhausted, Faults, NotFound
from ledger.models import Transfer
from ledger.verification import verify
from orders import docking, ending
from orders.line import place_in_line
from orders.models import Order, OrderState
from orders.ordering import Shown
from providers.models import Certification, CertificationState, OfferingState
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


def faults_of(error: DomainError) -> list[DomainError]:
    return list(error.faults) if isinstance(error, Faults) else [error]


def test_everything_agreed_is_frozen_and_the_deduction_is_held(session: Session, scene: Scene) -> None:
    voucher = scene.voucher()
    order = scene.place(voucher, needs="两条产线")
    assert order.state is OrderState.DOCKING
    assert (order.list_price, order.charged_price, order.deduction, order.own_share) == (
        12_000_000,
        10_000_000,
        5_000_000,
        5_000_000,
    )
    assert order.enterprise_title == "srdi"
    assert order.due_at is not None
    assert order.due_at > now()
    assert (wallet(session, voucher).available, wallet(session, voucher).held) == (45_000_000, 5_000_000)
    assert [step.event for step in order.steps] == ["place", "give_slot"]
    assert verify(session).ok
    scene.offered.state = OfferingState.SUPERSEDED
    session.flush()
    session.add(scene.list_version(2, charged_price=11_000_000))
    session.flush()
    assert order.offering_version.charged_price == 10_000_000


def test_the_same_order_sent_again_is_the_same_order(session: Session, scene: Scene) -> None:
    voucher, order_id = scene.voucher(), uuid4()
    buyer = scene.buyer(voucher)
    first = scene.place(voucher, actor=buyer, order_id=order_id)
    assert scene.place(voucher, actor=buyer, order_id=order_id) is first
    assert wallet(session, voucher).held == 5_000_000


def test_another_enterprises_voucher_does_not_exist(scene: Scene) -> None:
    stranger = scene.buyer(scene.voucher())
    with pytest.raises(NotFound):
        scene.place(scene.voucher(), actor=stranger)


def test_an_unlisted_offering_does_not_exist(scene: Scene) -> None:
    scene.offered.state = OfferingState.DELISTED
    with pytest.raises(NotFound):
        scene.place()


def test_a_changed_price_is_shown_as_a_difference(session: Session, scene: Scene) -> None:
    voucher = scene.voucher()
    with pytest.raises(Conflict, match=r"¥90,000.00 → ¥100,000.00.*¥45,000.00 → ¥50,000.00"):
        scene.place(voucher, shown=Shown(9_000_000, 4_500_000))
    assert wallet(session, voucher).held == 0


def test_the_rest_of_a_voucher_is_deducted_and_then_nothing_is_left(session: Session, scene: Scene) -> None:
    voucher = scene.voucher(face=6_000_000)
    scene.place(voucher)
    second = scene.place(voucher, shown=Shown(10_000_000, 1_000_000))
    assert second.own_share == 9_000_000
    with pytest.raises(Exhausted):
        scene.place(voucher, shown=Shown(10_000_000, 0))


def test_financing_is_refused_with_its_rule(session: Session) -> None:
    scene = Scene(session, category="listing_and_finance")
    with pytest.raises(Faults) as refusal:
        scene.place()
    (fault,) = faults_of(refusal.value)
    assert fault.rule == "厦门市服务方案（2021-11-05） 第三条"
    assert fault.field == "voucher"


@pytest.mark.parametrize("days", [(-20, -1), (1, 20)])
def test_outside_the_contract_window(session: Session, days: tuple[int, int]) -> None:
    first, last = (today() + timedelta(days=day) for day in days)
    scene = Scene(session, terms(contracts_from=first, contracts_to=last))
    with pytest.raises(Faults, match=f"{first} 至 {last}"):
        scene.place()


def test_both_ends_of_the_contract_window_count(session: Session) -> None:
    scene = Scene(session, terms(contracts_from=today(), contracts_to=today()))
    assert scene.place().state is OrderState.DOCKING


def test_the_title_of_the_day_decides(session: Session, scene: Scene) -> None:
    voucher = scene.voucher()
    title = session.scalars(select(Title).where(Title.organisation_id == voucher.enterprise_id)).one()
    title.revoked_on = today()
    session.flush()
    with pytest.raises(Faults, match="称号"):
        scene.place(voucher)
    make.give_title(session, session.get_one(Organisation, voucher.enterprise_id), TitleLevel.LITTLE_GIANT)
    assert scene.place(voucher).enterprise_title == "little_giant"


@pytest.mark.parametrize(("state", "fits"), [("renewal_due", True), ("suspended", False), ("public_notice", False)])
def test_the_provider_is_certified_that_day(session: Session, scene: Scene, state: str, fits: bool) -> None:
    certificate = session.scalars(select(Certification).where(Certification.organisation_id == scene.provider.id)).one()
    certificate.state = CertificationState(state)
    session.flush()
    if fits:
        assert scene.place().state is OrderState.DOCKING
        certificate.valid_to = today() - timedelta(days=1)
        session.flush()
    with pytest.raises(Faults, match="认定"):
        scene.place()


def test_when_full_the_order_waits_and_the_next_gets_the_failed_place(session: Session) -> None:
    scene = Scene(session, slots=1)
    first, second, third = scene.place(), scene.place(), scene.place()
    assert [order.state.value for order in (first, second, third)] == ["docking", "placed", "placed"]
    assert [place_in_line(session, order) for order in (first, second, third)] == [None, 1, 2]
    docking.fail(session, scene.clerk, first.number, reason="企业改变计划")
    assert [order.state.value for order in (first, second, third)] == ["voided", "docking", "placed"]
    assert first.ended_reason == "企业改变计划"
    assert second.steps[-1].event == "give_slot"
    assert place_in_line(session, third) == 1


def test_a_failed_place_is_lost_where_the_programme_says_so(session: Session) -> None:
    scene = Scene(session, terms(slot_passes_on=False), slots=1)
    first, second = scene.place(), scene.place()
    docking.fail(session, scene.clerk, first.number, reason="企业改变计划")
    assert second.state is OrderState.PLACED


@pytest.mark.parametrize(
    ("giant_after", "giant_first"),
    [(timedelta(milliseconds=400), True), (timedelta(seconds=1), False)],
)
def test_a_little_giant_goes_first_only_on_a_tie(session: Session, giant_after: timedelta, giant_first: bool) -> None:
    start = at(today(), 9)
    scene = Scene(session, slots=1)
    holder = scene.place()
    vouchers = scene.voucher(), scene.voucher(title=TitleLevel.LITTLE_GIANT)
    with travel(start):
        plain = scene.place(vouchers[0])
        giant = scene.place(vouchers[1])
    plain.placed_at, giant.placed_at = start, start + giant_after
    session.flush()
    docking.fail(session, scene.clerk, holder.number, reason="联系不上")
    assert (giant.state is OrderState.DOCKING) is giant_first
    assert (plain.state is OrderState.PLACED) is giant_first


def test_places_are_counted_per_programme(session: Session) -> None:
    scene = Scene(session, slots=1)
    scene.place()
    other = Scene(session)
    other.offering, other.offered = scene.offering, scene.offered
    assert other.place().state is OrderState.DOCKING
    assert scene.place().state is OrderState.PLACED


@pytest.mark.parametrize("state", ["placed", "docking", "contracted"])
@pytest.mark.parametrize("side", ["enterprise", "provider"])
def test_each_exit_gives_the_money_back_once(session: Session, state: str, side: str) -> None:
    scene = Scene(session, slots=1)
    if state == "placed":
        scene.place()
        order = scene.place()
    else:
        order = scene.order_in(OrderState(state))
    actor = scene.buyer(order.voucher) if side == "enterprise" else scene.clerk
    ending.cancel(session, actor, order.number, reason="计划有变")
    with pytest.raises(Conflict):
        ending.cancel(session, actor, order.number, reason="计划有变")
    moves = session.scalars(select(Transfer.kind).where(Transfer.subject_id == order.id)).all()
    assert sorted(moves) == ["hold", "release"]
    assert wallet(session, order.voucher).available == order.voucher.face
    assert verify(session).ok


def test_after_work_has_begun_nobody_walks_away_alone(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.IN_SERVICE)
    with pytest.raises(Conflict):
        ending.cancel(session, scene.clerk, order.number, reason="不做了")


@pytest.mark.parametrize("state", ["contracted", "in_service", "delivered"])
@pytest.mark.parametrize("resume", [True, False])
def test_the_bureau_decides_a_dispute(session: Session, scene: Scene, state: str, resume: bool) -> None:
    order = scene.order_in(OrderState(state))
    ending.dispute(session, scene.buyer(order.voucher), order.number, reason="与约定不符")
    assert order.state is OrderState.DISPUTED
    assert wallet(session, order.voucher).held == order.deduction
    ending.decide(session, scene.officer, order.number, resume=resume, reason="双方已协商")
    assert order.state is (OrderState(state) if resume else OrderState.CANCELLED)
    assert wallet(session, order.voucher).held == (order.deduction if resume else 0)
    assert verify(session).ok


def test_a_bureau_elsewhere_does_not_know_the_dispute(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.CONTRACTED)
    ending.dispute(session, scene.clerk, order.number, reason="与约定不符")
    elsewhere = make.actor(session, make.bureau(session, "430000"), scene.officer.role)
    with pytest.raises(NotFound):
        ending.decide(session, elsewhere, order.number, resume=True, reason="双方已协商")


@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_an_exit_needs_a_reason(session: Session, scene: Scene, reason: str) -> None:
    order = scene.place()
    with pytest.raises(BadInput) as refusal:
        ending.cancel(session, scene.clerk, order.number, reason=reason)
    assert refusal.value.field == "reason"


def test_other_organisations_find_no_order(session: Session, scene: Scene) -> None:
    order: Order = scene.place()
    strangers = [
        scene.buyer(scene.voucher()),
        make.actor(session, make.provider(session), scene.clerk.role),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            ending.cancel(session, stranger, order.number, reason="计划有变")


def test_a_voucher_of_another_region_is_refused_with_the_reason(session: Session, scene: Scene) -> None:
    """Issued before the rule held, or to an enterprise that has moved."""
    voucher = scene.voucher()
    session.get_one(Organisation, voucher.enterprise_id).region = make.region(session, "430000")
    session.flush()
    with pytest.raises(DomainError) as refusal:
        scene.place(voucher)
    (fault,) = faults_of(refusal.value)
    assert "只支持厦门市的企业，贵单位登记在湖南省" in fault.text()
    assert fault.field == "voucher"
    assert wallet(session, voucher).held == 0
