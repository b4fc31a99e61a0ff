"""A check cites the programme's own notice or says that the programme set it; never another city's notice."""

from datetime import timedelta

import pytest
from claim_cases import claimed
from order_cases import Scene, terms
from sqlalchemy.orm import Session

from foundation.clock import today
from verification.checks import CHECKS, run
from verification.citations import OF_THE_PROGRAMME, citations, notices
from verification.facts import facts_of
from vouchers.presets import presets

pytestmark = pytest.mark.clock

XIAMEN, BEIJING, HAIDIAN = "100000/350000/350200/", "100000/110000/", "100000/110000/110108/"


def rules(session: Session, **changes: str) -> dict[str, str]:
    """The rule of each check, as the page of a claim in Xiamen shows it."""
    scene = Scene(session, terms=terms(**changes))
    return {answer.id: answer.rule for answer in run(facts_of(session, claimed(scene), []))}


def test_a_claim_in_xiamen_cites_xiamen(session: Session) -> None:
    document = presets()["xiamen-2021"].terms["document"]
    told = rules(session, document=document)
    assert not [rule for rule in told.values() if "北京" in rule]
    assert told["agreement"] == f"{document} 二（二）"
    assert told["records"] == f"{document} 三"
    assert told["price"] == told["invoice_amount"] == OF_THE_PROGRAMME


def test_a_document_of_its_own_is_cited_by_nothing_but_its_own_articles(session: Session) -> None:
    told = rules(session, document="关于发放2026年第七批服务券的通知")
    assert told["contract_window"] == "关于发放2026年第七批服务券的通知 第四条"
    assert {told[check] for check in ("certificate", "agreement", "records", "price", "invoice_date")} == {
        OF_THE_PROGRAMME
    }


@pytest.mark.parametrize("path", [BEIJING, HAIDIAN])
def test_beijing_cites_its_second_annex(path: str) -> None:
    cited = citations(presets()["beijing-2021-batch1"].starting(today() - timedelta(days=9)), path)
    assert cited["price"].endswith("附件2 第五条第3项")
    assert cited["tripartite"].startswith("北京市")
    assert not [rule for rule in cited.values() if "凭据汇总表" in rule]


def test_beijings_notice_is_nobody_elses() -> None:
    assert citations(presets()["beijing-2021-batch1"].starting(today()), XIAMEN) == {}


def test_every_preset_is_looked_up_and_every_citation_is_of_a_check() -> None:
    assert set(notices()) == set(presets())
    for cited in notices().values():
        assert set(cited.checks) <= {check.id for check in CHECKS}
