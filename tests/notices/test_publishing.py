"""A public notice runs full working days, and does not end while anybody waits for an answer."""

from datetime import date, timedelta

import factories as make
import pytest
from clock_jobs import done
from provider_cases import People, upload

import notices.jobs
from foundation.actors import Role
from foundation.clock import at, day_of, end_of, travel
from foundation.errors import NotFound
from notices import desk, queries
from notices.models import NoticeState
from notices.objections import answer, object_to
from notices.publishing import publish

pytestmark = pytest.mark.clock


@pytest.fixture
def people(session):
    return People(session)


@pytest.fixture
def notice(people):
    return people.on_notice()[1]


def file(session, notice):
    return object_to(
        session, None, notice, name="李四", contact="li@example.cn", text="不实", evidence=upload(), ip=None
    )


@pytest.mark.parametrize(
    ("opened", "days", "closes"),
    [
        # The day itself does not count, however early it is.
        (at(date(2026, 11, 27), 0, 1), 1, date(2026, 11, 30)),
        # Spring Festival 2026: 15 to 23 February are free, Saturday the 14th is worked.
        (at(date(2026, 2, 13), 23, 59), 3, date(2026, 2, 25)),
        # Over the year's end, and over a leap day.
        (at(date(2025, 12, 31), 9), 1, date(2026, 1, 4)),
        (at(date(2028, 2, 28), 9), 2, date(2028, 3, 1)),
    ],
)
def test_the_last_day_is_counted_in_working_days(session, people, opened, days, closes):
    with travel(opened):
        made = publish(session, people.officer, subject=people.provider, title="公示", body="…", working_days=days)
    assert (made.opens_on, made.closes_on) == (day_of(opened), closes)


def test_a_notice_ends_after_its_last_day_once(session, notice):
    with travel(end_of(notice.closes_on) - timedelta(seconds=1)):
        assert done(session, notices.jobs.every_night) == 0
    with travel(end_of(notice.closes_on)):
        assert done(session, notices.jobs.every_night) == 1
        assert done(session, notices.jobs.every_night) == 0
    assert notice.state is NoticeState.CLOSED


def test_an_objection_holds_it_open_until_the_answer_ends_it(session, people, notice):
    first, second = file(session, notice), file(session, notice)
    with travel(end_of(notice.closes_on) + timedelta(days=3)):
        assert done(session, notices.jobs.every_night) == 0
        answer(session, people.officer, first, text="不成立", upheld=False)
        assert notice.state is NoticeState.OPEN
        answer(session, people.officer, second, text="不成立", upheld=False)
    assert notice.state is NoticeState.CLOSED


def test_an_answer_in_time_does_not_end_it(session, people, notice):
    answer(session, people.officer, file(session, notice), text="不成立", upheld=False)
    assert notice.state is NoticeState.OPEN


def test_objections_lie_on_the_desk_of_the_bureau_that_answers(session, people, notice):
    file(session, notice)
    (item,) = desk.waiting(session, people.officer)
    assert item.arguments == {"number": notice.number}
    assert item.due is not None
    assert end_of(notice.closes_on) - item.due == timedelta(minutes=1)
    beside = [
        people.clerk,
        make.actor(session, people.bureau, Role.INSPECTOR),
        make.actor(session, make.bureau(session, "110000"), Role.OFFICER),
    ]
    assert [desk.waiting(session, actor) for actor in beside] == [[], [], []]


def test_who_objected_is_known_to_the_authorities_of_the_region_alone(session, people, notice):
    objection = file(session, notice)
    far = make.actor(session, make.bureau(session, "110000"), Role.OFFICER)
    for actor, sees in ((None, False), (people.clerk, False), (far, False), (people.reviewer, True)):
        assert queries.may_read_objections(actor, notice) is sees
        if actor is not None:
            assert queries.may_see_evidence(session, actor, objection.id) is sees
    assert [len(files) for files in queries.evidence_of(session, notice).values()] == [1]
    other = people.provider
    assert not queries.may_see_evidence(session, people.reviewer, other.id)


def test_an_objection_belongs_to_its_notice(session, people, notice):
    objection = file(session, notice)
    beside = publish(session, people.officer, subject=people.provider, title="另一份", body="…", working_days=1)
    assert queries.objection_of(session, notice, objection.id) is objection
    with pytest.raises(NotFound):
        queries.objection_of(session, beside, objection.id)
    with pytest.raises(NotFound):
        queries.notice_by_number(session, "GS20990101-AAAAAA")
    assert queries.notices(session, state=NoticeState.CLOSED, number=1).total == 0
    assert queries.notices(session, state=None, number=1).rows[0].title == "另一份"
