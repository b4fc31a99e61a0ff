"""Never more than the invoice leaves, an award per provider with a reason, full or part with a reason."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from claim_cases import PUBLIC, Office, award, beijing, giant, proven, second_provider, verified
from factories import PASSWORD
from order_cases import Scene
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import BadInput, DomainError, Exhausted, NotFound
from ledger.accounts import account
from ledger.models import AccountKind, Transfer
from ledger.posting import balance
from orders.ordering import Shown
from settlement import batches
from settlement.approval import approve, outstanding
from settlement.models import Batch, BatchAward

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


@pytest.fixture
def peking(scene: Scene) -> Scene:
    """A programme of Beijing's scheme: list price 120,000, invoiced 100,000, half of it deducted."""
    beijing(scene)
    return scene


def moved(session: Session, kind: str) -> list[int]:
    return sorted(session.scalars(select(Transfer.amount).where(Transfer.kind == kind)))


def pool(session: Session, scene: Scene) -> int:
    return balance(session, account(session, AccountKind.POOL, scene.programme.id))


def test_the_providers_own_discount_is_shown_and_never_paid(session: Session, peking: Scene, office: Office) -> None:
    order = giant(peking)
    before = pool(session, peking)
    batch = office.approved(envelope="3000000.00")
    assert batch.total == order.deduction == 5_000_000
    (item,) = batch.case["platforms"][0]["items"]
    assert (item["list_price"], item["charged"]) == ("100000.00", "50000.00")
    told = [step["text"] for step in batch.result["lines"][0]["steps"]]
    assert any("标价 120,000.00 元，机构优惠 20,000.00 元由机构承担" in text for text in told)
    assert pool(session, peking) == before
    assert proven(session)


def test_the_programmes_cap_per_order_comes_before_the_schemes(session: Session, peking: Scene, office: Office) -> None:
    peking.new_terms(cap_per_order=700_001)
    voucher = peking.voucher()
    order = giant(peking, voucher, shown=Shown(peking.charged_price, 700_001))
    batch = office.batch(envelope="3000000.00")
    assert batch.total == order.deduction == 700_001
    told = [step["text"] for step in batch.result["lines"][0]["steps"]]
    assert told[1] == f"{order.number}：50,000.00 元超过每单抵扣上限，按 7,000.01 元计"


def test_an_award_is_a_step_and_a_transfer_of_its_own(session: Session, peking: Scene, office: Office) -> None:
    giant(peking)
    before = pool(session, peking)
    batch = office.approved(envelope="3000000.00", awards=award(peking, 12.5))
    assert batch.total == 5_000_000 + 625_000
    assert (moved(session, "approve"), moved(session, "award"), moved(session, "cut")) == ([5_000_000], [625_000], [])
    assert pool(session, peking) == before - 625_000
    (kept,) = session.scalars(select(BatchAward)).all()
    assert (kept.share, kept.amount) == (Decimal("12.50"), 625_000)
    (statement,) = outstanding(session, batch)
    (told,) = [step["text"] for step in statement.content["steps"] if step["text"].startswith("绩效奖励")]
    assert told == "绩效奖励：50,000.00 元 × 12.5% = 6,250.00 元（不足一分舍去）。理由：年度绩效目标完成 98%"
    assert proven(session)


def test_each_provider_has_an_award_of_its_own_and_none_unless_given(
    session: Session, peking: Scene, office: Office
) -> None:
    giant(peking)
    other = second_provider(session, peking)
    batch = office.batch(envelope="3000000.00")
    assert batch.total == 10_000_000
    batches.set_award(
        session, office.maker, batch.number, provider=other.provider.uscc, share=Decimal(20), reason="优秀"
    )
    assert batch.total == 11_000_000
    assert {each.provider_id: each.amount for each in batch.awards} == {other.provider_id: 1_000_000}
    batches.set_award(session, office.maker, batch.number, provider=other.provider.uscc, share=Decimal(0), reason="")
    assert (batch.total, batch.awards) == (10_000_000, [])


def test_a_cut_by_the_envelope_takes_from_subsidy_and_award(session: Session, peking: Scene, office: Office) -> None:
    giant(peking)
    before = pool(session, peking)
    batch = office.approved(envelope="30000.01", awards=award(peking, 20))
    assert batch.total == 3_000_001
    # 50,000 and 10,000 are 60,000; of 30,000.01 that is 25,000.0083… and 5,000.0016…
    assert (moved(session, "approve"), moved(session, "award")) == ([2_500_001], [500_000])
    assert pool(session, peking) == before + 2_499_999 - 500_000
    last = batch.result["lines"][0]["steps"][-1]["text"]
    assert last == "其中服务补助 25,000.01 元、绩效奖励 5,000.00 元（按最大余数法分，余数相同的先补助）"
    assert proven(session)


@pytest.mark.parametrize("share", ["20.01", "-1", "1.005", "NaN"])
def test_an_award_out_of_bounds_is_bad_input(session: Session, peking: Scene, office: Office, share: str) -> None:
    giant(peking)
    batch = office.batch(envelope="3000000.00")
    with pytest.raises(BadInput) as refused:
        batches.set_award(
            session, office.maker, batch.number, provider=peking.provider.uscc, share=Decimal(share), reason="优秀"
        )
    assert refused.value.field == "share"
    assert batch.total == 5_000_000


def test_an_award_needs_a_reason_a_provider_of_the_batch_and_a_scheme_that_knows_one(
    session: Session, scene: Scene, office: Office
) -> None:
    verified(scene)
    batch = office.batch()
    give: Callable[[str, str], Batch] = lambda provider, reason: batches.set_award(  # noqa: E731 - tried three times
        session, office.maker, batch.number, provider=provider, share=Decimal(5), reason=reason
    )
    with pytest.raises(BadInput, match="没有绩效奖励"):
        give(scene.provider.uscc, "优秀")
    batches.withdraw(session, office.maker, batch.number, reason="改办法")
    beijing(scene)
    giant(scene)
    batch = office.batch(envelope="3000000.00")
    with pytest.raises(BadInput, match="原因"):
        give(scene.provider.uscc, " ")
    with pytest.raises(NotFound):
        give(scene.bureau.uscc, "优秀")


def test_an_award_that_the_pool_does_not_hold_is_not_approved(session: Session, peking: Scene, office: Office) -> None:
    giant(peking)
    peking.voucher(face=pool(session, peking))
    with pytest.raises(Exhausted, match="绩效奖励"):
        office.approved(envelope="3000000.00", awards=award(peking, 20))


@pytest.mark.parametrize("scheme", ["xiamen-2021", "beijing-2021-batch1"])
def test_a_part_is_paid_with_its_reason_and_the_rest_goes_back(
    session: Session, scene: Scene, office: Office, scheme: str
) -> None:
    if scheme != scene.programme.scheme_id:
        beijing(scene)
    order, whole = giant(scene), giant(scene)
    before = pool(session, scene)
    batch = office.batch(envelope="3000000.00")
    batches.decide_part(
        session, office.maker, batch.number, order=order.number, amount=3_000_000, reason="仅交付诊断报告"
    )
    assert {row.order_id: (row.amount, row.withheld) for row in batch.orders} == {
        order.id: (3_000_000, 2_000_000),
        whole.id: (5_000_000, 0),
    }
    batches.review(session, office.maker, batch.number)
    approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)
    assert (moved(session, "part"), moved(session, "cut")) == ([2_000_000], [])
    assert pool(session, scene) == before + 2_000_000
    (statement,) = outstanding(session, batch)
    told = [step["text"] for step in statement.content["steps"]]
    line = "按部分额度补助，50,000.00 元中计 30,000.00 元，其余 20,000.00 元退回资金池。理由：仅交付诊断报告"
    assert f"{order.number}：{line}" in told
    assert proven(session)


def test_a_part_is_less_than_the_whole_and_has_a_reason(session: Session, scene: Scene, office: Office) -> None:
    order = verified(scene)
    batch = office.batch()
    for amount, reason, field in ((0, "原因", "amount"), (5_000_000, "原因", "amount"), (1, " ", "reason")):
        with pytest.raises(DomainError) as refused:
            batches.decide_part(session, office.maker, batch.number, order=order.number, amount=amount, reason=reason)
        assert refused.value.field == field


def test_a_part_can_be_taken_back_before_the_batch_is_handed_over(
    session: Session, scene: Scene, office: Office
) -> None:
    order = verified(scene)
    batch = office.batch()
    batches.decide_part(session, office.maker, batch.number, order=order.number, amount=1, reason="误填")
    batches.decide_part(session, office.maker, batch.number, order=order.number, amount=None, reason="")
    assert batch.total == order.deduction
    with pytest.raises(NotFound):
        batches.decide_part(session, office.maker, batch.number, order="DD-none", amount=1, reason="误填")
