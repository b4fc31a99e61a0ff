"""Claims from submission to decision: checks first, money exactly once, nobody on both sides."""

from datetime import timedelta

import factories as make
import pytest
from claim_cases import claim, claimed, invoice
from clock_jobs import done
from order_cases import Scene, upload
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState
from audit.decisions import decisions_about
from audit.seals import seal
from audit.verification import verify as verify_audit
from foundation.actors import Role
from foundation.clock import now, today, travel
from foundation.errors import BadInput, Conflict, Faults, NotAllowed, NotFound
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import balance
from ledger.verification import verify as verify_ledger
from orders.models import Order, OrderState
from verification import claiming, deciding
from verification.billing import stated
from verification.claiming import claim_of
from verification.jobs import every_ten_minutes
from verification.models import RedemptionState
from verification.queries import case, queue
from vouchers.duties import take_duty
from vouchers.models import Duty
from vouchers.wallets import wallet

pytestmark = pytest.mark.clock


@pytest.fixture(scope="module")
def engine(limited_engine):
    """Everything here runs as the database role of web and worker."""
    return limited_engine


NOTE = "已核对原件"


def proven(session: Session) -> bool:
    """Whether money and trail add up."""
    session.flush()
    seal(session)
    return verify_ledger(session).ok and verify_audit(session).ok


def payable(session: Session, order: Order) -> int:
    return balance(session, account(session, AccountKind.PAYABLE, order.programme_id, order.provider_id))


def test_a_clean_claim_is_redeemed(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    assert order.state is OrderState.CLAIMED
    found = deciding.verify(session, scene.officer, order.number)
    assert (found.state, order.state) == (RedemptionState.VERIFIED, OrderState.VERIFIED)
    assert payable(session, order) == order.deduction
    assert wallet(session, order.voucher).redeemed == order.deduction
    assert proven(session)


def test_redeeming_twice_moves_nothing(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    deciding.verify(session, scene.officer, order.number)
    with pytest.raises(Conflict):
        deciding.verify(session, scene.officer, order.number)
    assert payable(session, order) == order.deduction


def test_every_failing_check_is_named_by_its_field(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    with pytest.raises(Faults) as refused:
        claim(scene, order, number="123", amount=1, seller="别人", self_checked=False, day=today() + timedelta(days=1))
    assert {fault.field for fault in refused.value.faults} == {"number", "amount", "seller", "self_checked", "day"}
    assert order.state is OrderState.CONFIRMED
    assert claiming.claim_of(session, order.number) is None


def test_an_invoice_counts_once_until_its_claim_is_rejected(session: Session, scene: Scene) -> None:
    first, second = claimed(scene), scene.order_in(OrderState.CONFIRMED)
    used = claiming.claim_of(session, first.number)
    assert used is not None
    with pytest.raises(Faults) as refused:
        claim(scene, second, number=stated(used).number)
    assert refused.value.faults[0].field == "number"
    deciding.reject(session, scene.officer, first.number, reason="other", note=NOTE)
    claim(scene, second, number=stated(used).number)
    assert second.state is OrderState.CLAIMED


@pytest.mark.parametrize(
    "again",
    [
        "03500210021112345678",
        "035002100211 12345678",
        "０３５００２１００２１１－１２３４５６７８",
        "\ufeff035002100211—12345678",
    ],
)
def test_another_spelling_is_the_same_invoice(session: Session, scene: Scene, again: str) -> None:
    first, second = scene.order_in(OrderState.CONFIRMED), scene.order_in(OrderState.CONFIRMED)
    assert stated(claim(scene, first, number="035002100211-12345678")).number == "035002100211-12345678"
    with pytest.raises(Faults) as refused:
        claim(scene, second, number=again)
    assert [fault.field for fault in refused.value.faults] == ["number"]
    found = queue(session, scene.officer, words=again)
    assert [each.order_id for each in found.rows] == [first.id]


def test_nothing_unseen_is_stored_with_an_invoice(scene: Scene) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    found = claim(scene, order, seller=f"\u200b{order.provider.name}\ufeff")
    assert stated(found).seller == order.provider.name


def test_a_resubmission_keeps_the_first_filing_date(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    found = claiming.claim_of(session, order.number)
    assert found is not None
    first = found.submitted_at
    assert found.resubmitted_at is None
    deciding.send_back(session, scene.officer, order.number, marks=["records"], reason="incomplete")
    with travel(now() + timedelta(days=3)):
        claiming.submit(session, scene.clerk, order.number, invoice=invoice(order))
    assert found.submitted_at == first
    assert found.resubmitted_at is not None
    assert found.resubmitted_at > first + timedelta(days=2)


def test_what_the_bureau_accepted_is_what_counts_here(session: Session, scene: Scene) -> None:
    """Listed at a figure that the bureau accepted in place of the stated one; the order keeps the figure of its day."""
    scene.offered.market_price = scene.list_price // 2
    scene.offered.accepted_market_price = scene.list_price
    scene.offered.accepted_at, scene.offered.accepted_reason = now(), "三份政府采购合同"
    session.flush()
    order = claimed(scene)
    scene.offered.accepted_market_price = scene.list_price * 2
    assert order.market_price == scene.list_price
    deciding.verify(session, scene.officer, order.number)
    assert order.state is OrderState.VERIFIED


def test_the_database_itself_refuses_an_invoice_twice(session: Session, scene: Scene) -> None:
    first, second = claiming.claim_of(session, claimed(scene).number), claiming.claim_of(session, claimed(scene).number)
    assert first
    assert second
    with pytest.raises(IntegrityError, match="more is used of an invoice than it has"):
        session.execute(
            text("UPDATE claim_invoices SET invoice_id = :invoice WHERE claim_id = :id"),
            {"invoice": first.billed[0].invoice_id, "id": second.id},
        )


def test_the_database_itself_refuses_another_spelling(session: Session, scene: Scene) -> None:
    claimed(scene)
    session.flush()
    with pytest.raises(IntegrityError, match="ck_invoices_number_in_one_form"):
        session.execute(text("UPDATE invoices SET number = '2435 2000 0000 0000 0001'"))


def test_a_first_claim_needs_a_file(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    with pytest.raises(BadInput) as refused:
        claiming.submit(session, scene.clerk, order.number, invoice=invoice(order))
    assert refused.value.field == "file"


def test_no_claim_before_the_result_is_confirmed(scene: Scene) -> None:
    with pytest.raises(Conflict):
        claim(scene, scene.order_in(OrderState.DELIVERED))


def test_others_do_not_see_it(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    stranger = make.actor(session, make.provider(session), Role.PROVIDER_MANAGER)
    elsewhere = make.actor(session, make.bureau(session, "430000"), Role.OFFICER)
    for person in (stranger, elsewhere, scene.buyer(order.voucher)):
        with pytest.raises(NotFound):
            case(session, person, order.number)
        with pytest.raises(NotFound):
            deciding.verify(session, person, order.number)
    assert queue(session, elsewhere).total == 0
    assert queue(session, scene.officer).total == 1


def test_what_is_referred_needs_a_word(session: Session, scene: Scene) -> None:
    # The second order of the scene carries the same photo as the first.
    claimed(scene)
    order = claimed(scene)
    with pytest.raises(BadInput) as refused:
        deciding.verify(session, scene.officer, order.number)
    assert refused.value.field == "note"
    deciding.verify(session, scene.officer, order.number, note=NOTE)
    assert order.state is OrderState.VERIFIED


def test_a_failing_check_cannot_be_redeemed(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    order.market_price = order.list_price - 1
    with pytest.raises(Conflict, match="服务价格"):
        deciding.verify(session, scene.officer, order.number, note=NOTE)
    assert payable(session, order) == 0


def test_correction_and_claim_again(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    returned = deciding.send_back(
        session, scene.officer, order.number, marks=["invoice_buyer"], reason="illegible", note="发票模糊"
    )
    assert (returned.state, order.state) == (RedemptionState.RETURNED, OrderState.RETURNED)
    assert returned.due_on is not None
    assert returned.due_on > today()
    assert wallet(session, order.voucher).held == order.deduction
    claiming.submit(session, scene.clerk, order.number, invoice=invoice(order))
    assert (returned.state, order.state, returned.due_on) == (RedemptionState.SUBMITTED, OrderState.CLAIMED, None)
    deciding.verify(session, scene.officer, order.number)
    assert proven(session)


@pytest.mark.parametrize("marks", [[], ["nonsense"]])
def test_a_return_names_what_to_mend(session: Session, scene: Scene, marks: list[str]) -> None:
    order = claimed(scene)
    with pytest.raises(BadInput):
        deciding.send_back(session, scene.officer, order.number, marks=marks, reason="illegible")


@pytest.mark.parametrize(
    ("reason", "note", "at"), [("nonsense", "", "reason"), ("", "", "reason"), ("see_note", " ", "note")]
)
def test_a_return_says_why(session: Session, scene: Scene, reason: str, note: str, at: str) -> None:
    order = claimed(scene)
    with pytest.raises(BadInput) as refused:
        deciding.send_back(session, scene.officer, order.number, marks=["records"], reason=reason, note=note)
    assert refused.value.field == at
    returned = deciding.send_back(session, scene.officer, order.number, marks=["records"], reason="incomplete")
    assert (returned.state, returned.note, returned.reasons) == (
        RedemptionState.RETURNED,
        None,
        ["incomplete", "records"],
    )


def test_who_is_done_is_led_to_the_claim_that_waits_longest(session: Session, scene: Scene) -> None:
    first, second, third = claimed(scene), claimed(scene), claimed(scene)
    assert case(session, scene.officer, second.number).following is None
    deciding.send_back(session, scene.officer, second.number, marks=["records"], reason="incomplete")
    done = case(session, scene.officer, second.number)
    assert done.following is not None
    assert (done.following.order_id, done.waiting) == (first.id, 2)
    assert case(session, scene.clerk, second.number).following is None
    assert third.state is OrderState.CLAIMED


def test_uncorrected_claims_lapse_and_the_money_goes_back(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    returned = deciding.send_back(
        session, scene.officer, order.number, marks=["invoice_buyer"], reason="illegible", note="发票模糊"
    )
    assert done(session, every_ten_minutes) == 0
    with travel(now() + timedelta(days=30)):
        assert done(session, every_ten_minutes) == 1
        assert done(session, every_ten_minutes) == 0
    assert (returned.state, order.state) == (RedemptionState.REJECTED, OrderState.VOIDED)
    assert wallet(session, order.voucher).held == 0


def test_rejection_gives_the_money_back(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    found = deciding.reject(session, scene.officer, order.number, reason="not_delivered", note="现场核实未开展")
    assert (found.state, order.state) == (RedemptionState.REJECTED, OrderState.VOIDED)
    assert wallet(session, order.voucher).available == order.voucher.face
    assert proven(session)


def test_only_officers_decide(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    with pytest.raises(NotAllowed):
        deciding.verify(session, scene.reviewer, order.number)


def test_nobody_decides_about_the_own_organisation(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    session.add(
        Membership(
            user_id=scene.officer.user_id,
            organisation_id=order.enterprise_id,
            role=Role.ENTERPRISE_MEMBER,
            state=MembershipState.ACTIVE,
        )
    )
    session.flush()
    with pytest.raises(NotAllowed, match="一方单位的成员"):
        deciding.verify(session, scene.officer, order.number)


def test_who_releases_money_does_not_judge(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    take_duty(session, scene.officer, scene.programme.id, Duty.PAYMENT)
    with pytest.raises(NotAllowed, match="另一项职责"):
        deciding.verify(session, scene.officer, order.number)


def test_the_database_itself_refuses_a_judge_without_the_duty(session: Session, scene: Scene) -> None:
    order = claimed(scene)
    paying = make.actor(session, scene.treasury, Role.BUDGET_HOLDER)
    take_duty(session, paying, scene.programme.id, Duty.PAYMENT)
    session.flush()
    with pytest.raises(IntegrityError, match="fk_redemption_claims_duty"):
        session.execute(
            text("UPDATE redemption_claims SET decided_by_id = :user WHERE order_id = :order"),
            {"user": paying.user_id, "order": order.id},
        )


def test_nobody_has_both_duties(session: Session, scene: Scene) -> None:
    take_duty(session, scene.officer, scene.programme.id, Duty.ELIGIBILITY)
    session.flush()
    with pytest.raises(IntegrityError, match="uq_programme_duties_one_duty"):
        session.execute(
            text(
                "INSERT INTO programme_duties (id, user_id, programme_id, duty, created_at)"
                " VALUES (:id, :user, :programme, 'payment', now())"
            ),
            {"id": new_id(), "user": scene.officer.user_id, "programme": scene.programme.id},
        )


def test_the_same_defect_decided_before_is_shown(session: Session, scene: Scene) -> None:
    claimed(scene)
    before, order = claimed(scene), claimed(scene)
    deciding.verify(session, scene.officer, before.number, note="模板照片，已实地核实")
    found = case(session, scene.officer, order.number)
    assert [(each.number, each.decision.note, list(each.defects)) for each in found.earlier] == [
        (before.number, "模板照片，已实地核实", ["files_elsewhere"])
    ]
    assert not case(session, scene.clerk, order.number).earlier


def test_a_return_is_remembered_after_the_claim_was_mended(session: Session, scene: Scene) -> None:
    """What was decided before stays: the claim itself says only how it stands now."""
    claimed(scene)
    returned, order = claimed(scene), claimed(scene)
    deciding.send_back(
        session, scene.officer, returned.number, marks=["records"], reason="illegible", note="金额看不清"
    )
    claiming.submit(session, scene.clerk, returned.number, invoice=invoice(returned))
    deciding.verify(session, scene.officer, returned.number, note="已看清")
    claim = claim_of(session, returned.number)
    assert claim is not None
    assert any(each.number == returned.number for each in case(session, scene.officer, order.number).earlier)
    made = decisions_about(session, "redemption_claims", claim.id)
    assert [(each.event, each.reasons, each.note) for each in made] == [
        ("redemption.return", ["illegible", "records"], "材料看不清：金额看不清"),
        ("redemption.verify", [], "已看清"),
    ]


def test_an_invoice_of_the_wrong_kind_is_refused(session: Session, scene: Scene) -> None:
    order = scene.order_in(OrderState.CONFIRMED)
    with pytest.raises(BadInput) as refused:
        claiming.submit(session, scene.clerk, order.number, invoice=invoice(order), file=upload(b"GIF89a", "发票.pdf"))
    assert refused.value.field == "file"
