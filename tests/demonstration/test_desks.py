"""Everybody's desk in the demonstration: each task has a verb of its own, and whose turn it is stands as it should."""

from collections import Counter

import pytest
from demonstration_loaded import Loaded
from factories import actor_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, User
from foundation.database import Base
from foundation.desk import ANY
from foundation.waiting import Party, Waits, turn_of
from orders.models import Order, OrderStep
from web.desks import desk

pytestmark = pytest.mark.clock


def test_each_task_has_a_verb(told: Session, loaded: Loaded) -> None:
    tasks = set()
    for account in loaded.accounts:
        found = told.scalars(
            select(Membership).join(User, User.id == Membership.user_id).where(User.email == account.email)
        )
        for membership in found.unique():
            tasks |= {item.task for item in desk(told, actor_of(membership)).mine}
    assert len(tasks) > 12, "the demonstration shows many tasks"
    assert [task.id for task in tasks if task.verb == ANY] == []


def test_whose_turn_it_is_stands_as_the_facts_say(told: Session) -> None:
    counted: Counter[Party] = Counter()
    wrong = []
    for mapper in Base.registry.mappers:
        if not issubclass(mapper.class_, Waits):
            continue
        for thing in told.scalars(select(mapper.class_)).unique():
            turn = turn_of(thing)
            facts = (
                (turn.party, turn.holder_id, turn.task.id, turn.due_at) if turn else (Party.NOBODY, None, None, None)
            )
            stored = (thing.waits_for, thing.waits_for_id, thing.waits_task, thing.due_at)
            if stored != facts:
                wrong.append((mapper.class_.__name__, thing.id, stored, facts))
            counted[thing.waits_for] += 1
    assert wrong == []
    assert len(counted) >= 5, f"the demonstration has little that waits: {counted}"


def test_an_order_waits_since_a_step_of_its_progress(told: Session) -> None:
    """The moment is within the second of the step that gave the turn away, never before the present state began."""
    for order in told.scalars(select(Order).where(Order.waits_for != Party.NOBODY)).unique():
        assert order.waits_since is not None
        steps = told.scalars(select(OrderStep.at).where(OrderStep.order_id == order.id)).all()
        assert min(abs((order.waits_since - at).total_seconds()) for at in steps) < 2, order.number
        assert (order.since - order.waits_since).total_seconds() < 2, order.number
