"""Whose money: a programme is for enterprises of its own region, unless its terms say otherwise; told wherever it counts."""

import factories
import pytest
from query_budget import questions
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from voucher_factories import fund, open_programme, terms

from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.errors import NotAllowed
from ledger.verification import verify
from vouchers import programmes
from vouchers.claiming import OTHER_REGION, claim
from vouchers.deduction import preview
from vouchers.desk import waiting
from vouchers.eligibility import may_claim
from vouchers.models import ClaimState
from vouchers.sources import only_elsewhere, usable_sources
from vouchers.terms import Terms

PRICES = {"category": "cloud", "list_price": 900, "charged_price": 800}


def enterprise_of(session: Session, code: str):
    return factories.actor(session, factories.enterprise(session, TitleLevel.SRDI, code=code), Role.ENTERPRISE_MANAGER)


def unmet(answer):
    return [finding.rule for finding in answer.findings if not finding.met]


@pytest.mark.parametrize(
    ("code", "any_region", "admitted"),
    [("350200", False, True), ("430000", False, False), ("350000", False, False), ("430000", True, True)],
)
def test_the_region_decides_unless_the_terms_admit_all(session: Session, code, any_region, admitted):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, any_region=any_region)
    actor = enterprise_of(session, code)
    answer = may_claim(session, actor.organisation_id, setting.programme)
    assert unmet(answer) == ([] if admitted else ["region"])
    assert [item.task.id for item in waiting(session, actor)] == (["programme.claim"] if admitted else [])
    if admitted:
        assert claim(session, actor, programme_id=setting.programme.id).allotted == 1000
    else:
        with pytest.raises(NotAllowed, match="只用于厦门市的企业"):
            claim(session, actor, programme_id=setting.programme.id)
    assert verify(session).ok


def test_the_latest_terms_decide_about_new_claims(session: Session):
    setting = open_programme(session, any_region=True)
    programmes.edit(session, setting.officer, setting.programme, name="n", summary="s", terms=terms())
    programmes.approve_version(session, setting.reviewer, setting.programme)
    actor = enterprise_of(session, "430000")
    assert unmet(may_claim(session, actor.organisation_id, setting.programme)) == ["region"]
    assert usable_sources(session, actor.organisation_id) == []


def test_terms_stored_before_the_rule_was_known_are_limited(session: Session):
    setting = open_programme(session)
    stored = dict(setting.programme.versions[-1].terms)
    del stored["any_region"]
    assert Terms.model_validate(stored).any_region is False


def test_who_waits_from_another_region_is_told_when_the_turn_comes(session: Session):
    """A claim that came in line before the rule held."""
    setting = open_programme(session, cap_per_enterprise=1000)
    here = claim(session, enterprise_of(session, "350200"), programme_id=setting.programme.id)
    there = enterprise_of(session, "350200")
    waiting_claim = claim(session, there, programme_id=setting.programme.id)
    waiting_claim.enterprise.region = factories.region(session, "430000")
    session.flush()
    fund(session, setting, 3000)
    assert (here.state, waiting_claim.state) == (ClaimState.ALLOTTED, ClaimState.NOT_ELIGIBLE)
    assert waiting_claim.reason == OTHER_REGION


def test_the_deduction_says_so_before_ordering(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    actor = enterprise_of(session, "350200")
    made = claim(session, actor, programme_id=setting.programme.id)
    made.enterprise.region = factories.region(session, "430000")
    session.flush()
    (offer,) = preview(session, actor.organisation_id, **PRICES)
    assert (offer.deduction.deduction, offer.deduction.reason) == (0, "本项目只支持本地区的企业")


def test_the_catalogue_knows_whether_claims_are_open_only_elsewhere(session: Session):
    stranger = enterprise_of(session, "430000").organisation_id
    assert not only_elsewhere(session, stranger)
    setting = open_programme(session)
    assert only_elsewhere(session, stranger)
    assert not only_elsewhere(session, enterprise_of(session, "350200").organisation_id)
    open_programme(session, any_region=True)
    assert not only_elsewhere(session, stranger)
    assert setting.programme.region.code == "350200"


def test_an_enterprises_catalogue_asks_as_much_for_ten_programmes_as_for_one(session: Session, engine: Engine):
    actor = enterprise_of(session, "350200")
    counts = []
    for more in (1, 9):
        for _ in range(more):
            open_programme(session)
        session.expire_all()
        with questions(engine) as asked:
            assert len(usable_sources(session, actor.organisation_id)) == sum([1, 9][: len(counts) + 1])
        counts.append(len(asked))
    assert counts[0] == counts[1], counts


def test_pages_say_whose_money_it_is(session: Session, client, sign_in):
    limited, free = open_programme(session), open_programme(session, any_region=True)
    for setting, words in ((limited, "限本地区企业"), (free, "不限地区")):
        assert words in client.get(f"/programmes/{setting.programme.number}").text
    member = factories.member(
        session, factories.enterprise(session, TitleLevel.SRDI, code="430000"), Role.ENTERPRISE_MEMBER
    )
    page = sign_in(member).get(f"/programmes/{limited.programme.number}/claim").text
    assert "本项目的资金只用于厦门市的企业，请申领所在地的项目" in page
