"""A batch from verified orders to payment: three people, money exactly once, statements for ever."""

import json
from collections.abc import Callable
from datetime import timedelta

import factories as make
import pytest
from claim_cases import PUBLIC, Office, award, claimed, proven, second_provider, verified
from order_cases import Scene, terms
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import User
from files.models import Blob
from files.store import current_store, digest
from foundation.actors import Actor, Role
from foundation.clock import at, end_of, now, today, travel
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import balance
from orders.models import OrderState
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.checking import check, recomputed_hash
from settlement.models import Batch, BatchState, Statement
from settlement.payments import pay
from settlement.statement_files import file_of, print_unprinted
from settlement.statements import issue
from verification.models import RedemptionClaim
from vouchers.duties import take_duty
from vouchers.models import Duty

pytestmark = pytest.mark.clock

PASSWORD = make.PASSWORD


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    """The people of the settlement."""
    return Office(session, scene)


def statement_of(session: Session, batch: Batch) -> Statement:
    return session.scalars(
        select(Statement).where(Statement.batch_id == batch.id, Statement.corrects_id.is_(None))
    ).one()


def money(session: Session, scene: Scene, kind: AccountKind, owner: object = None) -> int:
    return balance(session, account(session, kind, scene.programme.id, owner))  # type: ignore[arg-type]


def test_what_is_not_verified_is_left_out_with_its_reason(session: Session, scene: Scene, office: Office) -> None:
    counted, waiting = verified(scene), claimed(scene)
    batch = office.batch()
    assert batch.state is BatchState.CALCULATED
    assert [row.order_id for row in batch.orders] == [counted.id]
    assert [(each["order"], each["reason"]) for each in batch.left_out] == [(waiting.number, "核销审核中")]


def test_orders_of_another_period_and_batch_are_left_out(session: Session, scene: Scene, office: Office) -> None:
    earlier = verified(scene)
    batch = office.batch()
    with travel(now() + timedelta(days=2)):
        order = verified(scene)
        other = office.batch(period_from=today())
    assert [row.order_id for row in other.orders] == [order.id]
    assert [(each["order"], each["params"]) for each in other.left_out] == [(earlier.number, {"batch": batch.number})]
    with pytest.raises(BadInput, match="没有待结算"):
        office.batch()


def test_a_period_has_its_first_moment_and_its_last_and_none_outside(
    session: Session, scene: Scene, office: Office
) -> None:
    midnight, next_midnight, instant = at(today(), 0), end_of(today()), timedelta(microseconds=1)
    orders = {}
    for moment in (midnight - instant, midnight, next_midnight - instant, next_midnight):
        order = verified(scene)
        session.execute(update(RedemptionClaim).where(RedemptionClaim.order_id == order.id).values(decided_at=moment))
        orders[moment] = order.id
    batch = office.batch()
    assert {row.order_id for row in batch.orders} == {orders[midnight], orders[next_midnight - instant]}


@pytest.mark.parametrize(("back", "ahead"), [(0, 1), (-1, 0)])
def test_a_period_must_make_sense(session: Session, scene: Scene, office: Office, back: int, ahead: int) -> None:
    with pytest.raises(BadInput) as refused:
        batches.draft(
            session,
            office.maker,
            programme_number=scene.programme.number,
            period_from=today() - timedelta(days=back),
            period_to=today() + timedelta(days=ahead),
        )
    assert refused.value.field == "period_to"


def test_beijing_needs_its_envelope(scene: Scene, office: Office) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    verified(scene)
    with pytest.raises(BadInput) as refused:
        office.batch()
    assert refused.value.field == "envelope"


def test_approval_moves_the_money_and_issues_a_statement(session: Session, scene: Scene, office: Office) -> None:
    orders = [verified(scene), verified(scene)]
    total = sum(order.deduction for order in orders)
    batch = office.approved()
    assert batch.state is BatchState.APPROVED
    assert money(session, scene, AccountKind.PAYABLE, scene.provider.id) == 0
    assert money(session, scene, AccountKind.APPROVED, batch.id) == total
    statement = statement_of(session, batch)
    assert statement.total == total
    assert statement.number == f"JS-350200-{today().year}-0001"
    assert {order.state for order in orders} == {OrderState.VERIFIED}
    assert proven(session)


def test_the_worked_calculation_is_the_schemes_own(session: Session, scene: Scene, office: Office) -> None:
    order = verified(scene)
    batch = office.approved()
    printed = [(step["text"], step["citation"]) for step in statement_of(session, batch).content["steps"]]
    worked = [(step["text"], step["citation"]) for line in batch.result["lines"] for step in line["steps"]]
    # A step about a whole line names whose line it is; apart from that each is the scheme's, word for word.
    name = f"{order.enterprise.name}："
    assert [(text.removeprefix(name), citation) for text, citation in printed[:-1]] == worked


def test_beijing_prints_the_line_of_the_platform_and_tops_up_from_the_pool(
    session: Session, scene: Scene, office: Office
) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    scene.offered.reviewed_at = now()
    order = verified(scene)
    order.enterprise_title = "key_little_giant"
    session.flush()
    pool = money(session, scene, AccountKind.POOL)
    batch = office.approved(envelope="3000000.00", awards=award(scene, 20))
    statement = statement_of(session, batch)
    assert [step["text"] for step in statement.content["steps"]] == [
        step["text"] for step in batch.result["lines"][0]["steps"]
    ]
    assert statement.total > order.deduction
    assert money(session, scene, AccountKind.POOL) == pool - (statement.total - order.deduction)
    assert proven(session)


def test_what_the_scheme_cuts_goes_back_to_the_pool(session: Session, scene: Scene, office: Office) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    scene.offered.reviewed_at = now()
    counted, refused = verified(scene), verified(scene)
    counted.enterprise_title = "little_giant"
    session.flush()
    pool = money(session, scene, AccountKind.POOL)
    batch = office.approved(envelope="10000.00")
    statement = statement_of(session, batch)
    assert statement.total == 1_000_000
    assert money(session, scene, AccountKind.POOL) == pool + counted.deduction + refused.deduction - 1_000_000
    (excluded,) = statement.content["excluded"]
    assert excluded["number"] == refused.number
    assert "省级专精特新" in excluded["reason"]
    assert proven(session)


def test_a_batch_that_pays_nothing_is_closed_and_its_orders_settled(
    session: Session, scene: Scene, office: Office
) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    order = verified(scene)
    pool = money(session, scene, AccountKind.POOL)
    batch = office.approved(envelope="10000.00")
    assert (batch.state, batch.total, order.state) == (BatchState.CLOSED, 0, OrderState.SETTLED)
    assert money(session, scene, AccountKind.POOL) == pool + order.deduction
    assert proven(session)


def test_payment_settles_the_orders(session: Session, scene: Scene, office: Office) -> None:
    order = verified(scene)
    batch = office.approved()
    numbers = [each.number for each in outstanding(session, batch)]
    pay(session, office.payer, batch.number, statements=numbers, password=PASSWORD)
    assert (batch.state, order.state) == (BatchState.PAID, OrderState.SETTLED)
    assert money(session, scene, AccountKind.PAID, scene.provider.id) == order.deduction
    with pytest.raises(Conflict):
        pay(session, office.payer, batch.number, statements=numbers, password=PASSWORD)
    assert money(session, scene, AccountKind.PAID, scene.provider.id) == order.deduction
    assert proven(session)


def test_each_provider_is_paid_by_its_own_statement(session: Session, scene: Scene, office: Office) -> None:
    one, other = verified(scene), second_provider(session, scene)
    batch = office.approved()
    first, second = outstanding(session, batch)
    assert {first.organisation_id, second.organisation_id} == {one.provider_id, other.provider_id}
    pay(session, office.payer, batch.number, statements=[first.number], password=PASSWORD)
    assert batch.state is BatchState.PAYING
    assert {one.state, other.state} == {OrderState.SETTLED, OrderState.VERIFIED}
    with pytest.raises(Conflict):
        pay(session, office.payer, batch.number, statements=[first.number, second.number], password=PASSWORD)
    pay(session, office.payer, batch.number, statements=[second.number], password=PASSWORD)
    assert batch.state is BatchState.PAID
    mine = json.dumps(first.content, ensure_ascii=False)
    stranger = other if first.organisation_id == one.provider_id else one
    assert stranger.number not in mine
    assert proven(session)


def test_withdrawn_orders_are_free_for_another_batch(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()
    batches.withdraw(session, office.maker, batch.number, reason="期间选错")
    again = office.batch()
    assert again.total == batch.total


def test_the_treasury_sends_back_and_the_bureau_calculates_again(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.reviewed()
    batches.send_back(session, office.budget_holder, batch.number, reason="补充说明")
    before = batch.total
    verified(scene)
    batches.calculate(session, scene.officer, batch.number)
    assert batch.total == 2 * before
    assert batch.calculated_by_id == scene.officer.user_id


@pytest.mark.parametrize(
    "who", [lambda office: office.maker, lambda office: office.payer, lambda office: office.scene.clerk]
)
def test_only_the_budget_holder_approves(
    session: Session, scene: Scene, office: Office, who: Callable[[Office], Actor]
) -> None:
    verified(scene)
    batch = office.reviewed()
    with pytest.raises((NotAllowed, NotFound)):
        approve(session, who(office), batch.number, password=PASSWORD, public_url=PUBLIC)
    assert batch.state is BatchState.REVIEWED


def test_another_treasury_does_not_approve(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()
    stranger = make.actor(session, make.treasury(session), Role.BUDGET_HOLDER)
    with pytest.raises(NotAllowed):
        approve(session, stranger, batch.number, password=PASSWORD, public_url=PUBLIC)
    elsewhere = make.actor(session, make.treasury(session, "430000"), Role.BUDGET_HOLDER)
    with pytest.raises(NotFound):
        approve(session, elsewhere, batch.number, password=PASSWORD, public_url=PUBLIC)


def test_the_password_is_asked_again(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()
    with pytest.raises(NotAllowed) as refused:
        approve(session, office.budget_holder, batch.number, password="wrong", public_url=PUBLIC)
    assert refused.value.field == "password"
    assert batch.state is BatchState.REVIEWED


def test_who_judged_eligibility_never_approves(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()
    take_duty(session, office.budget_holder, scene.programme.id, Duty.ELIGIBILITY)
    with pytest.raises(NotAllowed, match="另一项职责"):
        approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)


def test_the_database_itself_refuses_a_judge_as_checker_or_payer_and_a_payer_as_maker(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.batch()
    take_duty(session, office.payer, scene.programme.id, Duty.PAYMENT)
    for column, person, key in (
        ("checker_id", scene.officer, "fk_batches_checker_duty"),
        ("payer_id", scene.officer, "fk_batches_payer_duty"),
        ("calculated_by_id", office.payer, "fk_batches_calculator_duty"),
        ("reviewed_by_id", office.payer, "fk_batches_reviewer_duty"),
    ):
        with pytest.raises(IntegrityError, match=key), session.begin_nested():
            session.execute(
                text(f"UPDATE batches SET {column} = :user WHERE id = :id"),  # noqa: S608 - names from above
                {"user": person.user_id, "id": batch.id},
            )


def test_the_database_itself_refuses_the_maker_as_checker_or_payer(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.batch()
    for column in ("checker_id", "payer_id"):
        with pytest.raises(IntegrityError, match=r"maker_is_not_checker|payer_is_third"), session.begin_nested():
            session.execute(
                text(f"UPDATE batches SET {column} = calculated_by_id WHERE id = :id"),  # noqa: S608 - names from this line
                {"id": batch.id},
            )


def test_a_batch_that_no_longer_replays_is_not_approved(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()
    batch.result = {**batch.result, "total": "0.01"}
    with pytest.raises(Conflict, match="结果不一致"):
        approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)


@pytest.mark.parametrize(
    "change", ["UPDATE statements SET total = 1", "DELETE FROM statements", "TRUNCATE statements CASCADE"]
)
def test_an_issued_statement_cannot_be_rewritten(session: Session, scene: Scene, office: Office, change: str) -> None:
    verified(scene)
    office.approved()
    with pytest.raises(IntegrityError, match="red-letter"):
        session.execute(text(change))


def test_content_hash_and_file_are_what_was_issued(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    statement = statement_of(session, office.approved())
    session.expire_all()
    assert recomputed_hash(statement.content) == statement.content_hash
    assert recomputed_hash({**statement.content, "total": statement.total + 1}) != statement.content_hash
    print_unprinted(session)
    file = file_of(session, statement)
    assert file is not None
    blob = session.get_one(Blob, file.blob_id)
    with current_store().open(blob.sha256) as stored:
        assert digest(stored) == file.sha256 == blob.sha256


def test_anybody_can_check_a_number(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    statement = statement_of(session, office.approved())
    found = check(session, f" {statement.number.lower()} ")
    assert found is not None
    assert found.statement is statement
    assert found.intact
    assert found.corrected_by is None
    assert check(session, "JS-350200-1999-0001") is None
    # As if somebody had rewritten the column behind the trigger: the content and its hash are as they were.
    with session.no_autoflush:
        statement.total += 100
        forged = check(session, statement.number)
        assert forged is not None
        assert not forged.intact
        statement.total -= 100


def test_a_red_letter_before_payment_gives_the_orders_free(session: Session, scene: Scene, office: Office) -> None:
    order = verified(scene)
    batch = office.approved()
    original = statement_of(session, batch)
    red = office.corrected(original.number, reason="金额有误")
    assert (red.total, red.corrects_id, red.number) == (-original.total, original.id, f"JS-350200B-{today().year}-0001")
    assert red.content["red_letter_of"] == original.number
    assert money(session, scene, AccountKind.APPROVED, batch.id) == 0
    assert money(session, scene, AccountKind.PAYABLE, scene.provider.id) == order.deduction
    assert batch.state is BatchState.CLOSED
    found = check(session, original.number)
    assert found is not None
    assert found.corrected_by is red
    with pytest.raises(Conflict, match="冲减"):
        office.corrected(original.number, reason="再来")
    assert office.approved().total == original.total
    assert proven(session)


def test_a_red_letter_with_a_cut_takes_that_back_too(session: Session, scene: Scene, office: Office) -> None:
    scene.programme.scheme_id = "beijing-2021-batch1"
    scene.offered.reviewed_at = now()
    order = verified(scene)
    order.enterprise_title = "little_giant"
    session.flush()
    pool = money(session, scene, AccountKind.POOL)
    statement = statement_of(session, office.approved(envelope="10000.00"))
    office.corrected(statement.number, reason="有误")
    assert money(session, scene, AccountKind.POOL) == pool
    assert money(session, scene, AccountKind.PAYABLE, scene.provider.id) == order.deduction
    assert proven(session)


def test_a_red_letter_after_payment_is_a_recovery(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.approved()
    original = statement_of(session, batch)
    pay(session, office.payer, batch.number, statements=[original.number], password=PASSWORD)
    office.corrected(original.number, reason="骗补")
    assert money(session, scene, AccountKind.PAID, scene.provider.id) == 0
    assert money(session, scene, AccountKind.RECOVERED) == original.total
    recovery = session.scalars(select(Transfer).where(Transfer.kind == "recover")).one()
    assert recovery.reverses_id is not None
    assert proven(session)


def test_recovered_money_can_be_issued_again_where_the_programme_says_so(session: Session) -> None:
    scene = Scene(session, terms(recovered_to_pool=True))
    office = Office(session, scene)
    verified(scene)
    original = statement_of(session, office.approved())
    pay(session, office.payer, original.batch.number, statements=[original.number], password=PASSWORD)
    before = money(session, scene, AccountKind.POOL)
    office.corrected(original.number, reason="骗补")
    assert money(session, scene, AccountKind.PAID, scene.provider.id) == 0
    assert money(session, scene, AccountKind.RECOVERED) == 0
    assert money(session, scene, AccountKind.POOL) == before + original.total
    assert proven(session)


def test_numbers_have_no_gap_after_a_rollback(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    batch = office.reviewed()

    def fail() -> None:
        with session.begin_nested() as savepoint:
            issue(session, office.budget_holder, batch, public_url=PUBLIC)
            savepoint.rollback()

    fail()
    session.expire_all()
    approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)
    assert statement_of(session, batch).sequence == 1


def test_the_maker_stands_on_the_paper(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    statement = statement_of(session, office.approved())
    maker = session.get_one(User, office.maker.user_id)
    assert (statement.content["prepared_by"], statement.content["approved_by"]) == (
        maker.name,
        office.budget_holder.name,
    )
