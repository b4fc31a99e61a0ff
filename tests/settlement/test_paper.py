"""The statement can be recomputed from the paper alone: every figure's way stands on it."""

import re
from decimal import ROUND_DOWN, Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from claim_cases import Office, award, beijing, giant
from factories import enterprise
from order_cases import Scene
from pypdf import PdfReader
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from files.store import current_store
from foundation.clock import now
from orders.ordering import Shown
from providers.models import Offering
from settlement.approval import outstanding
from settlement.models import Statement
from settlement.statement_files import file_of, print_unprinted

pytestmark = pytest.mark.clock

_AMOUNT = r"([\d,]+\.\d\d)"
_FEN = Decimal("0.01")


def yuan(text: str) -> Decimal:
    assert re.fullmatch(r"\d{1,3}(,\d{3})*\.\d\d", text), "thousands are parted"
    return Decimal(text.replace(",", ""))


class Reader:
    """An auditor with the paper and a pencil: reads sentence by sentence and works out each figure anew."""

    def __init__(self) -> None:
        self.orders: dict[str, Decimal] = {}
        self.enterprises: dict[str, Decimal] = {}
        self.award = Decimal(0)
        self.reduced: Decimal | None = None

    def read(self, text: str) -> None:
        order, _, said = text.partition("：")
        if found := re.search(rf"服务价款 {_AMOUNT} 元 × (\d+)% = {_AMOUNT} 元（不足一分舍去）", said):
            price, percent, result = yuan(found[1]), Decimal(found[2]), yuan(found[3])
            assert (price * percent / 100).quantize(_FEN, ROUND_DOWN) == result
            self.orders[order] = result
        elif (found := re.fullmatch(rf"{_AMOUNT} 元超过(?:每单抵扣|单项)上限，按 {_AMOUNT} 元计", said)) or (
            found := re.fullmatch(rf"下单时服务券余额不足 {_AMOUNT} 元，实际抵扣 {_AMOUNT} 元，按此计", said)
        ):
            assert yuan(found[1]) == self.orders[order] > yuan(found[2])
            self.orders[order] = yuan(found[2])
        elif found := re.match(
            rf"补助不超过企业未付的部分：价税合计 {_AMOUNT} 元 − 企业自付 {_AMOUNT} 元 = {_AMOUNT} 元", said
        ):
            assert yuan(found[1]) - yuan(found[2]) == yuan(found[3]) >= self.orders[order]
        elif found := re.match(
            rf"按部分额度补助，{_AMOUNT} 元中计 {_AMOUNT} 元，其余 {_AMOUNT} 元退回资金池。理由：", said
        ):
            assert yuan(found[1]) == self.orders[order] == yuan(found[2]) + yuan(found[3])
            self.orders[order] = yuan(found[2])
        elif found := re.match(
            rf"(.+)此前已计 {_AMOUNT} 元 \+ 本项 {_AMOUNT} 元 = {_AMOUNT} 元，未超过每家企业上限 {_AMOUNT} 元", said
        ):
            self._hold(order, found[1], yuan(found[2]), yuan(found[3]), yuan(found[5]))
            assert self.enterprises[found[1]] == yuan(found[4])
        elif found := re.match(
            rf"(.+)此前已计 {_AMOUNT} 元，每家企业上限 {_AMOUNT} 元，本项 {_AMOUNT} 元只计 {_AMOUNT} 元", said
        ):
            self._hold(order, found[1], yuan(found[2]), yuan(found[4]), yuan(found[3]))
            assert self.orders[order] == yuan(found[5])
        elif found := re.match(rf"{_AMOUNT} 元 × ([\d.]+)% = {_AMOUNT} 元（不足一分舍去）。理由：", said):
            assert yuan(found[1]) == sum(self.orders.values())
            self.award = (yuan(found[1]) * Decimal(found[2]) / 100).quantize(_FEN, ROUND_DOWN)
            assert self.award == yuan(found[3])
        elif found := re.search(rf"超过总额 {_AMOUNT} 元：{_AMOUNT} 元 × ", text):
            assert yuan(found[2]) == sum(self.orders.values()) + self.award
            self.reduced = yuan(found[1])

    def _hold(self, order: str, name: str, before: Decimal, amount: Decimal, cap: Decimal) -> None:
        assert self.enterprises.get(name, before) == before, "what counted before is what was counted"
        assert amount == self.orders[order]
        self.orders[order] = min(amount, cap - before)
        self.enterprises[name] = before + self.orders[order]

    @property
    def total(self) -> Decimal:
        return self.reduced if self.reduced is not None else sum(self.orders.values(), self.award)


def reworked(texts: list[str]) -> Decimal:
    reader = Reader()
    for text in texts:
        reader.read(text)
    return reader.total


def pdf_text(session: Session, statement: Statement) -> str:
    print_unprinted(session)
    file = file_of(session, statement)
    assert file is not None
    assert file.sha256 is not None
    with current_store().open(file.sha256) as stored:
        pages = [page.extract_text() for page in PdfReader(BytesIO(stored.read())).pages]
    return re.sub(r"\s", "", "".join(pages))


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


def odd(session: Session, scene: Scene) -> dict[str, Any]:
    """Odd prices, a cap per order, a voucher that runs out, a cap per enterprise, and a part."""
    scene.new_terms(deduction_percent=37, cap_per_order=999_999, cap_per_enterprise=2_000_000)
    firm = enterprise(session, TitleLevel.LITTLE_GIANT)
    orders = []
    for charged, face in ((1_234_567, 1_000_000), (3_333_333, 1_200_000), (3_333_333, 876_546), (2_000_000, 900_000)):
        scene.list_price, scene.charged_price = charged + 100_001, charged
        scene.offering, scene.offered = new_offering(scene)
        held = min(charged * 37 // 100, 999_999, face)
        orders.append(giant(scene, scene.voucher(firm, face=face), shown=Shown(charged, held)))
    return {"parts": {orders[0].number: {"amount": "4000.01", "reason": "部分交付"}}}


def new_offering(scene: Scene) -> tuple[Any, Any]:
    scene.offering = Offering(number=f"FW{uuid4().hex[:8]}", provider_id=scene.provider.id)
    offered = scene.list_version(1, reviewed_at=now())
    scene.session.add_all([scene.offering, offered])
    scene.session.flush()
    return scene.offering, offered


@pytest.mark.parametrize("scheme", ["xiamen-2021", "beijing-2021-batch1"])
@pytest.mark.parametrize("envelope", ["3000000.00", "10000.55"])
def test_the_total_follows_from_the_sentences_alone(
    session: Session, scene: Scene, office: Office, scheme: str, envelope: str
) -> None:
    extra: dict[str, Any] = {}
    if scheme != scene.programme.scheme_id:
        beijing(scene)
        extra = {"awards": award(scene, 13.7)}
    batch = office.approved(envelope=envelope, **odd(session, scene), **extra)
    (statement,) = outstanding(session, batch)
    texts = [step["text"] for step in statement.content["steps"]]
    assert reworked(texts) == Decimal(statement.total) / 100
    printed = pdf_text(session, statement)
    for text in texts:
        assert re.sub(r"\s", "", text) in printed, text
    assert f"¥{Decimal(statement.total) / 100:,.2f}" in printed


@pytest.mark.parametrize("scheme", ["xiamen-2021", "beijing-2021-batch1"])
def test_the_paper_cites_the_programmes_own_document_and_no_other(
    session: Session, scene: Scene, office: Office, scheme: str
) -> None:
    extra: dict[str, Any] = {}
    if scheme != scene.programme.scheme_id:
        beijing(scene)
        extra = {"awards": award(scene, 13.7), "envelope": "100.00"}
    scene.new_terms(document="关于发放第七批服务券的通知", document_number="厦工信企业〔2026〕77号", citations={})
    giant(scene)
    (statement,) = outstanding(session, office.approved(**extra))
    assert statement.content["scheme_citation"] == (
        f"{scene.bureau.name}：关于发放第七批服务券的通知（厦工信企业〔2026〕77号）"
    )
    cited = {step["citation"] for step in statement.content["steps"]}
    assert cited <= {"本项目设定（规则第 2 版）", "本项目设定", "以上各项之和"}
    assert statement.content["scheme_title"] == "按本项目的规则计算"
    assert "北京" not in pdf_text(session, statement)
