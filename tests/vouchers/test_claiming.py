"""The line: first come first served, priority on a tie, funds run out exactly, cuts with their reason."""

from datetime import timedelta

import factories
import pytest
from clock_jobs import done
from sqlalchemy.orm import Session
from voucher_factories import claimant, close, fund, open_programme, terms

from accounts.models import Organisation
from enterprises.models import TitleLevel
from enterprises.titles import titles_on
from foundation.actors import Role
from foundation.clock import at, now, today, travel
from foundation.errors import Conflict, NotAllowed, NotFound
from foundation.identifiers import new_id
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import balance
from ledger.verification import verify
from vouchers import claiming, jobs, programmes
from vouchers.appropriation import appropriate
from vouchers.claiming import allot, claim
from vouchers.eligibility import may_claim
from vouchers.models import ClaimState, VoucherState
from vouchers.presets import presets
from vouchers.queries import position, vouchers_of

pytestmark = pytest.mark.clock


def pool_of(session, setting):
    return balance(session, account(session, AccountKind.POOL, setting.programme.id))


def states(*claims):
    return [(one.state.value, one.allotted) for one in claims]


def test_funds_run_out_exactly_and_the_rest_waits(session: Session):
    setting = open_programme(session, money=2500, cap_per_enterprise=1000)
    claims = [claim(session, claimant(session), programme_id=setting.programme.id) for _ in range(5)]
    assert states(*claims) == [
        ("allotted", 1000),
        ("allotted", 1000),
        ("allotted", 500),
        ("waiting", 0),
        ("waiting", 0),
    ]
    assert claims[2].reason == claiming.CUT_TO_POOL
    assert pool_of(session, setting) == 0
    assert position(session, claims[4]) == (2, 1000)
    assert fund(session, setting, 1500) == 2
    assert states(*claims[3:]) == [("allotted", 1000), ("allotted", 500)]
    assert verify(session).ok


def test_a_priority_title_goes_first_in_the_same_second_only(session: Session):
    setting = open_programme(session, cap_per_enterprise=1000)
    second = now().replace(microsecond=0) + timedelta(minutes=1)
    with travel(second):
        plain = claim(session, claimant(session), programme_id=setting.programme.id)
    with travel(second + timedelta(milliseconds=400)):
        giant = claim(session, claimant(session, TitleLevel.LITTLE_GIANT), programme_id=setting.programme.id)
    with travel(second + timedelta(seconds=1)):
        late = claim(session, claimant(session, TitleLevel.LITTLE_GIANT), programme_id=setting.programme.id)
    fund(session, setting, 1000)
    assert states(giant, plain, late) == [("allotted", 1000), ("waiting", 0), ("waiting", 0)]
    fund(session, setting, 1000)
    assert states(plain, late) == [("allotted", 1000), ("waiting", 0)]


def test_while_money_is_short_a_running_second_stays_open_for_priority(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
    second = now().replace(microsecond=0) + timedelta(minutes=1)
    with travel(second):
        plain = claim(session, claimant(session), programme_id=setting.programme.id)
        assert plain.state is ClaimState.QUEUED
    with travel(second + timedelta(milliseconds=500)):
        giant = claim(session, claimant(session, TitleLevel.LITTLE_GIANT), programme_id=setting.programme.id)
    with travel(second + timedelta(seconds=1)):
        allot(session, setting.programme.id)
        allot(session, setting.programme.id)
    assert states(giant, plain) == [("allotted", 1000), ("waiting", 0)]


def test_nobody_goes_before_a_claim_with_priority_so_it_does_not_wait(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000, tie_reserve=1)
    giant = claim(session, claimant(session, TitleLevel.LITTLE_GIANT), programme_id=setting.programme.id)
    assert states(giant) == [("allotted", 1000)]


def test_the_xiamen_rules_keep_a_tie_open_while_money_is_short():
    assert presets()["xiamen-2021"].starting(today()).tie_reserve > 0


def test_a_second_claim_is_cut_to_what_the_cap_leaves(session: Session):
    setting = open_programme(session, money=600, cap_per_enterprise=1000)
    enterprise = claimant(session)
    first = claim(session, enterprise, programme_id=setting.programme.id)
    fund(session, setting, 5000)
    second = claim(session, enterprise, programme_id=setting.programme.id)
    assert states(first, second) == [("allotted", 600), ("allotted", 400)]
    with pytest.raises(NotAllowed, match="上限"):
        claim(session, enterprise, programme_id=setting.programme.id)


def test_a_claim_in_line_is_not_made_twice(session: Session):
    setting = open_programme(session)
    enterprise = claimant(session)
    claim(session, enterprise, programme_id=setting.programme.id)
    with pytest.raises(Conflict):
        claim(session, enterprise, programme_id=setting.programme.id)


def test_over_the_cap_at_the_decision_is_cut_or_refused(session: Session):
    """The cap is looked at again when the money comes, not only when the claim was made."""
    setting = open_programme(session, cap_per_enterprise=1000)
    enterprise = claimant(session)
    early = claim(session, enterprise, programme_id=setting.programme.id)
    early.requested = 700
    session.flush()
    fund(session, setting, 700)
    again = claim(session, enterprise, programme_id=setting.programme.id)
    again.requested = 900
    session.flush()
    fund(session, setting, 5000)
    assert states(early, again) == [("allotted", 700), ("allotted", 300)]
    assert again.reason is None or again.reason == claiming.CUT_TO_CAP


def test_who_lost_the_title_while_waiting_is_told_and_the_next_moves_up(session: Session):
    setting = open_programme(session, cap_per_enterprise=1000)
    ended, revoked, renewed, next_one = [claimant(session) for _ in range(4)]
    claims = [claim(session, one, programme_id=setting.programme.id) for one in (ended, revoked, renewed, next_one)]
    assert states(*claims) == [("waiting", 0)] * 4
    for one in (ended, renewed):
        titles_on(session, one.organisation_id, today())[0].valid_to = today() - timedelta(days=1)
    titles_on(session, revoked.organisation_id, today())[0].revoked_on = today()
    factories.give_title(session, session.get_one(Organisation, renewed.organisation_id), TitleLevel.SRDI, today())
    session.flush()
    fund(session, setting, 2000)
    assert states(*claims) == [("not_eligible", 0), ("not_eligible", 0), ("allotted", 1000), ("allotted", 1000)]
    assert claims[0].reason == claims[1].reason == claiming.NO_TITLE
    assert claims[0].decided_at is not None
    assert pool_of(session, setting) == 0
    assert verify(session).ok


def test_a_title_that_the_programme_does_not_take_is_none_when_the_turn_comes(session: Session):
    setting = open_programme(session, cap_per_enterprise=1000)
    enterprise = claimant(session)
    waiting = claim(session, enterprise, programme_id=setting.programme.id)
    titles_on(session, enterprise.organisation_id, today())[0].level = TitleLevel.INNOVATIVE
    fund(session, setting, 2000)
    assert states(waiting) == [("not_eligible", 0)]
    assert pool_of(session, setting) == 2000


@pytest.mark.parametrize(
    ("title", "days", "revoked", "eligible"),
    [
        (TitleLevel.SRDI, 0, False, True),
        (TitleLevel.LITTLE_GIANT, 0, False, True),
        (TitleLevel.INNOVATIVE, 0, False, False),
        (None, 0, False, False),
        (TitleLevel.SRDI, -2000, False, False),
        (TitleLevel.SRDI, 1, False, False),
        (TitleLevel.SRDI, 0, True, False),
    ],
)
def test_the_register_decides(session: Session, title, days, revoked, eligible):
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    organisation = factories.enterprise(session, None)
    if title:
        given = factories.give_title(session, organisation, title, today() + timedelta(days=days))
        given.revoked_on = today() if revoked else None
        session.flush()
    answer = may_claim(session, organisation.id, setting.programme)
    assert (answer.may_claim, answer.amount) == (eligible, 1000 if eligible else 0)
    assert [finding.rule for finding in answer.findings if not finding.met] == ([] if eligible else ["titles"])


@pytest.mark.parametrize(("offset", "open_"), [(-1, False), (0, True), (3599, True), (3600, False)])
def test_the_window_to_the_second(session: Session, offset, open_):
    start = now().replace(microsecond=0) + timedelta(days=1)
    setting = open_programme(session, money=1000, cap_per_enterprise=1000)
    version = setting.programme.versions[-1]
    version.terms = version.terms | {
        "claims_open_at": start.isoformat(),
        "claims_close_at": (start + timedelta(hours=1)).isoformat(),
    }
    enterprise = claimant(session)
    answer = may_claim(session, enterprise.organisation_id, setting.programme, moment=start + timedelta(seconds=offset))
    assert answer.may_claim is open_


def test_only_the_treasury_of_the_programme_appropriates(session: Session):
    setting = open_programme(session)
    deed = {"programme_id": setting.programme.id, "amount": 100, "password": factories.PASSWORD}
    with pytest.raises(NotFound):
        appropriate(session, setting.officer, transfer_id=new_id(), **deed)
    other = factories.actor(session, factories.treasury(session), Role.BUDGET_HOLDER)
    with pytest.raises(NotFound):
        appropriate(session, other, transfer_id=new_id(), **deed)
    payer = factories.actor(session, setting.programme.treasury, Role.PAYER)
    with pytest.raises(NotAllowed):
        appropriate(session, payer, transfer_id=new_id(), **deed)
    with pytest.raises(NotAllowed, match="密码"):
        appropriate(session, setting.budget_holder, transfer_id=new_id(), **deed | {"password": "wrong password"})
    assert pool_of(session, setting) == 0
    once = new_id()
    for _ in range(3):
        appropriate(session, setting.budget_holder, transfer_id=once, **deed)
    assert pool_of(session, setting) == 100


def test_expiry_runs_twice_without_harm_and_lets_the_line_lapse(session: Session):
    setting = open_programme(session, money=1000, cap_per_enterprise=600)
    holders = [claimant(session) for _ in range(3)]
    claims = [claim(session, one, programme_id=setting.programme.id) for one in holders]
    made = [vouchers_of(session, one).rows[0] for one in holders[:2]]
    with travel(at(made[0].expires_on, 23, 59)):
        assert done(session, jobs.every_night) == 0
    with travel(at(made[0].expires_on + timedelta(days=1), 0)):
        assert done(session, jobs.every_night) == 2
        assert done(session, jobs.every_night) == 0
        done(session, jobs.lapse_lines)
    assert [one.state for one in made] == [VoucherState.EXPIRED] * 2
    assert pool_of(session, setting) == 1000
    assert claims[2].state is ClaimState.LAPSED
    assert verify(session).ok


def test_a_new_version_needs_a_second_person_and_binds_only_new_claims(session: Session):
    setting = open_programme(session, money=10_000, cap_per_enterprise=1000)
    first = claim(session, claimant(session), programme_id=setting.programme.id)
    programme = setting.programme
    programmes.edit(session, setting.officer, programme, name="", summary="", terms=terms(cap_per_enterprise=300))
    before = claim(session, claimant(session), programme_id=programme.id)
    with pytest.raises(NotAllowed):
        programmes.approve_version(session, setting.officer, programme)
    programmes.approve_version(session, setting.reviewer, programme)
    after = claim(session, claimant(session), programme_id=programme.id)
    assert states(first, before, after) == [("allotted", 1000), ("allotted", 1000), ("allotted", 300)]
    assert (first.programme_version_id, after.programme_version_id) == tuple(one.id for one in programme.versions)


def test_the_drafter_does_not_check(session: Session):
    bureau, treasury = factories.bureau(session), factories.treasury(session)
    reviewer = factories.actor(session, bureau, Role.REVIEWER)
    facts = {"summary": "s", "scheme_id": "xiamen-2021", "treasury_uscc": treasury.uscc}
    made = programmes.draft(session, reviewer, name="n", terms=terms(), **facts)
    with pytest.raises(NotAllowed, match="起草人"):
        programmes.check(session, reviewer, made)
    with pytest.raises(NotFound):
        programmes.check(session, factories.actor(session, factories.bureau(session, "430000"), Role.REVIEWER), made)


def test_the_clock_opens_and_closes(session: Session):
    setting = open_programme(session)
    close(session, setting)
    with pytest.raises(Conflict):
        programmes.open_claims(session, setting.officer, setting.programme)
    other = open_programme(session)
    with travel(now() + timedelta(days=31)):
        assert done(session, jobs.every_minute) == 1
        assert done(session, jobs.every_minute) == 0
    assert other.programme.state.value == "closed"


def test_titles_highest_first(session: Session):
    organisation = factories.enterprise(session, TitleLevel.SRDI)
    factories.give_title(session, organisation, TitleLevel.LITTLE_GIANT)
    assert [title.level for title in titles_on(session, organisation.id, today())] == [
        TitleLevel.LITTLE_GIANT,
        TitleLevel.SRDI,
    ]
