"""A statement is taken back by two people of the treasury, and always can be, whatever the pool has given out since."""

from dataclasses import replace

import factories as make
import pytest
from claim_cases import PUBLIC, Office, award, beijing, giant, proven, verified
from factories import PASSWORD
from order_cases import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from foundation.actors import Role
from foundation.clock import today
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import balance
from ledger.verification import verify
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.corrections import ask_correction, correct, correction_asked, decline_correction
from settlement.models import Statement
from settlement.payments import pay
from vouchers import money
from vouchers.appropriation import appropriate
from vouchers.claiming import claim
from vouchers.duties import take_duty
from vouchers.models import ClaimState, Duty, VoucherClaim

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


@pytest.fixture
def issued(session: Session, scene: Scene, office: Office) -> Statement:
    verified(scene)
    (statement,) = outstanding(session, office.approved())
    return statement


def test_whoever_asks_does_not_carry_it_out(session: Session, office: Office, issued: Statement) -> None:
    ask_correction(session, office.budget_holder, issued.number, reason="金额有误")
    with pytest.raises(NotAllowed, match="不能自己复核"):
        correct(session, office.budget_holder, issued.number, password=PASSWORD, public_url=PUBLIC)
    with pytest.raises(Conflict, match="已提请复核"):
        ask_correction(session, office.payer, issued.number, reason="金额有误")
    colleague = make.actor(session, office.scene.treasury, Role.BUDGET_HOLDER)
    with pytest.raises(NotAllowed) as refused:
        correct(session, colleague, issued.number, password="wrong", public_url=PUBLIC)
    assert refused.value.field == "password"
    assert correct(session, colleague, issued.number, password=PASSWORD, public_url=PUBLIC).total == -issued.total
    assert proven(session)


def test_nothing_is_carried_out_that_nobody_asked_for(session: Session, office: Office, issued: Statement) -> None:
    with pytest.raises(Conflict, match="没有待复核"):
        correct(session, office.budget_holder, issued.number, password=PASSWORD, public_url=PUBLIC)
    with pytest.raises(BadInput, match="原因"):
        ask_correction(session, office.payer, issued.number, reason=" ")
    with pytest.raises(NotFound):
        ask_correction(session, office.payer, "JS-0", reason="金额有误")


def test_only_the_programmes_own_treasury_asks(session: Session, office: Office, issued: Statement) -> None:
    for stranger in (make.actor(session, make.treasury(session), Role.BUDGET_HOLDER), office.maker):
        with pytest.raises(NotAllowed):
            ask_correction(session, stranger, issued.number, reason="金额有误")


def test_who_judged_eligibility_neither_asks_nor_carries_out(
    session: Session, office: Office, issued: Statement
) -> None:
    judge = make.actor(session, office.scene.treasury, Role.BUDGET_HOLDER)
    take_duty(session, judge, office.scene.programme.id, Duty.ELIGIBILITY)
    with pytest.raises(NotAllowed, match="另一项职责"):
        ask_correction(session, judge, issued.number, reason="金额有误")
    ask_correction(session, office.payer, issued.number, reason="金额有误")
    with pytest.raises(NotAllowed, match="另一项职责"):
        correct(session, judge, issued.number, password=PASSWORD, public_url=PUBLIC)


def test_a_colleague_declines_and_the_statement_stays(session: Session, office: Office, issued: Statement) -> None:
    ask_correction(session, office.payer, issued.number, reason="金额有误")
    decline_correction(session, office.budget_holder, issued.number, reason="核对无误")
    assert correction_asked(session, issued) is None
    assert [each.number for each in outstanding(session, issued.batch)] == [issued.number]
    ask_correction(session, office.payer, issued.number, reason="再次核对有误")
    decline_correction(session, office.payer, issued.number, reason="撤回")
    assert correction_asked(session, issued) is None


def test_the_red_letter_names_who_made_it_and_its_issuer(session: Session, office: Office, issued: Statement) -> None:
    red = office.corrected(issued.number)
    content = red.content
    asked_by = session.get_one(User, office.payer.user_id).name
    assert (content["prepared_by"], content["approved_by"]) == (asked_by, office.budget_holder.name)
    assert content["issuer"] == office.scene.treasury.name == red.issuer.name
    assert red.number == f"JS-350200B-{today().year}-0001"
    assert red.issuer_id != issued.issuer_id


def test_the_paper_names_who_calculated_who_handed_on_and_who_approved(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.batch()
    batches.review(session, scene.officer, batch.number)
    approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)
    (statement,) = outstanding(session, batch)
    named = [statement.content[key] for key in ("prepared_by", "reviewed_by", "approved_by")]
    assert named == [each.name for each in (office.maker, scene.officer, office.budget_holder)]


def test_whoever_calculated_never_approves_though_a_colleague_handed_it_on(
    session: Session, scene: Scene, office: Office
) -> None:
    """One person with two memberships: calculates at the bureau, changes the office, and would approve."""
    verified(scene)
    batch = office.batch()
    batches.review(session, scene.officer, batch.number)
    in_both = replace(office.budget_holder, user_id=office.maker.user_id)
    with pytest.raises(NotAllowed, match="制单人"):
        approve(session, in_both, batch.number, password=PASSWORD, public_url=PUBLIC)
    batches.send_back(session, office.budget_holder, batch.number, reason="重新计算")
    batches.calculate(session, scene.officer, batch.number)
    batches.review(session, scene.officer, batch.number)
    # Calculated anew by somebody else: the duty is still that of eligibility.
    with pytest.raises(NotAllowed, match="另一项职责"):
        approve(session, in_both, batch.number, password=PASSWORD, public_url=PUBLIC)


@pytest.fixture
def given_out(session: Session, scene: Scene, office: Office) -> Statement:
    """A statement whose cut of 40,000 yuan went back into the pool and out again to a claimant."""
    beijing(scene)
    giant(scene)
    (statement,) = outstanding(session, office.approved(envelope="10000.00"))
    scene.voucher(face=money.pool(session, scene.programme.id) - 1_000_000)
    return statement


def fund(session: Session, office: Office, amount: int) -> None:
    facts = {"programme_id": office.scene.programme.id, "amount": amount, "transfer_id": new_id()}
    appropriate(session, office.budget_holder, password=PASSWORD, **facts)


def shortfall(session: Session, scene: Scene) -> int:
    found = {each.kind: each.amount for each in money.flow(session, scene.programme.id)}
    return found.get(AccountKind.SHORTFALL, 0)


def test_a_statement_is_taken_back_although_its_cut_was_given_out_again(
    session: Session, scene: Scene, office: Office, given_out: Statement
) -> None:
    office.corrected(given_out.number)
    # 40,000 were needed, 10,000 lay in the pool: the rest stays visible until it is covered.
    assert (money.pool(session, scene.programme.id), shortfall(session, scene)) == (0, -3_000_000)
    payable = account(session, AccountKind.PAYABLE, scene.programme.id, scene.provider.id)
    assert balance(session, payable) == 5_000_000
    assert proven(session)


def test_nothing_more_is_approved_for_the_provider_until_the_shortfall_is_covered(
    session: Session, scene: Scene, office: Office, given_out: Statement
) -> None:
    office.corrected(given_out.number)
    batch = office.reviewed(envelope="3000000.00")
    facts = {"password": PASSWORD, "public_url": PUBLIC}
    with pytest.raises(Conflict, match=r"缺口 ¥30,000\.00") as refused, session.begin_nested():
        approve(session, office.budget_holder, batch.number, **facts)
    assert "拨入资金" in str(refused.value.remedy)
    waiting = waiting_claim(session, scene)
    fund(session, office, 3_100_000)
    # The money covers the shortfall first; only what is over is given out.
    assert shortfall(session, scene) == 0
    assert (waiting.state, waiting.allotted) == (ClaimState.ALLOTTED, 100_000)
    approve(session, office.budget_holder, batch.number, **facts)
    assert batch.total == 5_000_000
    assert proven(session)


def waiting_claim(session: Session, scene: Scene) -> VoucherClaim:
    firm = make.enterprise(session, scene.terms.titles[0])
    buyer = make.actor(session, firm, Role.ENTERPRISE_MEMBER)
    return claim(session, buyer, programme_id=scene.programme.id)


def test_a_new_batch_that_cuts_as_much_covers_the_shortfall_itself(
    session: Session, scene: Scene, office: Office, given_out: Statement
) -> None:
    office.corrected(given_out.number)
    batch = office.approved(envelope="10000.00")
    assert (batch.total, shortfall(session, scene)) == (1_000_000, 0)
    assert money.pool(session, scene.programme.id) == 1_000_000
    assert proven(session)


def test_a_red_letter_takes_award_part_and_cut_back_each_by_its_own_transfer(
    session: Session, scene: Scene, office: Office
) -> None:
    beijing(scene)
    order, _ = giant(scene), giant(scene)
    pool = money.pool(session, scene.programme.id)
    parts = {order.number: {"amount": "20000.00", "reason": "部分交付"}}
    batch = office.approved(envelope="60000.00", awards=award(scene, 10), parts=parts)
    (statement,) = outstanding(session, batch)
    office.corrected(statement.number)
    kinds = set(session.scalars(select(Transfer.kind).where(Transfer.subject_id == statement.id)))
    assert {"approve", "award", "part", "cut"} <= kinds
    assert {f"reverse_{kind}" for kind in ("approve", "award", "part", "cut")} <= kinds
    assert money.pool(session, scene.programme.id) == pool
    assert proven(session)


def test_a_paid_statement_is_recovered_and_the_ledger_still_adds_up(
    session: Session, office: Office, issued: Statement
) -> None:
    pay(session, office.payer, issued.batch.number, statements=[issued.number], password=PASSWORD)
    office.corrected(issued.number)
    assert verify(session).ok
