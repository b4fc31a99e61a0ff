"""Objections: real name, evidence, an answer, and only while the notice runs."""

from datetime import timedelta

import factories as make
import pytest
from provider_cases import People, upload

from foundation.actors import Role
from foundation.clock import end_of, travel
from foundation.errors import BadInput, Conflict, Faults, NotAllowed
from notices.objections import answer, object_to

pytestmark = pytest.mark.clock


@pytest.fixture
def people(session):
    return People(session)


@pytest.fixture
def notice(people):
    return people.on_notice()[1]


def file(session, notice, **changes):
    facts = {
        "name": "李四",
        "contact": "li@example.cn",
        "text": "人员名单不实",
        "evidence": upload(),
        "ip": "127.0.0.1",
    }
    return object_to(session, None, notice, **facts | changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"contact": ""}, "contact"),
        ({"text": ""}, "text"),
        ({"evidence": None}, "evidence"),
        ({"text": "长" * 2001}, "text"),
    ],
)
def test_what_is_missing_is_named(session, notice, changes, field):
    with pytest.raises(Faults) as refusal:
        file(session, notice, **changes)
    assert [fault.field for fault in refusal.value.faults] == [field]


def test_evidence_is_what_it_says(session, notice):
    with pytest.raises(BadInput) as refusal:
        file(session, notice, evidence=upload(b"MZ", "证据.png"))
    assert refusal.value.field == "evidence"


def test_the_last_day_counts_and_the_next_does_not(session, notice):
    with travel(end_of(notice.closes_on) - timedelta(minutes=1)):
        file(session, notice)
    with travel(end_of(notice.closes_on)), pytest.raises(Conflict):
        file(session, notice)


def test_only_the_bureau_of_the_region_answers_and_once(session, people, notice):
    objection = file(session, notice)
    for actor in (
        people.clerk,
        People(session, code="430000").officer,
        make.actor(session, people.bureau, Role.INSPECTOR),
    ):
        with pytest.raises(NotAllowed):
            answer(session, actor, objection, text="不成立", upheld=False)
    with pytest.raises(BadInput):
        answer(session, people.officer, objection, text=" ", upheld=False)
    answer(session, people.officer, objection, text="不成立", upheld=False)
    with pytest.raises(Conflict):
        answer(session, people.reviewer, objection, text="成立", upheld=True)
