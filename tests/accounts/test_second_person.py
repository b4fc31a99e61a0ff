"""What one person may not do alone: asked by one, carried out by another of the same office, once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier

import pytest
from factories import actor, actor_of, bureau, member, region
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts import second_person
from accounts.models import Organisation, Region, SecondPersonOutcome
from accounts.second_person import ask, asked_for, carry_out, decline, waiting_for_second_person
from foundation.actors import Actor, Role
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work

DEED = "programme.close"


@pytest.fixture
def office(session: Session) -> Organisation:
    return bureau(session)


@pytest.fixture
def thing(session: Session) -> Region:
    return region(session)


def test_another_person_carries_it_out(session: Session, office: Organisation, thing: Region) -> None:
    first, second = actor(session, office, Role.OFFICER), actor(session, office, Role.REVIEWER)
    ask(session, first, thing, DEED, reason="资金用完", facts={"amount": 5})
    assert [each.deed for each in waiting_for_second_person(session, second, [DEED])] == [DEED]
    assert waiting_for_second_person(session, first, [DEED]) == []
    done = carry_out(session, second, thing, DEED)
    assert (done.outcome, done.facts, done.reason) == (SecondPersonOutcome.CARRIED_OUT, {"amount": 5}, "资金用完")
    assert asked_for(session, thing, DEED) is None
    with pytest.raises(Conflict, match="没有待复核"):
        carry_out(session, second, thing, DEED)


def test_not_by_whoever_asked_nor_by_another_office(session: Session, office: Organisation, thing: Region) -> None:
    first = actor(session, office, Role.OFFICER)
    stranger = actor(session, bureau(session, "350000"), Role.REVIEWER)
    asked = ask(session, first, thing, DEED, reason="资金用完")
    for person, words in ((first, "不能自己复核"), (stranger, "提出单位")):
        with pytest.raises(NotAllowed, match=words):
            carry_out(session, person, thing, DEED)
    with pytest.raises(IntegrityError, match="ck_second_person_requests_two_people"), session.begin_nested():
        session.execute(
            text("UPDATE second_person_requests SET outcome = 'carried_out', decided_by_id = :id"),
            {"id": first.user_id},
        )
    session.refresh(asked)
    assert asked.outcome is None


def test_asked_once_with_a_reason(session: Session, office: Organisation, thing: Region) -> None:
    first, second = actor(session, office, Role.OFFICER), actor(session, office, Role.REVIEWER)
    with pytest.raises(BadInput) as refusal:
        ask(session, first, thing, DEED, reason=" ")
    assert refusal.value.field == "reason"
    ask(session, first, thing, DEED, reason="资金用完")
    with pytest.raises(Conflict, match="已提请复核"):
        ask(session, second, thing, DEED, reason="资金用完")


@pytest.mark.parametrize(("own", "outcome"), [(True, "withdrawn"), (False, "declined")])
def test_taken_back_or_declined(session: Session, office: Organisation, thing: Region, own: bool, outcome: str) -> None:
    first, second = actor(session, office, Role.OFFICER), actor(session, office, Role.REVIEWER)
    ask(session, first, thing, DEED, reason="资金用完")
    assert decline(session, first if own else second, thing, DEED, reason="还有资金").outcome == outcome
    ask(session, first, thing, DEED, reason="资金用完")


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_two_at_once_carry_it_out_once(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """Without the lock both go through: that shows that the race is a real one."""
    with unit_of_work(own_engine) as session:
        office, thing = bureau(session), region(session)
        ask(session, actor(session, office, Role.OFFICER), thing, DEED, reason="资金用完")
        people = [actor_of(member(session, office, Role.REVIEWER)) for _ in range(2)]
        thing_id = thing.id
    barrier = Barrier(2)
    # Both have found it open; without the lock also after reading it again, however long either takes.
    reading = "asked_for" if locked else "lock_row"
    read = getattr(second_person, reading)

    def meet(*asked: object) -> object:
        request = read(*asked)
        barrier.wait(10)
        return request

    monkeypatch.setattr(second_person, reading, meet)

    def attempt(person: Actor) -> bool:
        with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
            try:
                carry_out(session, person, session.get_one(Region, thing_id), DEED)
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(attempt, people))
    assert sum(done) == (1 if locked else 2)
