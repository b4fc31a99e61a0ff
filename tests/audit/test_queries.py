"""Reading the trail: whose deeds, which words, and days as they are in China."""

from dataclasses import replace
from datetime import date

import factories
import pytest
from sqlalchemy import select

from accounts.models import Organisation
from audit.queries import events, history
from audit.trail import record
from foundation.actors import Role
from foundation.clock import at, end_of, travel

pytestmark = pytest.mark.clock

DAY = date(2028, 2, 29)


@pytest.fixture
def officer(session):
    return replace(factories.actor(session, factories.bureau(session), Role.OFFICER), name="李100%")


@pytest.fixture
def own(officer):
    return select(Organisation.id).where(Organisation.id == officer.organisation_id)


def told(page):
    return [event.action for event in page.rows]


def test_only_deeds_of_these_organisations_newest_first(session, officer, own):
    stranger = factories.actor(session, factories.bureau(session, "110000"), Role.OFFICER)
    for actor, action in ((officer, "batch.draft"), (stranger, "batch.draft"), (officer, "batch.review")):
        record(session, actor, action, None)
        session.flush()
    assert told(events(session, own)) == ["batch.review", "batch.draft"]
    assert told(events(session, own, action="batch.r")) == ["batch.review"]


@pytest.mark.parametrize(("words", "found"), [("100%", 1), ("退回", 1), ("工业", 1), ("1%0", 0), ("_", 0)])
def test_words_are_meant_as_they_stand(session, officer, own, words, found):
    record(session, officer, "batch.send_back", None, note="退回：期间不对")
    session.flush()
    assert events(session, own, words=words).total == found


def test_a_day_is_a_day_in_china(session, officer, own):
    """From its first moment to its last: in UTC these are two days."""
    moments = {
        "test.before": at(DAY, 0).replace(microsecond=0),
        "test.last": end_of(DAY),
    }
    with travel(moments["test.before"]):
        record(session, officer, "test.first", None)
        session.flush()
    with travel(moments["test.last"]):
        record(session, officer, "test.next", None)
        session.flush()
    assert told(events(session, own, first=DAY, last=DAY)) == ["test.first"]
    assert told(events(session, own, first=DAY)) == ["test.next", "test.first"]
    assert told(events(session, own, last=date(2028, 2, 28))) == []


def test_the_history_of_a_thing_is_its_own(session, officer):
    one, other = factories.enterprise(session), factories.enterprise(session)
    for subject in (one, other, one):
        record(session, officer, "test.touch", subject)
        session.flush()
    assert [event.subject_id for event in history(session, one)] == [one.id, one.id]
    assert len(history(session, one, other)) == 3
    assert history(session) == []
