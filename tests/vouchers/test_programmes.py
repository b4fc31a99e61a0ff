"""The life of a programme at the bureau: two people, the rules that bind, the window, and what comes twice."""

from contextlib import nullcontext
from datetime import date, timedelta

import factories
import pytest
from voucher_factories import claimant, fund, open_programme, terms

from audit.models import AuditEvent
from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.clock import at, end_of, now, stopped, travel
from foundation.errors import BadInput, Conflict, NotAllowed, NotFound
from foundation.identifiers import new_id
from foundation.money import MAX_FEN
from vouchers import jobs, programmes
from vouchers.appropriation import appropriate
from vouchers.models import Programme, ProgrammeState
from vouchers.queries import programme as by_number
from vouchers.terms import current_terms

pytestmark = pytest.mark.clock


def test_a_voucher_may_end_with_the_last_day_of_claiming_and_not_before():
    last = date(2026, 6, 30)
    window = {"claims_open_at": at(date(2026, 6, 1), 0), "claims_close_at": end_of(last)}
    assert terms(**window, expires_on=last).claims_last_day == last
    with pytest.raises(ValueError, match="expires_on"):
        terms(**window, expires_on=last - timedelta(days=1))


@pytest.fixture
def bureau(session):
    return factories.bureau(session)


@pytest.fixture
def officer(session, bureau):
    return factories.actor(session, bureau, Role.OFFICER)


@pytest.fixture
def reviewer(session, bureau):
    return factories.actor(session, bureau, Role.REVIEWER)


@pytest.fixture
def draft(session, officer):
    return programmes.draft(
        session,
        officer,
        name="服务券项目",
        summary="测试",
        scheme_id="xiamen-2021",
        treasury_uscc=factories.treasury(session).uscc,
        terms=terms(),
    )


def events(session, programme, action):
    return session.query(AuditEvent).filter_by(subject_id=programme.id, action=f"programme.{action}").count()


def edited(session, actor, programme, **changes):
    return programmes.edit(session, actor, programme, name="改", summary="改", terms=terms(**changes))


def test_the_money_comes_from_the_treasury_of_the_region(session, officer):
    with pytest.raises(BadInput) as refusal:
        programmes.draft(
            session,
            officer,
            name="外地的钱",
            summary="测试",
            scheme_id="xiamen-2021",
            treasury_uscc=factories.treasury(session, "110000").uscc,
            terms=terms(),
        )
    assert refusal.value.field == "treasury"


def test_whoever_drafts_or_edits_does_not_check(session, officer, reviewer, draft):
    edited(session, reviewer, draft)
    with pytest.raises(NotAllowed, match="起草人"):
        programmes.check(session, reviewer, draft)
    other = factories.actor(session, draft.bureau, Role.REVIEWER)
    assert programmes.check(session, other, draft).state is ProgrammeState.CHECKED
    with pytest.raises(Conflict, match="不能修改规则"):
        edited(session, officer, draft)
    programmes.send_back(session, other, draft, note="第三条写错")
    assert draft.state is ProgrammeState.DRAFT
    assert draft.checked_by_id is None


@pytest.mark.parametrize(("code", "refusal"), [("350200", NotAllowed), ("350000", NotAllowed), ("430000", NotFound)])
def test_another_bureau_does_nothing_with_a_programme(session, draft, code, refusal):
    """One that sees it is told whose it is, everybody else that it is not there."""
    stranger = factories.actor(session, factories.bureau(session, code), Role.REVIEWER)
    deeds = [
        lambda: edited(session, stranger, draft),
        lambda: programmes.check(session, stranger, draft),
        lambda: programmes.send_back(session, stranger, draft, note="x"),
        lambda: programmes.announce(session, stranger, draft),
        lambda: programmes.approve_version(session, stranger, draft),
        lambda: programmes.open_claims(session, stranger, draft),
        lambda: programmes.ask_to_close(session, stranger, draft, reason="资金用完"),
        lambda: programmes.close_claims(session, stranger, draft, password=factories.PASSWORD),
        lambda: programmes.decline_closing(session, stranger, draft, reason="不同意"),
    ]
    for deed in deeds:
        with pytest.raises(refusal):
            deed()


def test_new_rules_bind_after_a_second_person_and_not_before(session):
    setting = open_programme(session)
    programme = setting.programme
    with pytest.raises(Conflict, match="没有待审核"):
        programmes.approve_version(session, setting.reviewer, programme)
    edited(session, setting.officer, programme, titles=[TitleLevel.SRDI], priority_titles=[])
    edited(session, setting.officer, programme, titles=[TitleLevel.INNOVATIVE], priority_titles=[])
    assert [version.version for version in programme.versions] == [1, 2]
    assert TitleLevel.LITTLE_GIANT in current_terms(programme).titles
    programmes.approve_version(session, setting.reviewer, programme)
    assert current_terms(programme).titles == (TitleLevel.INNOVATIVE,)


def test_the_window_has_its_first_moment_and_not_its_last(session, officer, reviewer, draft):
    first = now().replace(microsecond=0) + timedelta(days=5)
    edited(session, officer, draft, claims_open_at=first, claims_close_at=first + timedelta(days=10))
    programmes.check(session, reviewer, draft)
    programmes.announce(session, officer, draft)
    for outside in (first - timedelta(microseconds=1), first + timedelta(days=10)):
        with stopped(outside), pytest.raises(Conflict, match="申领时间"):
            programmes.open_claims(session, officer, draft)
    with stopped(first):
        assert programmes.open_claims(session, officer, draft).state is ProgrammeState.OPEN


def test_the_clock_opens_and_closes_once(session, officer, reviewer, draft):
    programmes.check(session, reviewer, draft)
    programmes.announce(session, officer, draft)
    jobs.every_minute(session)
    jobs.every_minute(session)
    assert draft.state is ProgrammeState.OPEN
    with travel(current_terms(draft).claims_close_at):
        jobs.every_minute(session)
        jobs.every_minute(session)
    assert draft.state is ProgrammeState.CLOSED
    assert (events(session, draft, "open"), events(session, draft, "close")) == (1, 1)


def test_what_two_people_have_before_them_is_done_once(sessions, session, officer, reviewer, draft):
    """The second one's page is older than the first one's deed: the state is read under the lock."""
    second = factories.actor(session, draft.bureau, Role.REVIEWER)
    session.commit()
    with sessions() as other:
        stale = by_number(other, second, draft.number)
        assert stale.state is ProgrammeState.DRAFT
        other.commit()
        programmes.check(session, reviewer, draft)
        session.commit()
        with pytest.raises(Conflict):
            programmes.check(other, second, stale)
    assert events(session, draft, "check") == 1


def test_what_is_approved_is_what_was_proposed_last(sessions, session):
    setting = open_programme(session)
    edited(session, setting.officer, setting.programme, titles=[TitleLevel.SRDI], priority_titles=[])
    session.commit()
    with sessions() as other:
        stale = by_number(other, setting.reviewer, setting.programme.number)
        other.commit()
        # The reviewer's colleague mends the proposal meanwhile, and so becomes its drafter: a third person approves.
        edited(session, setting.reviewer, setting.programme, titles=[TitleLevel.INNOVATIVE], priority_titles=[])
        session.commit()
        with pytest.raises(NotAllowed, match="起草人"):
            programmes.approve_version(other, setting.reviewer, stale)


@pytest.mark.parametrize(("amount", "message"), [(0, "大于零"), (MAX_FEN // 1000 + 1, "超出")])
def test_an_appropriation_says_which_way_it_is_wrong(session, amount, message):
    setting = open_programme(session)
    with pytest.raises(BadInput, match=message) as refusal:
        appropriate(
            session,
            setting.budget_holder,
            programme_id=setting.programme.id,
            amount=amount,
            transfer_id=new_id(),
            password=factories.PASSWORD,
        )
    assert refusal.value.field == "amount"


def test_only_the_programmes_own_treasury_puts_money_in(session):
    setting = open_programme(session)
    other = factories.actor(session, factories.treasury(session), Role.BUDGET_HOLDER)
    for stranger in (other, claimant(session)):
        with pytest.raises(NotFound):
            appropriate(
                session,
                stranger,
                programme_id=setting.programme.id,
                amount=100,
                transfer_id=new_id(),
                password=factories.PASSWORD,
            )
    assert session.get_one(Programme, setting.programme.id).state is ProgrammeState.OPEN


@pytest.mark.parametrize("state", ProgrammeState)
def test_money_is_put_into_a_programme_from_its_announcement_until_it_is_settled(session, state):
    setting = open_programme(session)
    setting.programme.state = state
    session.flush()
    before = {ProgrammeState.DRAFT, ProgrammeState.CHECKED}
    with pytest.raises(Conflict, match="结算以前") if state in before | {ProgrammeState.SETTLED} else nullcontext():
        fund(session, setting, 100)
