"""Who may say that a statement was paid, and which: every refusal leaves the money where it was."""

from dataclasses import replace

import factories as make
import pytest
from claim_cases import PUBLIC, Office, verified
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.company_facts import enter_bank_account
from foundation.actors import Role
from foundation.clock import today
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from ledger.models import Transfer
from ledger.verification import verify
from settlement.approval import approve, outstanding
from settlement.corrections import ask_correction, correct
from settlement.models import Payment, PaymentState, Statement
from settlement.payments import attempts, note_rejected, pay

pytestmark = pytest.mark.clock


@pytest.fixture(scope="module")
def engine(limited_engine):
    """Everything here runs as the database role of web and worker."""
    return limited_engine


PASSWORD = make.PASSWORD


@pytest.fixture
def office(session, scene):
    return Office(session, scene)


@pytest.fixture
def batch(session, scene, office):
    verified(scene)
    return approve(session, office.budget_holder, office.reviewed().number, password=PASSWORD, public_url=PUBLIC)


@pytest.fixture
def due(session, batch):
    return [statement.number for statement in outstanding(session, batch)]


def paid(session):
    return session.scalars(select(Transfer.amount).where(Transfer.kind == "pay")).all()


def test_only_a_payer_pays(session, office, batch, due):
    with pytest.raises(NotAllowed):
        pay(session, office.budget_holder, batch.number, statements=due, password=PASSWORD)
    assert paid(session) == []


def test_the_payer_of_another_treasury_does_not_pay(session, batch, due):
    beside = make.actor(session, make.treasury(session), Role.PAYER)
    with pytest.raises(NotAllowed, match="财政部门"):
        pay(session, beside, batch.number, statements=due, password=PASSWORD)
    far = make.actor(session, make.treasury(session, "110000"), Role.PAYER)
    with pytest.raises(NotFound):
        pay(session, far, batch.number, statements=due, password=PASSWORD)
    assert paid(session) == []


def test_the_password_is_asked_again(session, office, batch, due):
    with pytest.raises(NotAllowed, match="密码") as refusal:
        pay(session, office.payer, batch.number, statements=due, password="not the password")
    assert refusal.value.field == "password"
    assert paid(session) == []


@pytest.mark.parametrize("part", ["calculated_by_id", "reviewed_by_id", "checker_id"])
def test_maker_and_checker_do_not_pay(session, office, batch, due, part):
    in_both_offices = replace(office.payer, user_id=getattr(batch, part))
    with pytest.raises(NotAllowed, match="付款人"):
        pay(session, in_both_offices, batch.number, statements=due, password=PASSWORD)


def test_something_must_be_chosen_and_of_this_batch(session, office, batch, due):
    for chosen, refusal in (([], BadInput), (["JS-000000-2026-9999"], Conflict), ([*due, "JS-0"], Conflict)):
        with pytest.raises(refusal) as said:
            pay(session, office.payer, batch.number, statements=chosen, password=PASSWORD)
        assert said.value.field == "statements"
    assert paid(session) == []


def test_a_statement_is_paid_once(session, office, batch, due):
    pay(session, office.payer, batch.number, statements=[*due, *due], password=PASSWORD)
    with pytest.raises(Conflict):
        pay(session, office.payer, batch.number, statements=due, password=PASSWORD)
    assert len(paid(session)) == 1


def test_only_the_budget_holder_takes_a_statement_back(session, office, batch, due):
    """The page has it in its list; the verb knows it by itself."""
    ask_correction(session, office.budget_holder, due[0], reason="金额有误")
    with pytest.raises(NotAllowed):
        correct(session, office.payer, due[0], password=PASSWORD, public_url=PUBLIC)
    assert outstanding(session, batch)[0].number == due[0]


def statement(session, due):
    return session.scalars(select(Statement).where(Statement.number == due[0])).one()


def test_a_rejected_attempt_is_kept_and_the_next_one_pays(session, office, batch, due):
    given = {"statement": due[0], "reason": "账号与户名不符", "reference": "HD20261129001", "password": PASSWORD}
    note_rejected(session, office.payer, batch.number, **given)
    assert paid(session) == [], "nothing moves for what the bank sent back"
    assert [each.number for each in outstanding(session, batch)] == due
    payee = make.actor(session, statement(session, due).organisation, Role.PROVIDER_MANAGER)
    account = enter_bank_account(
        session, payee, holder="样例公司", bank="样例银行", number="350012345678", since=today(), source="开户许可证"
    )
    pay(session, office.payer, batch.number, statements=due, password=PASSWORD)
    made = attempts(session, statement(session, due))
    assert [(each.attempt, each.state, each.reason, each.reference, each.account_id) for each in made] == [
        (1, PaymentState.REJECTED, "账号与户名不符", "HD20261129001", None),
        (2, PaymentState.PAID, None, None, account.id),
    ]
    assert [each.amount for each in made] == paid(session) * 2
    assert {each.by_id for each in made} == {office.payer.user_id}
    assert verify(session).ok
    with pytest.raises(Conflict):
        note_rejected(session, office.payer, batch.number, **given)


def test_a_rejection_needs_a_reason_a_payer_and_the_password(session, office, batch, due):
    given = {"statement": due[0], "reason": "账号与户名不符", "password": PASSWORD}
    with pytest.raises(BadInput) as refused:
        note_rejected(session, office.payer, batch.number, **{**given, "reason": " "})
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        note_rejected(session, office.budget_holder, batch.number, **given)
    with pytest.raises(NotAllowed, match="密码"):
        note_rejected(session, office.payer, batch.number, **{**given, "password": "not the password"})
    assert attempts(session, statement(session, due)) == []


def test_the_database_itself_refuses_to_pay_twice(session, office, batch, due):
    pay(session, office.payer, batch.number, statements=due, password=PASSWORD)
    (first,) = attempts(session, statement(session, due))
    again = Payment(
        statement_id=first.statement_id, attempt=2, state=PaymentState.PAID, amount=first.amount, at=first.at
    )
    session.add(again)
    with pytest.raises(IntegrityError, match="uq_payments_paid"):
        session.flush()
