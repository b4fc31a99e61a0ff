"""Offerings: what may stand in them, who approves them, and how a new version takes the place of the old."""

from datetime import timedelta

import pytest
from provider_cases import People, facts, upload
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from foundation.clock import today
from foundation.errors import BadInput, Conflict, Faults, NotFound
from providers import offerings, price_review
from providers.catalogue_source import Catalogue, band, document
from providers.categories import categories, vocabularies
from providers.models import OfferingState

pytestmark = pytest.mark.clock


@pytest.fixture
def people(session):
    return People(session, certified=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"content": "长" * 201}, "content"),
        ({"effect": "长" * 201}, "effect"),
        ({"charged_price": 12_000_001}, "charged_price"),
        ({"market_price": 0}, "market_price"),
        ({"category": "loans"}, "category"),
        ({"kind": "ip"}, "kind"),
        ({"mode": "single_third_party"}, "supplier"),
        ({"delivery_days": 0}, "delivery_days"),
        ({"slots": 0}, "slots"),
        ({"website": "javascript:alert(1)"}, "website"),
    ],
)
def test_what_cannot_stand_is_named(session, people, changes, field):
    with pytest.raises(Faults) as refusal:
        offerings.create(session, people.clerk, facts(**changes))
    assert field in {fault.field for fault in refusal.value.faults}


def test_200_characters_fit(session, people):
    assert offerings.create(session, people.clerk, facts(content="长" * 200, charged_price=12_000_000)).version == 1


def test_only_certified_providers_submit(session):
    people = People(session, certified=False)
    made = offerings.create(session, people.clerk, facts())
    with pytest.raises(Conflict, match="认定"):
        offerings.submit(session, people.clerk, made)


def test_nothing_is_public_before_approval(session, people):
    source = Catalogue()
    made = people.in_review()
    assert source.revisions(session) == {}
    price_review.approve(session, people.officer, made)
    assert source.revisions(session) == {made.offering_id: made.offering.revision}


def test_the_old_version_stays_until_the_new_one_is_approved(session, people):
    source = Catalogue()
    first = people.listed()
    revision = first.offering.revision
    second = offerings.save(session, people.clerk, first, facts(name="数字化转型诊断（深度）"), upload())
    assert second.version == 2
    with pytest.raises(Conflict):
        offerings.save(session, people.clerk, first, facts(name="第三个名字"))
    offerings.submit(session, people.clerk, second)
    assert [one.title for one in source.documents(session, [first.offering_id])] == ["数字化转型诊断"]
    price_review.approve(session, people.reviewer, second)
    session.refresh(first.offering)
    assert (first.state, second.state) == (OfferingState.SUPERSEDED, OfferingState.LISTED)
    assert [one.title for one in source.documents(session, [first.offering_id])] == ["数字化转型诊断（深度）"]
    assert second.offering.revision == revision + 1


def test_listed_versions_are_frozen_and_drafts_are_not(session, people):
    draft = offerings.create(session, people.clerk, facts())
    assert offerings.save(session, people.clerk, draft, facts(name="新名字")) is draft
    offerings.submit(session, people.clerk, draft)
    with pytest.raises(Conflict):
        offerings.save(session, people.clerk, draft, facts(name="再改"))
    price_review.request_changes(session, people.officer, draft, note="请写清交付物")
    assert offerings.save(session, people.clerk, draft, facts(name="再改")).name == "再改"


@pytest.mark.parametrize(("code", "cited"), [("350200", "本平台设定"), ("110000", "附件2")])
def test_a_price_above_the_market_is_refused_at_submission_by_the_own_regions_rule(session, code, cited):
    people = People(session, code=code, certified=True)
    made = offerings.create(session, people.clerk, facts(list_price=12_000_001))
    with pytest.raises(BadInput) as refusal:
        offerings.submit(session, people.clerk, made)
    assert (refusal.value.field, made.state) == ("list_price", OfferingState.DRAFT)
    assert cited in (refusal.value.rule or "")
    assert ("北京" in (refusal.value.rule or "")) == code.startswith("11")
    assert refusal.value.remedy
    offerings.save(session, people.clerk, made, facts(list_price=12_000_000))
    offerings.submit(session, people.clerk, made)


def test_the_bureau_accepts_another_market_figure_with_a_reason(session, people):
    made = people.in_review()
    assert made.counted_market_price == 12_000_000
    for accepted, note, field in ((11_999_999, "有依据", "accepted"), (13_000_000, " ", "note")):
        with pytest.raises(BadInput) as refusal:
            price_review.approve(session, people.officer, made, accepted=accepted, note=note)
        assert refusal.value.field == field
    price_review.approve(session, people.officer, made, accepted=13_000_000, note="三份政府采购合同")
    assert (made.state, made.counted_market_price) == (OfferingState.LISTED, 13_000_000)
    assert (made.accepted_by_id, made.accepted_reason) == (people.officer.user_id, "三份政府采购合同")
    assert made.accepted_at is not None
    second = offerings.save(session, people.clerk, made, facts(name="另一个名字"))
    assert second.counted_market_price == 12_000_000


def test_what_was_submitted_above_the_market_is_listed_only_with_an_accepted_figure(session, people):
    made = people.in_review()
    made.market_price = made.list_price - 1
    session.flush()
    assert price_review.price_check(session, made).above_market
    with pytest.raises(BadInput) as refusal:
        price_review.approve(session, people.officer, made, note="含驻场服务，同类报价不含")
    assert refusal.value.field == "accepted"
    price_review.approve(session, people.officer, made, note="含驻场服务", accepted=made.list_price)
    assert made.state is OfferingState.LISTED


def test_the_database_itself_lists_nothing_above_the_market(session, people):
    made = people.listed()
    with pytest.raises(IntegrityError, match="ck_offering_versions_not_above_market"):
        session.execute(text("UPDATE offering_versions SET market_price = 1 WHERE id = :id"), {"id": made.id})


def test_peers_are_of_the_same_category_and_other_providers(session, people):
    for price in (3_000_000, 5_000_000, 9_000_000):
        People(session, certified=True).listed(list_price=price, charged_price=price, market_price=price)
    People(session, certified=True).listed(category="legal", kind=None)
    people.listed()
    check = price_review.price_check(session, people.in_review(list_price=6_000_000, charged_price=0))
    assert (check.lowest, check.median, check.highest) == (3_000_000, 5_000_000, 9_000_000)
    assert check.peers[0].list_price == 5_000_000


def test_a_bureau_elsewhere_and_another_provider_find_nothing(session, people):
    made = people.in_review()
    elsewhere = People(session, code="430000", certified=True)
    with pytest.raises(NotFound):
        price_review.approve(session, elsewhere.officer, made)
    with pytest.raises(NotFound):
        offerings.withdraw(session, elsewhere.clerk, made)


def test_delisting_takes_it_out(session, people):
    made = people.listed()
    offerings.delist(session, people.clerk, made, note="不再提供")
    assert made.offering_id not in Catalogue().revisions(session)


def test_each_change_of_what_is_public_queues_its_index_job(session, people):
    def queued() -> int:
        jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'search.index'"))
        return int(jobs.scalar_one())

    made = people.in_review()
    assert queued() == 0
    price_review.approve(session, people.officer, made)
    assert queued() == 1
    offerings.delist(session, people.officer, made, note="投诉属实")
    assert queued() == 2


def test_documents_carry_what_is_filtered(session, people):
    found = document(people.listed())
    assert found.keywords["region"] == ("100000", "350000", "350200")
    assert found.keywords["channel"] == ("online", "offline")
    assert "上云用云" in found.body


@pytest.mark.parametrize(
    ("fen", "code"), [(0, "free"), (1, "to_1"), (1_000_000, "to_1"), (1_000_001, "to_5"), (20_000_001, "above_20")]
)
def test_price_bands(fen, code):
    assert band(fen) == code


def test_the_three_vocabularies():
    found = vocabularies()
    assert (len(found.categories), len(found.kinds), len(found.mall)) == (10, 7, 11)
    assert all(category.contents for category in categories().values())


def test_expired_certificates_hide_on_their_day(session, people):
    people.listed()
    session.execute(
        text("UPDATE certifications SET valid_to = :day WHERE organisation_id = :id"),
        {"day": today() - timedelta(days=1), "id": people.provider.id},
    )
    assert Catalogue().revisions(session) == {}
