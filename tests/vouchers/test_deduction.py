"""The worked deduction: always adds up, rounded down, cut in the right order with its reason."""

from datetime import timedelta

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from voucher_factories import claimant, open_programme, terms

from enterprises.models import TitleLevel
from foundation.clock import now, today, travel
from foundation.identifiers import new_id
from vouchers.claiming import claim
from vouchers.deduction import deduct, largest, offers, preview
from vouchers.presets import presets
from vouchers.queries import vouchers_of
from vouchers.redemption import hold
from vouchers.sources import Source
from vouchers.terms import Terms, terms_of

pytestmark = pytest.mark.clock


@pytest.mark.parametrize(
    ("changes", "category", "prices", "available", "expected"),
    [
        ({}, "cloud", (1200, 1000), 5000, (1000, 0, None)),
        ({}, "cloud", (1200, 1000), 300, (300, 700, "按服务券余额抵扣")),
        ({}, "cloud", (1200, 1000), 1000, (1000, 0, None)),
        ({}, "listing_and_finance", (1200, 1000), 5000, (0, 1000, "这类服务不在本项目支持范围内")),
        ({"deduction_percent": 30}, "cloud", (999, 999), 5000, (299, 700, None)),
        ({"cap_per_order": 200}, "cloud", (1000, 1000), 5000, (200, 800, "按每单上限抵扣")),
        ({"cap_per_order": 200}, "cloud", (1000, 1000), 150, (150, 850, "按服务券余额抵扣")),
        ({"cap_per_order": 200}, "cloud", (150, 150), 150, (150, 0, None)),
        ({}, "cloud", (0, 0), 10, (0, 0, None)),
    ],
)
def test_deduct(changes, category, prices, available, expected):
    result = deduct(
        terms(**changes), category=category, list_price=prices[0], charged_price=prices[1], available=available
    )
    assert (result.deduction, result.own_share, result.reason) == expected


@given(
    st.integers(1, 100),
    st.none() | st.integers(1, 10**9),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)
def test_it_always_adds_up(percent, cap, one, two, available):
    charged, listed = sorted((one, two))
    result = deduct(
        terms(deduction_percent=percent, cap_per_order=cap),
        category="cloud",
        list_price=listed,
        charged_price=charged,
        available=available,
    )
    assert result.list_price == result.discount + result.deduction + result.own_share
    assert 0 <= result.deduction <= min(available, charged, cap or charged)
    assert result.remaining == available - result.deduction >= 0


def test_preview_offers_the_best_source_first(session: Session):
    setting = open_programme(session, money=10_000, cap_per_enterprise=1000)
    enterprise = claimant(session)
    prices = {"category": "cloud", "list_price": 900, "charged_price": 800}
    (before,) = preview(session, enterprise.organisation_id, **prices)
    assert (before.voucher_id, before.deduction.deduction) == (None, 800)
    claim(session, enterprise, programme_id=setting.programme.id)
    (voucher,) = vouchers_of(session, enterprise).rows
    hold(session, enterprise, voucher_id=voucher.id, order_id=new_id(), amount=700, transfer_id=new_id())
    (offer,) = preview(session, enterprise.organisation_id, **prices)
    assert (offer.voucher_number, offer.deduction.deduction, offer.deduction.own_share) == (voucher.number, 300, 500)
    assert preview(session, factories.enterprise(session, None).id, **prices) == []


def test_a_voucher_whose_contract_window_is_over_deducts_nothing(session: Session):
    """Else the order form chose it first, and refused what it had offered."""
    last = today()
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, contracts_to=last)
    enterprise = claimant(session)
    claim(session, enterprise, programme_id=setting.programme.id)
    prices = {"category": "cloud", "list_price": 900, "charged_price": 800}
    (offer,) = preview(session, enterprise.organisation_id, **prices)
    assert offer.deduction.deduction == 800
    with travel(now() + timedelta(days=1)):
        (offer,) = preview(session, enterprise.organisation_id, **prices)
        assert (offer.deduction.deduction, offer.deduction.reason) == (0, "今天不在服务协议的签订期间内")


@pytest.mark.parametrize("name", presets())
def test_terms_survive_storage(name: str):
    original = presets()[name].starting(today())
    assert Terms.model_validate(original.for_storage()) == original


@pytest.mark.parametrize("name", presets())
def test_a_preset_settles_by_a_scheme_that_batches_can_feed(name: str):
    from settlement.schemes import get_scheme  # noqa: PLC0415 - settlement stands above vouchers

    assert get_scheme(presets()[name].scheme_id).lines.of is not None


def test_the_beijing_preset_has_the_limits_of_its_notice():
    rules = presets()["beijing-2021-batch1"].starting(today())
    assert set(rules.titles) == {TitleLevel.KEY_LITTLE_GIANT, TitleLevel.LITTLE_GIANT}
    worked = deduct(rules, category="innovation", list_price=500_000_00, charged_price=450_000_00, available=10**8)
    assert (worked.deduction, worked.own_share, worked.reason) == (300_000_00, 150_000_00, "按每单上限抵扣")
    assert "单个服务项目" in rules.citations["cap_per_order"].says


def test_the_xiamen_preset_has_the_days_of_its_notice():
    preset = presets()["xiamen-2021"]
    rules = preset.starting(preset.original_start)
    assert (rules.contracts_from.isoformat(), rules.contracts_to.isoformat()) == ("2021-11-05", "2021-12-31")
    assert (rules.cap_per_enterprise, rules.deduction_percent) == (500_000_00, 100)
    assert not rules.admits_category("listing_and_finance")


@pytest.mark.parametrize(
    "changes",
    [
        {"cap_per_enterprise": 0},
        {"cap_per_enterprise": 1.5},
        {"deduction_percent": 101},
        {"contracts_from": "2030-01-01", "contracts_to": "2029-01-01"},
        {"priority_titles": ["innovative"]},
        {"citations": {"nonsense": {"article": "一", "says": "x"}}},
        {"surprise": 1},
    ],
)
def test_terms_that_do_not_fit_are_refused(changes):
    with pytest.raises(ValueError, match=r"validation error|Extra"):
        terms(**changes)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([10, 50, 100]),
            st.none() | st.integers(1, 500),
            st.integers(0, 1000),
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.sampled_from([(), ("cloud",), ("legal",)]),
            st.integers(-3, 3),
        ),
        max_size=6,
    ),
    st.lists(st.tuples(st.sampled_from(["cloud", "legal"]), st.integers(0, 2000)), max_size=4),
)
def test_a_card_shows_what_the_best_offer_deducts(given_sources, priced):
    sources = [
        Source(
            programme_id=new_id(),
            programme_number="1",
            programme_name="1",
            voucher_id=new_id() if issued else None,
            voucher_number=None,
            terms=terms(
                deduction_percent=percent,
                cap_per_order=cap,
                any_region=anywhere,
                excluded_categories=excluded,
                contracts_from=today() + timedelta(days=begins),
                contracts_to=today() + timedelta(days=begins + 2),
            ),
            available=available,
            at_home=at_home,
        )
        for percent, cap, available, issued, anywhere, at_home, excluded, begins in given_sources
    ]
    best = [
        max((offer.deduction.deduction for offer in found[:1]), default=0)
        for category, price in priced
        for found in [offers(sources, category=category, list_price=price, charged_price=price)]
    ]
    assert largest(sources, priced) == best


def test_terms_are_read_anew_when_they_were_changed(session: Session):
    (version,) = open_programme(session, cap_per_order=100).programme.versions
    assert terms_of(version).cap_per_order == 100
    assert terms_of(version) is terms_of(version)
    version.terms["cap_per_order"] = 200
    assert terms_of(version).cap_per_order == 200
