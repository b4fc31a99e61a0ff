"""Claims and vouchers are judged by the version of the terms that they were made under, whatever was announced later."""

from datetime import timedelta

import pytest
from clock_jobs import done
from sqlalchemy.orm import Session
from voucher_factories import Setting, claimant, fund, open_programme, terms

from enterprises.models import TitleLevel
from foundation.clock import at, now, today, travel
from foundation.errors import Conflict
from foundation.identifiers import new_id
from vouchers import jobs, programmes
from vouchers.claiming import CUT_TO_CAP, claim
from vouchers.models import ClaimState, VoucherState
from vouchers.queries import vouchers_of
from vouchers.redemption import hold, redeem

pytestmark = pytest.mark.clock


def revise(session: Session, setting: Setting, **changes) -> None:
    """A further version, approved by a second person."""
    programmes.edit(session, setting.officer, setting.programme, name="n", summary="s", terms=terms(**changes))
    programmes.approve_version(session, setting.reviewer, setting.programme)


def claimed(session: Session, setting: Setting, title: TitleLevel = TitleLevel.SRDI):
    return claim(session, claimant(session, title), programme_id=setting.programme.id)


def one_of_each(session: Session, setting: Setting, *versions: dict) -> list:
    """A claim under the version that is there, and one under each further version."""
    made = [claimed(session, setting)]
    for changes in versions:
        revise(session, setting, **changes)
        made.append(claimed(session, setting))
    return made


def test_a_claim_is_cut_to_the_cap_of_the_version_in_force_when_it_is_made(session: Session):
    setting = open_programme(session, money=10_000, cap_per_enterprise=1000)
    made = one_of_each(session, setting, {"cap_per_enterprise": 300}, {"cap_per_enterprise": 600})
    assert [one.allotted for one in made] == [1000, 300, 600]
    assert [one.programme_version_id for one in made] == [version.id for version in setting.programme.versions]


def test_who_waits_is_served_by_the_own_version(session: Session):
    """Cap, titles and last day: the second version takes no SRDI title and gives less, the third gives most."""
    setting = open_programme(session, cap_per_enterprise=1000)
    first = claimed(session, setting)
    revise(session, setting, cap_per_enterprise=300, titles=[TitleLevel.LITTLE_GIANT])
    second = claimed(session, setting, TitleLevel.LITTLE_GIANT)
    revise(session, setting, cap_per_enterprise=2000, expires_on=today() + timedelta(days=200))
    third = claimed(session, setting)
    assert [one.state for one in (first, second, third)] == [ClaimState.WAITING] * 3
    fund(session, setting, 3300)
    assert [(one.state, one.allotted) for one in (first, second, third)] == [
        (ClaimState.ALLOTTED, 1000),
        (ClaimState.ALLOTTED, 300),
        (ClaimState.ALLOTTED, 2000),
    ]


def test_priority_stays_as_it_was_when_claimed(session: Session):
    """Under the second version nobody goes first, so a giant of the same second waits behind; the first's giant does not."""
    setting = open_programme(session, cap_per_enterprise=1000)
    second = now().replace(microsecond=0) + timedelta(minutes=1)
    with travel(second):
        plain = claimed(session, setting)
    with travel(second + timedelta(milliseconds=200)):
        giant = claimed(session, setting, TitleLevel.LITTLE_GIANT)
    revise(session, setting, cap_per_enterprise=1000, priority_titles=[])
    with travel(second + timedelta(milliseconds=400)):
        late_giant = claimed(session, setting, TitleLevel.LITTLE_GIANT)
    served = []
    for _ in range(3):
        fund(session, setting, 1000)
        served.append(next(one for one in (plain, giant, late_giant) if one.allotted and one not in served))
    assert served == [giant, plain, late_giant]


def test_what_is_left_under_the_cap_when_the_turn_comes_is_that_of_the_claims_version(session: Session):
    setting = open_programme(session, money=600, cap_per_enterprise=1000)
    enterprise = claimant(session)
    claim(session, enterprise, programme_id=setting.programme.id)
    again = claim(session, enterprise, programme_id=setting.programme.id)
    again.requested = 900
    revise(session, setting, cap_per_enterprise=700)
    fund(session, setting, 5000)
    assert (again.allotted, again.reason) == (400, CUT_TO_CAP)


def test_a_claim_in_line_lapses_by_its_own_version(session: Session):
    """A later version that ends sooner does not take the place of an earlier claim, nor the other way round."""
    setting = open_programme(session)
    soon = {"claims_close_at": now() + timedelta(days=2), "expires_on": today() + timedelta(days=2)}
    first, second, third = one_of_each(session, setting, soon, {"expires_on": today() + timedelta(days=200)})
    with travel(now() + timedelta(days=3)):
        assert done(session, jobs.lapse_lines) == 1
    assert [one.state for one in (first, second, third)] == [ClaimState.WAITING, ClaimState.LAPSED, ClaimState.WAITING]
    with travel(now() + timedelta(days=91)):
        assert done(session, jobs.lapse_lines) == 1
        assert done(session, jobs.lapse_lines) == 0
    assert [one.state for one in (first, third)] == [ClaimState.LAPSED, ClaimState.WAITING]


def test_a_voucher_expires_by_its_own_version(session: Session):
    setting = open_programme(session, money=2000, cap_per_enterprise=1000)
    later = {"cap_per_enterprise": 1000, "expires_on": today() + timedelta(days=200)}
    claims = one_of_each(session, setting, later)
    early, late = [
        next(one for one in vouchers_of(session, setting.officer).rows if one.claim_id == made.id) for made in claims
    ]
    with travel(at(early.expires_on + timedelta(days=1))):
        assert done(session, jobs.every_night) == 1
    assert (early.state, late.state) == (VoucherState.EXPIRED, VoucherState.ISSUED)


def test_whether_a_voucher_serves_several_orders_stays_as_it_was_issued(session: Session):
    setting = open_programme(session, money=2000, cap_per_enterprise=1000)
    held = {}
    for parts in (True, False):
        if not parts:
            revise(session, setting, cap_per_enterprise=1000, partial_use=False)
        enterprise = claimant(session)
        claim(session, enterprise, programme_id=setting.programme.id)
        (made,) = vouchers_of(session, enterprise).rows
        facts, order = {"voucher_id": made.id}, new_id()
        hold(session, enterprise, order_id=order, amount=300, transfer_id=new_id(), **facts)
        held[parts] = (enterprise, facts, order)
    enterprise, facts, _ = held[True]
    hold(session, enterprise, order_id=new_id(), amount=300, transfer_id=new_id(), **facts)
    enterprise, facts, _ = held[False]
    with pytest.raises(Conflict, match="只能用于一个订单"):
        hold(session, enterprise, order_id=new_id(), amount=300, transfer_id=new_id(), **facts)
    rest = [
        redeem(
            session,
            setting.officer,
            claim_id=order,
            order_id=order,
            provider_id=new_id(),
            transfer_id=new_id(),
            **facts,
        ).available
        for _, facts, order in held.values()
    ]
    assert rest == [400, 0]
