"""An order's held money is claimed and redeemed in parts; the order follows the least advanced of its claims."""

from itertools import product

import factories as make
import pytest
from claim_cases import Office, claim, contradictions, proven, redeem_claim
from clock_jobs import done
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from order_cases import Scene, person
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM, Role
from foundation.clock import add_working_days, end_of, stopped, today, travel
from foundation.errors import BadInput, Conflict, DomainError
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import balance
from orders import ending
from orders.models import Order, OrderState
from orders.progress import line
from settlement import payments
from settlement.models import BatchOrder
from verification import claiming, deciding, undoing
from verification.billing import stated
from verification.deciding import Rest
from verification.jobs import every_ten_minutes
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import share, unclaimed
from verification.standing import order_state
from vouchers.redemption import hold
from vouchers.wallets import held_for, wallet

pytestmark = pytest.mark.clock
_S = RedemptionState
REASON = {"reason": "other", "note": "现场核查没有发生"}


@pytest.fixture
def order(scene: Scene) -> Order:
    """A confirmed order that holds 50,000 yuan of a price of 100,000."""
    return scene.order_in(OrderState.CONFIRMED)


def held(session: Session, order: Order) -> int:
    return held_for(session, order.programme_id, order.id)


def payable(session: Session, order: Order) -> int:
    return balance(session, account(session, AccountKind.PAYABLE, order.programme_id, order.provider_id))


# Claims, each by a letter; whether money is left that none asks for -> the order. The letters by advance: r(eturned),
# s(ubmitted), v(erified), p(aid), and x for a refused one, which counts no more.
TRUTH = {
    **dict.fromkeys(["r", "rr", "rs", "rv", "rp", "rx"], ("returned", "returned")),
    **dict.fromkeys(["s", "ss", "sv", "sp", "sx"], ("claimed", "claimed")),
    **dict.fromkeys(["v", "vv", "vp", "vx"], ("verified", "confirmed")),
    **dict.fromkeys(["p", "pp", "px"], ("settled", "confirmed")),
    **dict.fromkeys(["x", "xx"], (None, None)),
}
LETTERS = {"r": _S.RETURNED, "s": _S.SUBMITTED, "v": _S.VERIFIED, "p": _S.SETTLED, "x": _S.REJECTED}


@pytest.mark.parametrize("rest", [False, True])
def test_the_order_stands_where_its_least_advanced_claim_stands(rest: bool) -> None:
    assert set(LETTERS.values()) == set(_S)
    for claims in [*LETTERS, *(f"{one}{other}" for one, other in product(LETTERS, repeat=2))]:
        expected = TRUTH.get(claims) or TRUTH[claims[::-1]]
        assert order_state([LETTERS[each] for each in claims], rest=rest) == expected[rest], claims


def test_two_claims_sixty_and_forty_percent(session: Session, scene: Scene, order: Order) -> None:
    """Claimed one after the other, redeemed, and settled in two batches."""
    whole, office = order.deduction, Office(session, scene)
    first = claim(scene, order, claimed=whole * 6 // 10)
    assert (order.state, unclaimed(session, order)) == (OrderState.CLAIMED, whole * 4 // 10)
    redeem_claim(scene, first)
    assert (order.state, payable(session, order), held(session, order)) == (
        OrderState.CONFIRMED,
        whole * 6 // 10,
        whole * 4 // 10,
    )
    assert [stage.key for stage in line(order) if stage.state == "current"] == ["claim"]
    batch = office.approved()
    assert (batch.total, [row.claim.number for row in batch.orders]) == (whole * 6 // 10, [order.number])
    second = claim(scene, order)
    assert (second.number, second.amount) == (f"{order.number}-2", whole * 4 // 10)
    redeem_claim(scene, second)
    assert (order.state, held(session, order)) == (OrderState.VERIFIED, 0)
    rest = office.approved()
    assert (rest.total, [row.claim.number for row in rest.orders]) == (whole * 4 // 10, [second.number])
    for each, expected in ((rest, OrderState.VERIFIED), (batch, OrderState.SETTLED)):
        numbers = [statement.number for statement in each.statements]
        payments.pay(session, office.payer, each.number, statements=numbers, password=make.PASSWORD)
        assert order.state is expected
    assert {first.state, second.state} == {_S.SETTLED}
    assert proven(session)


def test_both_claims_of_an_order_in_one_batch_are_lines_of_their_own(
    session: Session, scene: Scene, order: Order
) -> None:
    first, second = claim(scene, order, claimed=order.deduction * 6 // 10), claim(scene, order, claimed=None)
    for each in (first, second):
        redeem_claim(scene, each)
    batch = Office(session, scene).approved()
    assert batch.total == order.deduction
    (statement,) = batch.statements
    assert [each["number"] for each in statement.content["orders"]] == [first.number, second.number]
    assert proven(session)


def test_the_list_and_its_file_show_what_was_redeemed(session, scene, order, sign_in) -> None:
    filed = claim(scene, order)
    client = sign_in(person(session, scene.bureau.id, Role.OFFICER))
    assert f"{order.deduction // 100}.00" in client.get("/claims?format=csv").text
    redeem_claim(scene, filed, amount=1_234_500, rest=Rest.RELEASED)
    assert "¥12,345.00" in client.get("/claims").text
    assert "12345.00" in client.get("/claims?format=csv").text


def test_a_part_is_redeemed_and_the_rest_released(session: Session, scene: Scene, order: Order) -> None:
    filed = claim(scene, order)
    before = wallet(session, order.voucher)
    with pytest.raises(BadInput) as refused:
        deciding.verify(session, scene.officer, filed.number, amount=1_000_000, password=make.PASSWORD)
    assert refused.value.field == "note"
    redeem_claim(scene, filed, amount=1_000_000, rest=Rest.RELEASED)
    assert (order.state, filed.redeemed, filed.amount) == (OrderState.VERIFIED, 1_000_000, order.deduction)
    after = wallet(session, order.voucher)
    assert (after.held, after.redeemed) == (before.held - order.deduction, before.redeemed + 1_000_000)
    assert after.available == before.available + order.deduction - 1_000_000
    assert Office(session, scene).approved().total == 1_000_000
    assert proven(session)


def test_a_part_is_redeemed_and_the_rest_stays_for_another_claim(session: Session, scene: Scene, order: Order) -> None:
    redeem_claim(scene, claim(scene, order), amount=1_000_000)
    assert (order.state, held(session, order)) == (OrderState.CONFIRMED, order.deduction - 1_000_000)
    assert order.due_at is not None
    with pytest.raises(BadInput) as refused:
        claim(scene, order, claimed=order.deduction)
    assert refused.value.field == "claimed"
    redeem_claim(scene, claim(scene, order, claimed=order.deduction - 1_000_000))
    assert (order.state, payable(session, order)) == (OrderState.VERIFIED, order.deduction)
    assert proven(session)


@pytest.mark.parametrize("amount", [0, -1, 6_000_000])
def test_no_more_is_redeemed_than_was_claimed(session: Session, scene: Scene, order: Order, amount: int) -> None:
    filed = claim(scene, order)
    with pytest.raises(BadInput) as refused:
        redeem_claim(scene, filed, amount=amount)
    assert refused.value.field == "amount"
    assert payable(session, order) == 0


def test_a_rest_that_both_sides_leave_lying_goes_back_and_the_redeemed_part_stays(
    session: Session, scene: Scene, order: Order
) -> None:
    redeem_claim(scene, claim(scene, order), amount=1_000_000)
    with travel(order.stalled_at), stopped(end_of(today())):
        ending.end_stalled(session, scene.officer, order.number, reason="双方不再申请")
    assert (order.state, held(session, order), payable(session, order)) == (OrderState.VERIFIED, 0, 1_000_000)
    assert proven(session)


@pytest.mark.parametrize("another", [None, 2_000_000], ids=["verified", "claimed"])
def test_an_order_that_does_not_lie_still_is_not_ended_for_it(
    session: Session, scene: Scene, order: Order, another: int | None
) -> None:
    """Everything is redeemed, or another claim lies on the bureau's desk: nobody left it lying."""
    redeem_claim(scene, claim(scene, order, claimed=3_000_000))
    claim(scene, order, claimed=another)
    if another is None:
        redeem_claim(scene, session.scalars(select(RedemptionClaim).where(RedemptionClaim.state == _S.SUBMITTED)).one())
    before = (order.state, held(session, order), len(order.steps))
    with pytest.raises(Conflict):
        ending.end_stalled(session, scene.officer, order.number, reason="双方不再申请")
    assert (order.state, held(session, order), len(order.steps)) == before


def test_one_of_two_claims_is_refused_and_only_its_money_goes_back(
    session: Session, scene: Scene, order: Order
) -> None:
    first, second = claim(scene, order, claimed=3_000_000), claim(scene, order)
    redeem_claim(scene, first)
    assert order.state is OrderState.CLAIMED
    deciding.reject(session, scene.officer, second.number, **REASON)
    assert (order.state, held(session, order), payable(session, order)) == (OrderState.VERIFIED, 0, 3_000_000)
    assert order.ended_reason is None
    assert proven(session)


def test_the_last_refused_claim_takes_the_order_along(session: Session, scene: Scene, order: Order) -> None:
    first, second = claim(scene, order, claimed=3_000_000), claim(scene, order, claimed=1_000_000)
    deciding.reject(session, scene.officer, first.number, **REASON)
    assert order.state is OrderState.CLAIMED
    deciding.reject(session, scene.officer, second.number, **REASON)
    assert (order.state, held(session, order)) == (OrderState.VOIDED, 0)
    assert wallet(session, order.voucher).redeemed == 0
    assert proven(session)


def test_each_returned_claim_lapses_on_its_own_day(session: Session, scene: Scene, order: Order) -> None:
    first, second = claim(scene, order, claimed=3_000_000), claim(scene, order)
    marks = {"marks": ["invoice_date"], "reason": "incomplete"}
    deciding.send_back(session, scene.officer, first.number, **marks)
    # After a working day that counts for the first one only, however many holidays come before it.
    with travel(end_of(add_working_days(today(), 1))):
        deciding.send_back(session, scene.officer, second.number, **marks)
    assert first.due_on is not None
    assert second.due_on is not None
    assert first.due_on < second.due_on
    with travel(end_of(first.due_on)):
        assert done(session, every_ten_minutes) == 1
        assert (first.state, second.state, order.state) == (_S.REJECTED, _S.RETURNED, OrderState.RETURNED)
        assert held(session, order) == second.amount
    with travel(end_of(second.due_on)):
        assert done(session, every_ten_minutes) == 1
    assert (order.state, held(session, order)) == (OrderState.VOIDED, 0)
    assert proven(session)


def test_a_returned_claim_is_filed_again_by_its_own_number(session: Session, scene: Scene, order: Order) -> None:
    first, second = claim(scene, order, claimed=3_000_000), claim(scene, order)
    deciding.send_back(session, scene.officer, second.number, marks=["invoice_date"], reason="incomplete")
    assert order.state is OrderState.RETURNED
    redeem_claim(scene, first)
    assert order.state is OrderState.RETURNED
    again = claiming.submit(session, scene.clerk, second.number, invoice=stated(second))
    assert (again.id, again.amount, order.state) == (second.id, 2_000_000, OrderState.CLAIMED)


def test_undoing_takes_back_one_claim_and_what_its_decision_released(
    session: Session, scene: Scene, order: Order
) -> None:
    first, second = claim(scene, order, claimed=3_000_000), claim(scene, order)
    redeem_claim(scene, first)
    redeem_claim(scene, second, amount=500_000, rest=Rest.RELEASED)
    undoing.ask_undo(session, scene.officer, second.number, reason="核减有误")
    undoing.undo(session, scene.reviewer, second.number, password=make.PASSWORD)
    assert (order.state, held(session, order), payable(session, order)) == (OrderState.CLAIMED, 2_000_000, 3_000_000)
    redeem_claim(scene, second, amount=1_000_000, rest=Rest.RELEASED)
    assert (order.state, payable(session, order)) == (OrderState.VERIFIED, 4_000_000)
    assert proven(session)
    # Decided anew, and in another amount than what was taken back.
    assert contradictions(session) == []


def test_what_was_released_and_used_elsewhere_can_no_longer_be_asked_for(
    session: Session, scene: Scene, order: Order
) -> None:
    filed = claim(scene, order)
    redeem_claim(scene, filed, amount=1_000_000, rest=Rest.RELEASED)
    facts = {"voucher_id": order.voucher_id, "order_id": new_id(), "transfer_id": new_id()}
    hold(session, SYSTEM, amount=wallet(session, order.voucher).available, **facts)
    undoing.ask_undo(session, scene.officer, filed.number, reason="核减有误")
    undoing.undo(session, scene.reviewer, filed.number, password=make.PASSWORD)
    assert held(session, order) == 1_000_000
    redeem_claim(scene, filed)
    assert (order.state, filed.redeemed, held(session, order)) == (OrderState.VERIFIED, 1_000_000, 0)
    assert proven(session)


def test_a_claim_in_a_batch_stays_redeemed_while_its_sister_is_taken_back(
    session: Session, scene: Scene, order: Order
) -> None:
    first = redeem_claim(scene, claim(scene, order, claimed=3_000_000))
    Office(session, scene).batch()
    second = redeem_claim(scene, claim(scene, order))
    with pytest.raises(Conflict, match="已列入结算批次"):
        undoing.ask_undo(session, scene.officer, first.number, reason="核错了")
    undoing.ask_undo(session, scene.officer, second.number, reason="核错了")
    undoing.undo(session, scene.reviewer, second.number, password=make.PASSWORD)
    assert (first.state, second.state, order.state) == (_S.VERIFIED, _S.SUBMITTED, OrderState.CLAIMED)


def taken_back(scene: Scene, filed: RedemptionClaim) -> None:
    undoing.ask_undo(scene.session, scene.officer, filed.number, reason="核错了")
    undoing.undo(scene.session, scene.reviewer, filed.number, password=make.PASSWORD)


def test_a_claim_for_what_a_decision_left_keeps_its_part_when_that_decision_is_taken_back(
    session: Session, scene: Scene, order: Order
) -> None:
    first = redeem_claim(scene, claim(scene, order), amount=3_000_000)
    second = claim(scene, order)
    taken_back(scene, first)
    # Both together ask for more than there is until one is decided.
    assert contradictions(session) == []
    deciding.send_back(session, scene.officer, second.number, marks=["invoice_date"], reason="incomplete")
    again = claiming.submit(session, scene.clerk, second.number, invoice=stated(second))
    assert (again.amount, unclaimed(session, order)) == (2_000_000, 0)
    redeem_claim(scene, second)
    redeem_claim(scene, first)
    assert (order.state, first.redeemed, second.redeemed) == (OrderState.VERIFIED, 3_000_000, 2_000_000)
    assert proven(session)


def test_two_claims_that_both_ask_for_more_than_is_left_can_still_be_decided(
    session: Session, scene: Scene, order: Order
) -> None:
    first = redeem_claim(scene, claim(scene, order), amount=500_000)
    second = redeem_claim(scene, claim(scene, order), amount=500_000, rest=Rest.RELEASED)
    facts = {"voucher_id": order.voucher_id, "order_id": new_id(), "transfer_id": new_id()}
    hold(session, SYSTEM, amount=wallet(session, order.voucher).available, **facts)
    for each in (second, first):
        taken_back(scene, each)
    assert held(session, order) == 1_000_000
    redeem_claim(scene, first, amount=500_000)
    redeem_claim(scene, second)
    assert (order.state, second.redeemed, held(session, order)) == (OrderState.VERIFIED, 500_000, 0)
    assert proven(session)


def test_a_red_letter_frees_the_claims_of_its_batch_only(session: Session, scene: Scene, order: Order) -> None:
    office = Office(session, scene)
    first = redeem_claim(scene, claim(scene, order, claimed=3_000_000))
    batch = office.approved()
    second = redeem_claim(scene, claim(scene, order))
    office.approved()
    office.corrected(batch.statements[0].number)
    lines = session.scalars(select(BatchOrder.claim_id)).all()
    assert lines == [second.id]
    # The first batch is closed: all of it was taken back before it was paid.
    assert contradictions(session) == []
    assert office.batch().orders[0].claim_id == first.id
    assert proven(session)


def test_an_invoice_of_a_part_is_for_its_part_of_the_price(session: Session, scene: Scene) -> None:
    scene.offered.charged_price = scene.charged_price = 10_000_001
    session.flush()
    order = scene.order_in(OrderState.CONFIRMED)
    part = share(order, order.charged_price, 3_333_333)
    for wrong in (part + 1, part - 2, order.charged_price):
        with pytest.raises(DomainError):
            claim(scene, order, claimed=3_333_333, amount=wrong)
    claim(scene, order, claimed=3_333_333, amount=part - 1)


DECISIONS = st.tuples(
    st.sampled_from(["file", "verify", "verify", "reject", "return", "file again", "undo"]),
    st.integers(0, 3),
    st.integers(1, 5_000_000),
    st.sampled_from(Rest),
)


@settings(max_examples=examples(12), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(DECISIONS, min_size=3, max_size=12))
def test_whatever_is_done_with_parts_no_fen_is_lost(session: Session, steps) -> None:
    """After each step: held, claimed, redeemed and gone back are what was held first, and the order follows its claims."""
    with session.begin_nested() as outer:
        scene = Scene(session)
        order = scene.order_in(OrderState.CONFIRMED)
        claims: list[RedemptionClaim] = []
        for what, pick, amount, rest in steps:
            chosen = claims[pick % len(claims)] if claims else None
            try:
                with session.begin_nested():
                    if what == "file":
                        filed = claim(scene, order, claimed=amount)
                        # Under the order's number a returned first claim is filed again, not a second one.
                        claims.extend({filed} - set(claims))
                    elif chosen is not None:
                        act(scene, chosen, what, amount, rest)
            except DomainError:
                session.expire_all()
            redeemed = sum(each.redeemed or 0 for each in claims)
            left = unclaimed(session, order)
            assert left >= 0
            assert payable(session, order) == redeemed
            money = wallet(session, order.voucher)
            assert (money.held, money.redeemed) == (held(session, order), redeemed)
            if claims:
                to = order_state([each.state for each in claims], rest=left > 0)
                assert order.state is (to or OrderState.VOIDED)
        assert proven(session)
        outer.rollback()


def act(scene: Scene, chosen: RedemptionClaim, what: str, amount: int, rest: Rest) -> None:
    session, number = scene.session, chosen.number
    if what == "verify":
        redeem_claim(scene, chosen, amount=min(amount, chosen.amount), rest=rest)
    elif what == "reject":
        deciding.reject(session, scene.officer, number, **REASON)
    elif what == "return":
        deciding.send_back(session, scene.officer, number, marks=["invoice_date"], reason="incomplete")
    elif what == "file again":
        claiming.submit(session, scene.clerk, number, invoice=stated(chosen))
    else:
        undoing.ask_undo(session, scene.officer, number, reason="核错了")
        undoing.undo(session, scene.reviewer, number, password=make.PASSWORD)
