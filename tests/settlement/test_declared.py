"""A scheme is a file: whose lines, where its facts come from, what it asks of the maker; orders feed it without a line of code."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from claim_cases import Office, proven, second_provider, verified
from flask.testing import FlaskClient
from order_cases import Scene, person
from pydantic import ValidationError
from sqlalchemy.orm import Session

from accounts.models import Membership
from foundation.actors import Role
from foundation.errors import BadInput
from settlement import batches, sources
from settlement.replay import replay
from settlement.schemes import Scheme, declared, definition, list_schemes, simulate

pytestmark = pytest.mark.clock

EXAMPLE = """
id: example-2026
version: "1"
title: 示例：机构服务补助
region: 示例市
document: {title: 示例通知, issuer: 示例局, issued: 2026-01-01}
facts:
  budget: {type: money, label: 本批资金}
asks:
  facts:
    budget: {label: 本批资金（元）, hint: 本批最多支付的金额, missing: 填写本批资金}
  award: {share: extra, because: why}
lines:
  key: institutions
  label: 机构
  of: institution
  facts:
    extra: {type: percent, maximum: 5, label: 奖励比例}
    why: {type: text, otherwise: "", label: 理由}
  items:
    key: services
    label: 服务
    facts:
      paid: {type: money, source: order.deduction, label: 抵扣}
      signed: {type: yes_no, source: agreement.signed, label: 有协议}
      admitted: {type: word, source: order.category_admitted, if_yes: in, if_no: out, words: {in: 支持, out: 不支持}, label: 范围}
    conditions:
      - {step: require_true, rule: signed, fact: signed, reason: "%(id)s：没有协议", citation: 示例通知 一}
    steps:
      - {step: amount, rule: paid, fact: paid, citation: 示例通知 二}
      - {step: cap, rule: most, limit: "30000.00", citation: 示例通知 三}
  steps:
    - {step: total, rule: sum, label: 合计, citation: 示例通知 四}
    - {step: award, rule: award, share: extra, because: why, sum_rule: with_award, citation: 示例通知 五}
envelope: {step: envelope, rule: budget, fact: budget, citation: 示例通知 六}
"""


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


@pytest.fixture
def example(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The scene's programme is settled by a scheme of which the program knows nothing but its file."""
    (tmp_path / "scheme-example-2026.yaml").write_text(EXAMPLE, encoding="utf-8")
    caches = (definition.list_schemes, definition.all_shipped)
    monkeypatch.setattr(definition, "DATA", tmp_path)
    for cache in caches:
        cache.cache_clear()
    scene.programme.scheme_id = "example-2026"
    scene.session.flush()
    yield scene
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_a_file_alone_settles_orders(session: Session, example: Scene, office: Office) -> None:
    verified(example)
    second_provider(session, example)
    batch = office.approved(budget="45000.00")
    assert {line["id"]: line["total"] for line in batch.result["lines"]} == dict.fromkeys(
        {row.order.provider.uscc for row in batch.orders}, "22500.00"
    )
    assert batch.result["scale"] == "4500000/6000000"
    assert {item["admitted"] for line in batch.case["institutions"] for item in line["services"]} == {"in"}
    assert batch.result == simulate("example-2026", batch.case).as_json()
    assert replay(session, batch.number).same
    assert proven(session)


def test_what_the_file_asks_is_asked(session: Session, example: Scene, office: Office) -> None:
    order = verified(example)
    with pytest.raises(BadInput, match="填写本批资金") as refused, session.begin_nested():
        office.batch()
    assert refused.value.field == "budget"
    batch = office.batch(budget="45000.00")
    uscc = example.provider.uscc
    with pytest.raises(BadInput, match="0 与 5"):
        batches.set_award(session, office.maker, batch.number, provider=uscc, share=Decimal(6), reason="成效好")
    batches.set_award(session, office.maker, batch.number, provider=uscc, share=Decimal(5), reason="成效好")
    assert batch.total == 3_150_000
    with pytest.raises(BadInput, match="没有部分额度补助"):
        batches.decide_part(session, office.maker, batch.number, order=order.number, amount=100, reason="质量差")


def test_the_pages_ask_it_too(session: Session, example: Scene, sign_in: Callable[[Membership], FlaskClient]) -> None:
    verified(example)
    session.commit()
    maker = sign_in(person(session, example.bureau.id, Role.REVIEWER))
    page = maker.get(f"/batches/new?programme={example.programme.number}").get_data(as_text=True)
    assert "本批最多支付的金额" in page
    data = {"programme": example.programme.number, "period_from": "2020-01-01", "period_to": "2020-01-01"}
    refused = maker.post("/batches/new", data=data)
    assert "填写本批资金" in refused.get_data(as_text=True)


def changed(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(EXAMPLE)
    for place, value in changes.items():
        node = content
        *way, last = place.split("__")
        for key in way:
            node = node[key]
        node[last] = value
    return content


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (changed(lines__items__facts__paid={"type": "money", "label": "抵扣"}), "no batch can say the fact paid"),
        (
            changed(lines__items__facts__paid={"type": "money", "label": "抵扣", "source": "order.weather"}),
            "source: order.weather",
        ),
        (
            changed(lines__items__facts__paid={"type": "money", "label": "抵扣", "source": "agreement.signed_on"}),
            "no batch can say the fact paid",
        ),
        (changed(lines__items__facts__admitted__if_no="elsewhere"), "no batch can say the fact admitted"),
        (changed(asks__facts={}), "no batch can say the fact budget"),
        (changed(asks__award=None), "no batch can say the fact extra"),
        (changed(asks__award__share="why"), "in percent"),
        (changed(lines__of="enterprise"), "whoever served"),
        (changed(lines__of="neighbour"), "lines.of"),
    ],
)
def test_a_file_that_no_order_can_feed_is_refused(content: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Scheme.model_validate(content)


def test_a_scheme_that_says_nothing_of_orders_is_only_simulated(session: Session, example: Scene) -> None:
    (definition.DATA / "scheme-example-2026.yaml").write_text(
        EXAMPLE.replace("  of: institution\n", ""), encoding="utf-8"
    )
    definition.list_schemes.cache_clear()
    definition.all_shipped.cache_clear()
    verified(example)
    with pytest.raises(BadInput, match="不按订单结算"):
        Office(session, example).batch(budget="45000.00")


def test_each_source_that_may_be_declared_is_read() -> None:
    assert sources.OF_ORDER.keys() == declared.OF_ORDER.keys()
    assert sources.OF_LINE.keys() == declared.OF_LINE.keys()


def test_no_code_knows_a_scheme_by_its_id() -> None:
    code = "".join(path.read_text("utf8") for path in Path(definition.__file__).parents[1].rglob("*.py"))
    assert [scheme.id for scheme in list_schemes() if scheme.id in code] == []
