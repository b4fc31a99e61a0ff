"""A wrong redemption is taken back by two people of the programme's bureau, before a batch holds its order."""

import factories as make
import pytest
from claim_cases import PUBLIC, Office, claimed, verified
from order_cases import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.second_person import asked_for
from audit.models import AuditEvent
from foundation.actors import Role
from foundation.clock import now
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import balance
from ledger.verification import verify as verify_ledger
from orders.models import Order, OrderState
from settlement import approval, batches
from settlement.models import BatchState
from verification import claiming, deciding, desk, undoing
from verification.models import RedemptionState
from verification.queries import case
from vouchers.duties import take_duty
from vouchers.models import Duty
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock

REASON = "现场记录核错了企业"


def payable(session: Session, order: Order) -> int:
    return balance(session, account(session, AccountKind.PAYABLE, order.programme_id, order.provider_id))


def undone(scene: Scene) -> Order:
    """An order whose redemption was taken back: the officer asked, the reviewer carried it out."""
    order = verified(scene)
    undoing.ask_undo(scene.session, scene.officer, order.number, reason=REASON)
    undoing.undo(scene.session, scene.reviewer, order.number, password=make.PASSWORD)
    return order


def test_money_claim_and_order_go_back_one_step(session: Session, scene: Scene) -> None:
    order = verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    assert (order.state, payable(session, order)) == (OrderState.VERIFIED, order.deduction)
    claim = undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)
    assert (claim.state, order.state) == (RedemptionState.SUBMITTED, OrderState.CLAIMED)
    assert (claim.decided_at, claim.decided_by_id) == (None, None)
    assert order.due_at is not None
    assert order.due_at > now()
    assert (payable(session, order), wallet(session, order.voucher).held) == (0, order.deduction)
    seen = case(session, scene.officer, order.number)
    assert seen.undone is not None
    assert (seen.undone.note, seen.undone.person) == (REASON, scene.reviewer.name)
    assert verify_ledger(session).ok


def test_it_can_be_redeemed_again_and_settled(session: Session, scene: Scene) -> None:
    office, order = Office(session, scene), undone(scene)
    deciding.verify(session, scene.officer, order.number, note="重新核对无误")
    assert (order.state, payable(session, order)) == (OrderState.VERIFIED, order.deduction)
    assert case(session, scene.officer, order.number).undone is None
    batch = approval.approve(
        session, office.budget_holder, office.reviewed().number, password=make.PASSWORD, public_url=PUBLIC
    )
    assert batch.state is BatchState.APPROVED
    assert verify_ledger(session).ok


def test_it_can_be_rejected_or_returned_instead(session: Session, scene: Scene) -> None:
    rejected, returned = undone(scene), undone(scene)
    deciding.reject(session, scene.officer, rejected.number, reason="not_delivered", note="现场核实未开展")
    assert wallet(session, rejected.voucher).available == rejected.voucher.face
    deciding.send_back(session, scene.officer, returned.number, marks=["records"], reason="incomplete")
    assert (rejected.state, returned.state) == (OrderState.VOIDED, OrderState.RETURNED)
    assert verify_ledger(session).ok


def test_twice_over(session: Session, scene: Scene) -> None:
    order = undone(scene)
    deciding.verify(session, scene.officer, order.number, note="重新核对无误")
    undoing.ask_undo(session, scene.reviewer, order.number, reason=REASON)
    undoing.undo(session, scene.officer, order.number, password=make.PASSWORD)
    deciding.verify(session, scene.officer, order.number, note="重新核对无误")
    assert payable(session, order) == order.deduction
    assert verify_ledger(session).ok


def test_two_people_of_the_programmes_own_bureau(session: Session, scene: Scene) -> None:
    order = verified(scene)
    province = make.actor(session, make.bureau(session, "350000"), Role.REVIEWER)
    elsewhere = make.actor(session, make.bureau(session, "430000"), Role.REVIEWER)
    inspector = make.actor(session, scene.bureau, Role.INSPECTOR)
    for person, refusal in (
        (province, NotAllowed),
        (inspector, NotAllowed),
        (elsewhere, NotFound),
        (scene.clerk, NotFound),
        (scene.buyer(order.voucher), NotFound),
    ):
        with pytest.raises(refusal):
            undoing.ask_undo(session, person, order.number, reason=REASON)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    for person, refusal in ((province, NotAllowed), (scene.officer, NotAllowed), (elsewhere, NotFound)):
        with pytest.raises(refusal):
            undoing.undo(session, person, order.number, password=make.PASSWORD)
    with pytest.raises(NotAllowed, match="密码"):
        undoing.undo(session, scene.reviewer, order.number, password="mistyped password")
    assert payable(session, order) == order.deduction


def test_nothing_without_being_asked_for_or_without_a_reason(session: Session, scene: Scene) -> None:
    order = verified(scene)
    with pytest.raises(Conflict, match="没有待复核"):
        undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)
    with pytest.raises(BadInput) as refused:
        undoing.ask_undo(session, scene.officer, order.number, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Conflict):
        undoing.ask_undo(session, scene.officer, claimed(scene).number, reason=REASON)


def test_it_can_be_declined_and_asked_for_again(session: Session, scene: Scene) -> None:
    order = verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    with pytest.raises(Conflict):
        undoing.ask_undo(session, scene.reviewer, order.number, reason=REASON)
    undoing.decline_undo(session, scene.reviewer, order.number, reason="核验没有错")
    claim = claiming.claim_of(session, order.number)
    assert claim is not None
    assert asked_for(session, claim, undoing.DEED) is None
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    undoing.decline_undo(session, scene.officer, order.number, reason="看错了")
    assert order.state is OrderState.VERIFIED


def test_who_carries_it_out_judges_eligibility(session: Session, scene: Scene) -> None:
    order = verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    take_duty(session, scene.reviewer, scene.programme.id, Duty.PAYMENT)
    with pytest.raises(NotAllowed, match="另一项职责"):
        undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)


def test_it_waits_on_the_colleagues_desk(session: Session, scene: Scene) -> None:
    order = verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    (item,) = desk.waiting(session, scene.reviewer)
    assert (item.task.id, item.arguments, item.amount) == (
        "redemption.undo.second_person",
        {"number": order.number},
        order.deduction,
    )
    assert desk.waiting(session, scene.officer) == []


def test_what_a_batch_holds_stays_redeemed(session: Session, scene: Scene) -> None:
    office, order = Office(session, scene), verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    batch = office.batch()

    def refused() -> None:
        with pytest.raises(Conflict, match=batch.number):
            undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)
        with pytest.raises(Conflict):
            undoing.ask_undo(session, scene.officer, order.number, reason=REASON)

    refused()
    batches.review(session, office.maker, batch.number)
    refused()
    batches.withdraw(session, office.maker, batch.number, reason="核销有误")
    undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)
    assert order.state is OrderState.CLAIMED
    assert verify_ledger(session).ok


def test_an_approved_order_stays_redeemed(session: Session, scene: Scene) -> None:
    office, order = Office(session, scene), verified(scene)
    undoing.ask_undo(session, scene.officer, order.number, reason=REASON)
    approval.approve(session, office.budget_holder, office.reviewed().number, password=make.PASSWORD, public_url=PUBLIC)
    with pytest.raises(Conflict):
        undoing.undo(session, scene.reviewer, order.number, password=make.PASSWORD)
    assert verify_ledger(session).ok


def test_the_trail_has_the_reason(session: Session, scene: Scene) -> None:
    order = undone(scene)
    claim = claiming.claim_of(session, order.number)
    assert claim is not None
    told = session.scalars(
        select(AuditEvent).where(AuditEvent.subject_id == claim.id).order_by(AuditEvent.sequence)
    ).all()
    assert [(each.action, each.note) for each in told[-2:]] == [
        ("second_person.ask", REASON),
        ("redemption.undo", REASON),
    ]
