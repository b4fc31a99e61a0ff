"""From a draft to a certificate and to its end."""

from datetime import date, timedelta

import factories as make
import pytest
from clock_jobs import done
from provider_cases import NATIONAL_FACTS, People, upload
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import notices.jobs
import providers.jobs
from accounts.duties import take_regional_duty
from audit.models import AuditEvent
from foundation.actors import Role
from foundation.clock import add_working_days, at, end_of, today, travel
from foundation.errors import BadInput, Conflict, DomainError, Faults, NotFound
from notices.models import NoticeState
from notices.objections import answer, object_to
from providers import certification, review, standing
from providers.certification import is_certified
from providers.events import certification_revoked, certification_suspended
from providers.models import CertificationState
from search.sources import registered_source

pytestmark = pytest.mark.clock


@pytest.fixture
def people(session):
    return People(session)


def test_the_way_to_a_certificate(session, people):
    made, notice = people.on_notice()
    assert made.answer["version"] == "1"
    assert made.answer["outcome"] == "refer"
    assert notice.closes_on == add_working_days(today(), 5)
    assert not is_certified(session, people.provider.id, today())
    with pytest.raises(Conflict, match="公示到"):
        review.certify(session, people.reviewer, made)
    with travel(end_of(notice.closes_on) - timedelta(minutes=1)):
        assert done(session, notices.jobs.every_night) == 0
    with travel(end_of(notice.closes_on)):
        assert done(session, notices.jobs.every_night) == 1
        review.certify(session, people.reviewer, made)
        first = today()
        assert made.valid_from == first
        assert (made.valid_to + timedelta(days=1)).year == first.year + 3
        assert is_certified(session, people.provider.id, first)
        assert is_certified(session, people.provider.id, made.valid_to)
        assert not is_certified(session, people.provider.id, made.valid_to + timedelta(days=1))
    actions = session.scalars(
        select(AuditEvent.action).where(AuditEvent.subject_id == made.id).order_by(AuditEvent.sequence)
    ).all()
    wanted = ["start", "save", "submit", "take", "recommend", "open_notice", "certify"]
    assert [action for action in actions if action.startswith("certification.")] == [
        f"certification.{one}" for one in wanted
    ]


@pytest.mark.parametrize(
    ("code", "ruleset"), [("110000", "platform-beijing-2021-batch1"), ("350200", "platform-national-2017")]
)
def test_the_region_chooses_the_rule_set(session, code, ruleset):
    people = People(session, code=code)
    assert certification.start(session, people.clerk).ruleset_id == ruleset


@pytest.mark.parametrize("missing", NATIONAL_FACTS)
def test_each_missing_fact_is_named_and_nothing_is_filed(session, people, missing):
    made = certification.start(session, people.clerk)
    certification.save(session, people.clerk, made, NATIONAL_FACTS | {missing: ""})
    with pytest.raises(Faults) as refusal:
        certification.submit(session, people.clerk, made)
    assert [fault.field for fault in refusal.value.faults] == [missing]
    assert refusal.value.faults[0].rule
    assert made.state is CertificationState.DRAFT


@pytest.mark.parametrize(
    ("fact", "value"), [("service_staff", "19"), ("satisfaction", "79.9"), ("certification", "municipal")]
)
def test_an_unmet_criterion_says_what_would_mend_it(session, people, fact, value):
    made = certification.start(session, people.clerk)
    certification.save(session, people.clerk, made, NATIONAL_FACTS | {fact: value})
    with pytest.raises(Faults) as refusal:
        certification.submit(session, people.clerk, made)
    (fault,) = refusal.value.faults
    assert fault.field == fact
    assert "156号" in fault.rule
    assert fault.remedy


def test_unreadable_facts_are_named_and_nothing_is_kept(session, people):
    made = certification.start(session, people.clerk)
    with pytest.raises(Faults) as refusal:
        certification.save(session, people.clerk, made, NATIONAL_FACTS | {"satisfaction": "101", "partners": "many"})
    assert {fault.field for fault in refusal.value.faults} == {"satisfaction", "partners"}
    assert made.facts == {}


def test_the_next_application_begins_with_the_last_facts(session, people):
    made = people.recommended()
    review.reject(session, people.reviewer, made, note="业绩证明不足")
    again = certification.start(session, people.clerk)
    assert again.facts == made.facts != {}
    with pytest.raises(Conflict):
        certification.start(session, people.clerk)


def test_first_and_second_review_are_two_people(session, people):
    made = people.recommended()
    both = make.actor_of(make.member(session, people.bureau, Role.REVIEWER))
    take_regional_duty(session, both, people.provider.region_id)
    made.first_reviewer_id = both.user_id
    session.flush()
    for verb in (review.open_notice, review.certify):
        with pytest.raises(Conflict):
            verb(session, both, made)
    second = {"id": made.id, "both": both.user_id}
    raw = text("UPDATE certifications SET second_reviewer_id = :both WHERE id = :id")
    with pytest.raises(IntegrityError, match="two_reviewers"), session.begin_nested():
        session.execute(raw, second)


def test_more_information_is_asked_answered_or_lapses(session, people):
    made = people.submitted()
    review.take_up(session, people.officer, made)
    with pytest.raises(BadInput):
        review.request_information(session, people.officer, made, note="请补充", facts=[], due_on=today())
    due = add_working_days(today(), 10)
    review.request_information(session, people.officer, made, note="人员名单不清", facts=["service_staff"], due_on=due)
    with travel(end_of(due) - timedelta(minutes=1)):
        providers.jobs.every_night(session)
        assert made.state is CertificationState.MORE_INFORMATION
        first = made.submitted_at
        certification.submit(session, people.clerk, made)
        assert (made.state, made.due_on, made.requested) == (CertificationState.IN_REVIEW, None, None)
        assert made.submitted_at == first
        assert made.resubmitted_at > first
    review.request_information(session, people.officer, made, note="仍不清", facts=[], due_on=due)
    with travel(end_of(due)):
        providers.jobs.every_night(session)
    assert made.state is CertificationState.REJECTED


def test_an_unanswered_objection_holds_everything_up(session, people):
    made, notice = people.on_notice()
    objection = object_to(
        session, None, notice, name="李四", contact="13800000000", text="人员不实", evidence=upload(), ip=None
    )
    with travel(end_of(notice.closes_on) + timedelta(days=3)):
        assert done(session, notices.jobs.every_night) == 0
        with pytest.raises(Conflict):
            review.certify(session, people.reviewer, made)
        answer(session, people.officer, objection, text="经核查，社保名单与申报一致", upheld=False)
        assert notice.state is NoticeState.CLOSED
        review.certify(session, people.reviewer, made)
    assert made.state is CertificationState.CERTIFIED


def test_an_upheld_objection_sends_the_case_back(session, people):
    made, notice = people.on_notice()
    objection = object_to(
        session, None, notice, name="李四", contact="13800000000", text="人员不实", evidence=upload(), ip=None
    )
    answer(session, people.officer, objection, text="属实", upheld=True)
    assert made.state is CertificationState.PUBLIC_NOTICE
    with travel(end_of(notice.closes_on)):
        done(session, notices.jobs.every_night)
        assert made.state is CertificationState.IN_REVIEW
        assert made.recommendation is None
        with pytest.raises(DomainError):
            review.certify(session, people.reviewer, made)


def test_suspension_hides_and_tells(session, people):
    made = people.certified()
    with travel(at(made.valid_from, 12)):
        version = people.listed()
        source = registered_source("offerings")
        assert version.offering_id in source.revisions(session)
        before = version.offering.revision
        heard = []
        with certification_suspended.connected_to(lambda sender, **_: heard.append(sender)):
            standing.suspend(session, people.reviewer, made, note="抽查发现问题")
        assert heard == [made]
        assert not is_certified(session, people.provider.id, today())
        assert version.offering_id not in source.revisions(session)
        assert version.offering.revision == before + 1
        standing.reinstate(session, people.reviewer, made, note="已整改")
        assert version.offering_id in source.revisions(session)
        with certification_revoked.connected_to(lambda sender, **_: heard.append(sender)):
            standing.revoke(session, people.reviewer, made, note="弄虚作假")
        assert heard == [made, made]
        assert version.offering_id not in source.revisions(session)


def test_reminder_renewal_and_expiry(session, people):
    made = people.certified()
    with travel(at(made.valid_to - timedelta(days=91))):
        providers.jobs.every_night(session)
        assert made.state is CertificationState.CERTIFIED
        with pytest.raises(Conflict):
            certification.start(session, people.clerk)
    with travel(at(made.valid_to - timedelta(days=90))):
        providers.jobs.every_night(session)
        assert made.state is CertificationState.RENEWAL_DUE
        newer = people.certified()
        assert (made.state, newer.state) == (CertificationState.EXPIRED, CertificationState.CERTIFIED)
    with travel(end_of(newer.valid_to)):
        providers.jobs.every_night(session)
    assert newer.state is CertificationState.EXPIRED


def test_other_people_find_nothing(session, people):
    made = people.submitted()
    stranger = People(session)
    elsewhere = People(session, code="430000")
    with pytest.raises(NotFound):
        certification.save(session, stranger.clerk, made, NATIONAL_FACTS)
    with pytest.raises(NotFound):
        review.take_up(session, elsewhere.officer, made)


def test_a_leap_day_ends_before_march(session):
    assert review._last_day(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert review._last_day(date(2026, 11, 21), 3) == date(2029, 11, 20)
