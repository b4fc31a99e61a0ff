"""Invoices and claims meet in amounts: one over several, several for one, and never more than an invoice has."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from claim_cases import Office, claim, invoice, paper, proven, redeem_claim
from examples import examples
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from order_cases import Scene, person
from query_budget import questions
from races import prepared, race, waits_for_a_lock
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import Membership
from foundation.actors import Role
from foundation.clock import today
from foundation.errors import Conflict, DomainError, Faults, NotFound
from foundation.identifiers import new_id
from foundation.unit_of_work import unit_of_work
from orders.models import Order, OrderState
from verification import claiming, deciding, queries
from verification.billing import invoice_of, left, stated, users
from verification.case_reading import claim_case
from verification.exports import CLAIMS
from verification.facts import facts_of_claim
from verification.invoices import Billed, Invoice
from verification.models import ClaimInvoice, InvoiceRow, RedemptionClaim, RedemptionState
from verification.reading import redemption_rows
from verification.red_letters import take_back
from verification.replay import replay

pytestmark = pytest.mark.clock

WHOLE = 10_000_000
"""The price of the scene's order, in fen; half of it is its deduction."""
REASON = {"reason": "other", "note": "现场核查没有发生"}
MENDED = {"marks": ["invoice_amount"], "reason": "incomplete"}


@pytest.fixture
def order(scene: Scene) -> Order:
    """A confirmed order of 100,000 yuan, half of it deducted."""
    return scene.order_in(OrderState.CONFIRMED)


def file(scene: Scene, number: str, claimed: int | None, *used: tuple[Invoice, int | None]) -> RedemptionClaim:
    """Claim ``claimed`` fen of an order or a returned claim, using so much of these invoices."""
    billed = [Billed(each, amount, paper()) for each, amount in used]
    return claiming.submit(scene.session, scene.clerk, number, invoices=billed, amount=claimed)


def remains(session: Session, one: Invoice) -> int:
    row = invoice_of(session, one.number)
    assert row is not None
    return left(session, row)


def fields(refused: pytest.ExceptionInfo[Faults]) -> list[str | None]:
    return [fault.field for fault in refused.value.faults]


def red_letter(scene: Scene, of: Invoice, order: Order, taken: int, **changes: Any) -> InvoiceRow:
    return take_back(scene.session, scene.clerk, of.number, red=invoice(order, **({"amount": -taken} | changes)))


def test_one_invoice_over_two_claims(session: Session, scene: Scene, order: Order) -> None:
    """Sixty and forty percent on one invoice of the whole price; nothing is left for a third."""
    whole = invoice(order)
    first = file(scene, order.number, 3_000_000, (whole, 6_000_000))
    assert remains(session, whole) == 4_000_000
    second = file(scene, order.number, None, (whole, 4_000_000))
    assert remains(session, whole) == 0
    redeem_claim(scene, first)
    redeem_claim(scene, second)
    assert (first.redeemed, second.redeemed, order.state) == (3_000_000, 2_000_000, OrderState.VERIFIED)
    assert session.scalars(select(InvoiceRow.number)).all() == [whole.number]
    batch = Office(session, scene).batch()
    assert {line.claim_id for line in batch.orders} == {first.id, second.id}
    assert replay(session, second.number).same
    assert proven(session)


def test_several_invoices_for_one_claim(session: Session, scene: Scene, order: Order) -> None:
    one, other = invoice(order, amount=7_000_000), invoice(order, amount=3_000_000)
    filed = file(scene, order.number, None, (one, None), (other, None))
    assert [each.invoice.number for each in filed.billed] == [one.number, other.number]
    redeem_claim(scene, filed)
    assert replay(session, filed.number).same
    found = queries.case(session, scene.officer, filed.number)
    assert len(found.invoice_files) == 2
    (row,) = redemption_rows(session, [filed])
    assert [(each.number, each.used) for each in row.invoices] == [(one.number, 7_000_000), (other.number, 3_000_000)]
    exported = [column.value(row) for column in CLAIMS.columns]
    assert f"{one.number}、{other.number}" in exported
    assert WHOLE in exported
    for words in (one.number, other.number):
        assert queries.queue(session, scene.officer, words=words).total == 1
    assert proven(session)


def test_the_case_page_shows_all_invoices_of_a_claim(
    session: Session, scene: Scene, order: Order, sign_in: Callable[[Membership], FlaskClient]
) -> None:
    papers = [invoice(order, amount=amount) for amount in (5_000_000, 3_000_000, 2_000_000)]
    filed = file(scene, order.number, None, *((each, None) for each in papers))
    shown = claim_case(scene.officer, queries.case(session, scene.officer, filed.number))
    assert [(each.number, each.amount, each.used) for each in shown.invoices] == [
        (each.number, each.amount, each.amount) for each in papers
    ]
    assert len(shown.invoice_files) == len(papers)
    assert shown.deciding
    page = sign_in(person(session, scene.bureau.id, Role.OFFICER)).get(f"/claims/{filed.number}").text
    assert all(each.number in page for each in papers)


def test_a_claim_with_many_invoices_asks_no_more_often(
    session: Session, scene: Scene, engine: Engine, sessions: sessionmaker[Session]
) -> None:
    asked = []
    # The first one has no earlier claims to be compared with.
    for count in (1, 1, 5):
        order = scene.order_in(OrderState.CONFIRMED)
        papers = [invoice(order, amount=WHOLE // count) for _ in range(count)]
        filed = file(scene, order.number, None, *((each, None) for each in papers))
        redeem_claim(scene, filed)
        session.commit()
        with sessions() as fresh, questions(engine) as statements:
            shown = claim_case(scene.officer, queries.case(fresh, scene.officer, filed.number))
        assert len(shown.invoices) == count
        asked.append(len(statements))
    assert asked[1] == asked[2] <= 24


def test_what_is_used_of_all_invoices_is_the_price(session: Session, scene: Scene, order: Order) -> None:
    one, other = invoice(order, amount=7_000_000), invoice(order, amount=3_000_000)
    for used in ((7_000_000, 2_999_999), (6_999_999, 3_000_000), (7_000_000, None)):
        parts = [(one, used[0]), (other, used[1])] if used[1] else [(one, used[0])]
        with pytest.raises(Faults) as refused:
            file(scene, order.number, None, *parts)
        assert fields(refused) == ["amount"]
    with pytest.raises(DomainError, match="同一张发票填写了两次"):
        file(scene, order.number, None, (one, 5_000_000), (one, 5_000_000))
    for nothing in (0, -1):
        with pytest.raises(DomainError, match="大于零"):
            file(scene, order.number, None, (one, 7_000_000), (other, nothing))


def test_each_invoice_is_checked(session: Session, scene: Scene, order: Order) -> None:
    good, bad = invoice(order, amount=7_000_000), invoice(order, amount=3_000_000, buyer="别人", number="123")
    with pytest.raises(Faults) as refused:
        file(scene, order.number, None, (good, None), (bad, None))
    assert fields(refused) == ["number", "buyer"]


def test_less_is_left_than_the_claim_needs(session: Session, scene: Scene, order: Order) -> None:
    """The words say how much; where the whole is used, they say what they always said."""
    whole = invoice(order)
    file(scene, order.number, 3_000_000, (whole, 6_000_000))
    with pytest.raises(Faults) as refused:
        claim(scene, scene.order_in(OrderState.CONFIRMED, order.voucher), number=whole.number)
    assert fields(refused) == ["number"]
    assert "只剩 %(left)s" in refused.value.faults[0].message
    file(scene, order.number, None, (whole, 4_000_000))
    with pytest.raises(Faults) as refused:
        claim(scene, scene.order_in(OrderState.CONFIRMED, order.voucher), number=whole.number)
    assert [fault.message for fault in refused.value.faults] == ["这张发票已用于另一份核销申请"]


@pytest.mark.parametrize(
    ("known", "field"),
    [
        ({"issued_on": date(2020, 1, 1)}, "day"),
        ({"amount": WHOLE + 1}, "amount"),
        ({"seller": "厦门另一家服务有限公司"}, "seller"),
        ({"buyer": "厦门另一家企业有限公司"}, "buyer"),
    ],
)
def test_other_facts_under_the_same_number_are_refused(
    session: Session, scene: Scene, order: Order, known: dict[str, Any], field: str
) -> None:
    whole = invoice(order)
    file(scene, order.number, 3_000_000, (whole, 6_000_000))
    session.execute(update(InvoiceRow).values(**known))
    with pytest.raises(Faults, match="先前登记") as refused:
        file(scene, order.number, None, (whole, 4_000_000))
    assert fields(refused) == [field]


def test_a_party_may_be_stated_by_name_or_by_code(scene: Scene, order: Order) -> None:
    whole = invoice(order)
    file(scene, order.number, 3_000_000, (whole, 6_000_000))
    by_name = invoice(order, number=whole.number, seller=order.provider.uscc, buyer=order.enterprise.name)
    assert file(scene, order.number, None, (by_name, 4_000_000)).billed


def test_a_rejected_claim_frees_what_it_used_and_says_what_it_had_said(
    session: Session, scene: Scene, order: Order
) -> None:
    whole = invoice(order)
    first = claim(scene, order, number=whole.number)
    deciding.reject(session, scene.officer, first.number, **REASON)
    assert remains(session, whole) == WHOLE
    second = scene.order_in(OrderState.CONFIRMED)
    now_said = stated(claim(scene, second, number=whole.number))
    assert now_said.buyer == second.enterprise.uscc != order.enterprise.uscc
    assert stated(first).buyer == order.enterprise.uscc
    assert remains(session, whole) == 0


def test_filing_again_frees_what_was_used_before(session: Session, scene: Scene, order: Order) -> None:
    whole, wrong = invoice(order), invoice(order, amount=6_000_000)
    first = file(scene, order.number, 3_000_000, (wrong, None))
    deciding.send_back(session, scene.officer, first.number, **MENDED)
    # Typed wrongly at first: the same number, now with what is printed on it.
    right = invoice(order, number=wrong.number, amount=WHOLE)
    file(scene, first.number, None, (right, 6_000_000))
    assert (stated(first).amount, remains(session, right)) == (WHOLE, 4_000_000)
    deciding.send_back(session, scene.officer, first.number, **MENDED)
    claiming.submit(session, scene.clerk, first.number, invoices=[Billed(whole, 6_000_000)])
    assert remains(session, whole) == 4_000_000
    assert invoice_of(session, wrong.number) is None
    assert facts_of_claim(session, first).invoices[0].left == WHOLE
    redeem_claim(scene, first)
    assert proven(session)


def test_what_another_claim_uses_is_not_put_right_by_one(session: Session, scene: Scene, order: Order) -> None:
    whole = invoice(order)
    first = file(scene, order.number, 3_000_000, (whole, 6_000_000))
    file(scene, order.number, None, (whole, 4_000_000))
    deciding.send_back(session, scene.officer, first.number, **MENDED)
    with pytest.raises(Faults, match="先前登记") as refused:
        file(scene, first.number, None, (invoice(order, number=whole.number, amount=WHOLE - 1), 6_000_000))
    assert fields(refused) == ["amount"]


def test_a_red_letter_takes_from_what_is_left(session: Session, scene: Scene, order: Order) -> None:
    whole = invoice(order)
    first = file(scene, order.number, 3_000_000, (whole, 6_000_000))
    with pytest.raises(Conflict, match="已用于核销申请") as refused:
        red_letter(scene, whole, order, 4_000_001)
    assert refused.value.params["claims"] == first.number
    made = red_letter(scene, whole, order, 3_000_000)
    assert (made.amount, remains(session, whole)) == (-3_000_000, 1_000_000)
    with pytest.raises(Faults) as short:
        file(scene, order.number, None, (whole, 4_000_000))
    assert fields(short) == ["number"]
    other = invoice(order, amount=3_000_000)
    second = file(scene, order.number, None, (whole, 1_000_000), (other, None))
    redeem_claim(scene, second)
    assert proven(session)


def test_what_a_rejected_claim_frees_can_be_taken_back(session: Session, scene: Scene, order: Order) -> None:
    whole = invoice(order)
    first = claim(scene, order, number=whole.number)
    deciding.reject(session, scene.officer, first.number, **REASON)
    red_letter(scene, whole, order, WHOLE)
    assert remains(session, whole) == 0
    with pytest.raises(Faults) as refused:
        claim(scene, scene.order_in(OrderState.CONFIRMED), number=whole.number)
    assert "这张发票已被红字发票全额冲销" in [fault.message for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 1}, "amount"),
        ({"amount": -WHOLE - 1}, "amount"),
        ({"day": timedelta(days=-400)}, "day"),
        ({"day": timedelta(days=1)}, "day"),
        ({"seller": "别人"}, "seller"),
        ({"buyer": "别人"}, "buyer"),
        ({"number": "123"}, "number"),
    ],
)
def test_a_red_letter_is_that_of_its_invoice(scene: Scene, order: Order, changes: dict[str, Any], field: str) -> None:
    whole = invoice(order)
    claim(scene, order, number=whole.number)
    stated_as = {name: today() + value if name == "day" else value for name, value in changes.items()}
    with pytest.raises(Faults) as refused:
        red_letter(scene, whole, order, 1, **stated_as)
    assert fields(refused) == [field]


def test_only_the_seller_takes_an_invoice_back_and_no_red_letter_is_used(
    session: Session, scene: Scene, order: Order
) -> None:
    whole = invoice(order)
    file(scene, order.number, 3_000_000, (whole, 6_000_000))
    for stranger in (scene.buyer(order.voucher), scene.officer):
        with pytest.raises(NotFound):
            take_back(session, stranger, whole.number, red=invoice(order, amount=-1))
    red = red_letter(scene, whole, order, 1)
    with pytest.raises(NotFound):
        red_letter(scene, invoice(order, number=red.number), order, 1)
    with pytest.raises(Faults, match="红字发票"):
        file(scene, order.number, None, (invoice(order, number=red.number), 4_000_000))


RAW = {
    "more of one": "UPDATE claim_invoices SET amount = 6000001 WHERE id = :link",
    "a second link": (
        "INSERT INTO claim_invoices (id, claim_id, invoice_id, amount, attachment_id, counts, created_at)"
        " SELECT :id, :rejected, invoice_id, 4000001, attachment_id, true, now() FROM claim_invoices WHERE id = :link;"
        " UPDATE redemption_claims SET state = 'submitted' WHERE id = :rejected"
    ),
    "an invoice that shrinks": "UPDATE invoices SET amount = 5999999 WHERE id = :invoice",
    "a red letter": (
        "INSERT INTO invoices (id, number, issued_on, amount, seller, buyer, corrects_id, created_at)"
        " VALUES (:id, '25352000000000009999', now(), -4000001, 'a', 'b', :invoice, now())"
    ),
    "a red letter of itself": "UPDATE invoices SET amount = -1, corrects_id = :invoice WHERE id = :invoice",
    "a link that takes nothing": "UPDATE claim_invoices SET counts = false WHERE id = :link",
}


@pytest.mark.parametrize("how", RAW)
def test_the_database_itself_refuses_more_than_an_invoice_has(
    session: Session, scene: Scene, order: Order, how: str
) -> None:
    rejected = claim(scene, scene.order_in(OrderState.CONFIRMED))
    deciding.reject(session, scene.officer, rejected.number, **REASON)
    (link,) = file(scene, order.number, 3_000_000, (invoice(order, amount=6_000_000), None)).billed
    if how in {"a second link", "a red letter"}:
        session.execute(update(InvoiceRow).where(InvoiceRow.id == link.invoice_id).values(amount=WHOLE))
    facts = {"link": link.id, "invoice": link.invoice_id, "rejected": rejected.id, "id": new_id()}
    with pytest.raises(IntegrityError, match=r"more is used of an invoice|a link to an invoice counts"):
        write(session, RAW[how], facts)


def write(session: Session, statements: str, facts: dict[str, Any]) -> None:
    for statement in statements.split(";"):
        session.execute(text(statement), {name: value for name, value in facts.items() if f":{name}" in statement})


STEPS = st.tuples(
    st.sampled_from(["file", "file", "reject", "return", "file again", "red letter", "verify"]),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(0, 10),
)


@settings(max_examples=examples(12), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=3, max_size=12))
def test_whatever_is_done_no_invoice_gives_more_than_it_has(session: Session, steps: list[Any]) -> None:
    """Two invoices, parts of one order cut between them anyhow: the verbs refuse in words, the guard never has to."""
    with session.begin_nested() as outer:
        scene = Scene(session)
        order = scene.order_in(OrderState.CONFIRMED)
        papers = [invoice(order, amount=8_000_000), invoice(order, amount=5_000_000)]
        claims: list[RedemptionClaim] = []
        for what, pick, part, cut in steps:
            chosen = claims[pick % len(claims)] if claims else None
            price = 2_000_000 * part
            parts = [(papers[0], price * cut // 10), (papers[1], price - price * cut // 10)]
            used = [each for each in parts if each[1]]
            try:
                with session.begin_nested():
                    if what == "file":
                        claims.append(file(scene, order.number, 1_000_000 * part, *used))
                    elif what == "red letter":
                        red_letter(scene, papers[pick % 2], order, 500_000 * part)
                    elif chosen is not None:
                        act(scene, chosen, what, 1_000_000 * part, used)
            except DomainError:
                session.expire_all()
            for one in papers:
                adds_up(session, one)
        assert proven(session)
        outer.rollback()


def act(scene: Scene, chosen: RedemptionClaim, what: str, amount: int, used: list[tuple[Invoice, int]]) -> None:
    if what == "reject":
        deciding.reject(scene.session, scene.officer, chosen.number, **REASON)
    elif what == "return":
        deciding.send_back(scene.session, scene.officer, chosen.number, **MENDED)
    elif what == "file again":
        file(scene, chosen.number, amount, *used)
    else:
        redeem_claim(scene, chosen)


def adds_up(session: Session, one: Invoice) -> None:
    """What is left, counted here in another way, is never below zero."""
    row = invoice_of(session, one.number)
    if row is None:
        return
    using = [link.amount for each in users(session, row) for link in each.billed if link.invoice_id == row.id]
    red = session.scalars(select(InvoiceRow.amount).where(InvoiceRow.corrects_id == row.id)).all()
    assert left(session, row) == one.amount + sum(red) - sum(using)
    assert left(session, row) >= 0


def meeting(look: Callable[..., Any]) -> Callable[..., Any]:
    """``look`` that goes on when the other one has looked too; with the locks on nobody else comes."""
    both = Barrier(2)

    def looked(*given: object, **facts: object) -> Any:
        found = look(*given, **facts)
        with suppress(BrokenBarrierError):
            both.wait(1)
        return found

    return looked


@pytest.mark.concurrency
@pytest.mark.parametrize("held", ["locks", "guard", "nothing"])
def test_two_claims_with_one_invoice_at_once(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    """Two orders of one enterprise. The lock refuses the second in words, the guard by itself; without both it is used twice."""

    def prepare(session: Session):
        scene = Scene(session)
        first = scene.order_in(OrderState.CONFIRMED)
        second = scene.order_in(OrderState.CONFIRMED, first.voucher)
        one = invoice(first)
        facts = {"number": one.number, "issued_on": one.day, "amount": one.amount}
        session.add(InvoiceRow(**facts, seller=one.seller, buyer=one.buyer))
        if held == "nothing":
            session.execute(text("ALTER TABLE claim_invoices DISABLE TRIGGER claim_invoices_within"))
            session.execute(text("ALTER TABLE invoices DISABLE TRIGGER invoices_within"))
        return scene.clerk, one, [first.number, second.number]

    clerk, one, numbers = prepared(own_engine, prepare)
    monkeypatch.setattr(claiming, "facts_of", meeting(claiming.facts_of))

    def filing(session: Session, place: int) -> None:
        claiming.submit(session, clerk, numbers[place], invoice=one, file=paper())

    outcomes = race(own_engine, filing, threads=2, locks=held == "locks")
    with Session(own_engine) as session:
        used = session.scalar(select(func.sum(ClaimInvoice.amount)))
        states = session.scalars(select(RedemptionClaim.state)).all()
    assert set(states) == {RedemptionState.SUBMITTED}
    refused = {"locks": "Faults", "guard": "IntegrityError", "nothing": "ok"}[held]
    assert (sorted(outcomes), used) == (sorted([refused, "ok"]), 2 * WHOLE if held == "nothing" else WHOLE)


@pytest.mark.concurrency
def test_an_invoice_that_one_claim_frees_is_used_by_another_at_once(own_engine: Engine) -> None:
    """Filing again with another invoice removes the first one; who uses that one now waits, and enters it anew."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        first = scene.order_in(OrderState.CONFIRMED)
        second = scene.order_in(OrderState.CONFIRMED, first.voucher)
        old, new, clerk = invoice(first), invoice(first), scene.clerk
        filed = file(scene, first.number, 3_000_000, (old, 6_000_000))
        deciding.send_back(session, scene.officer, filed.number, **MENDED)
        numbers = filed.number, second.number

    def use() -> str:
        billed = [Billed(old, 4_000_000, paper())]
        try:
            with unit_of_work(own_engine) as session:
                claiming.submit(session, clerk, numbers[1], invoices=billed, amount=2_000_000)
        except Exception as refusal:  # noqa: BLE001 - whatever it was is the outcome
            return type(refusal).__name__
        return "ok"

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(own_engine) as session:
            claiming.submit(session, clerk, numbers[0], invoices=[Billed(new, 6_000_000, paper())])
            used = pool.submit(use)
            assert waits_for_a_lock(own_engine)
        assert used.result() == "ok"
    with Session(own_engine) as session:
        assert remains(session, old) == 6_000_000
        assert remains(session, new) == 4_000_000
