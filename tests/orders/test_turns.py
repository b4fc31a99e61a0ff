"""Whose turn an order is: written with every step, found by desks in SQL, however much else there is."""

from datetime import timedelta

import factories as make
import pytest
from order_cases import upload
from sqlalchemy import insert, select, text

from accounts import delegation
from foundation.actors import Role
from foundation.clock import now, stopped, today
from foundation.desk import SHOWN
from foundation.identifiers import new_id
from foundation.waiting import Party, turn_of
from orders import agreements, desk, docking, ending, records, turns
from orders.desk_queries import in_turn
from orders.models import Order, OrderState
from orders.progress import actions
from orders.turns import TURNS

pytestmark = pytest.mark.clock

_S = OrderState


def stored(order: Order) -> tuple[object, ...]:
    return order.waits_for, order.waits_for_id, order.waits_task, order.due_at


def by_facts(order: Order) -> tuple[object, ...]:
    turn = turn_of(order)
    return (turn.party, turn.holder_id, turn.task.id, turn.due_at) if turn else (Party.NOBODY, None, None, None)


def test_every_state_says_whose_turn_it_is() -> None:
    assert set(TURNS) == set(_S)
    assert {state for state, turn in TURNS.items() if turn is None} == {_S.SETTLED, _S.VOIDED, _S.CANCELLED}


REACHED = sorted(set(_S) - {_S.VERIFIED, _S.SETTLED, _S.RETURNED})


@pytest.mark.parametrize("state", REACHED)
def test_each_state_is_stored_as_the_facts_say(session, scene, state) -> None:
    order = scene.order_in_any(state)
    session.flush()
    session.expire_all()
    assert stored(order) == by_facts(order)
    turn = TURNS[state]
    assert order.waits_for is (turn[0] if turn and state is not _S.DOCKING else order.waits_for)
    assert (order.waits_since is None) is (turn is None)


def test_in_docking_each_verb_gives_the_turn_on(session, scene) -> None:
    order = scene.place()
    buyer = scene.buyer(order.voucher)
    start, seen = now(), []

    def note(hours: int) -> None:
        session.expire_all()
        assert stored(order) == by_facts(order)
        assert order.waits_since == start + timedelta(hours=hours)
        seen.append((order.waits_for, order.waits_task))

    with stopped(start + timedelta(hours=1)):
        docking.succeed(session, scene.clerk, order.number)
        note(1)
    with stopped(start + timedelta(hours=2)):
        _upload(session, scene, order)
        note(2)
        # Whoever looks in between, or replaces the file, gives nothing on.
    with stopped(start + timedelta(hours=3)):
        _upload(session, scene, order)
        note(2)
    with stopped(start + timedelta(hours=4)):
        agreements.send_back(session, buyer, order.number, reason="少盖一个章")
        note(4)
    assert seen == [
        (Party.PROVIDER, turns.UPLOAD_AGREEMENT.id),
        (Party.ENTERPRISE, turns.CONFIRM_AGREEMENT.id),
        (Party.ENTERPRISE, turns.CONFIRM_AGREEMENT.id),
        (Party.PROVIDER, turns.UPLOAD_AGREEMENT.id),
    ]


def _upload(session, scene, order: Order) -> None:
    agreements.upload(session, scene.clerk, order.number, agreement_number="XY-1", signed_on=today(), file=upload())


def test_a_contested_record_gives_the_turn_back_until_it_is_amended(session, scene) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    buyer = scene.buyer(order.voucher)
    assert order.waits_task == turns.DELIVER.id
    records.contest(session, buyer, order.number, 1, reason="没有来过")
    assert (order.waits_for, order.waits_task) == (Party.PROVIDER, turns.AMEND_RECORD.id)
    assert [item.task for item in desk.waiting(session, scene.clerk)] == [turns.AMEND_RECORD]
    records.file(session, scene.clerk, order.number, facts=scene.facts(), amends=1)
    assert order.waits_task == turns.DELIVER.id


def test_buttons_follow_the_task(session, scene) -> None:
    order = scene.place()
    assert "dock" in actions(scene.clerk, order)
    docking.succeed(session, scene.clerk, order.number)
    assert "dock" not in actions(scene.clerk, order)
    buyer = scene.buyer(order.voucher)
    assert "confirm_agreement" not in actions(buyer, order)
    _upload(session, scene, order)
    assert "confirm_agreement" in actions(buyer, order)


def _copies(session, order: Order, count: int, **changes: object) -> None:
    session.flush()
    facts = dict(session.execute(select(Order.__table__).where(Order.id == order.id)).mappings().one())
    rows = [facts | {"id": new_id(), "number": f"DD{changes.get('kind', '')}{n}"} for n in range(count)]
    changes.pop("kind", None)
    session.execute(insert(Order), [row | changes for row in rows])


def test_a_hundred_older_orders_of_others_hide_nothing(session, scene) -> None:
    theirs = scene.order_in(_S.DELIVERED)
    _copies(session, theirs, 100, waits_since=now() - timedelta(days=90), since=now() - timedelta(days=90))
    mine = scene.order_in(_S.CONTRACTED)
    found = desk.waiting(session, scene.clerk)
    assert ([item.arguments["number"] for item in found], found.total) == ([mine.number], 1)
    others = desk.others(session, scene.clerk)
    assert (len(others), others.total) == (SHOWN, 101)


def test_of_more_than_thirty_the_oldest_is_first_and_all_are_counted(session, scene) -> None:
    newer = scene.order_in(_S.CONTRACTED)
    _copies(session, newer, 33)
    oldest = scene.order_in(_S.CONTRACTED)
    oldest.due_at = now() - timedelta(days=40)
    session.flush()
    found = desk.waiting(session, scene.clerk)
    assert (len(found), found.total) == (SHOWN, 35)
    assert found[0].arguments["number"] == oldest.number
    assert len(desk.waiting(session, scene.clerk, 100)) == 35


def test_a_desk_reads_its_first_page_by_the_index(session, scene) -> None:
    order = scene.order_in(_S.CONTRACTED)
    for kind in range(3):
        _copies(session, order, 700, kind=kind, waits_for_id=make.provider(session).id)
    session.execute(text("ANALYZE orders"))
    query = (
        "EXPLAIN SELECT id FROM orders WHERE waits_for_id = :own AND waits_for = 'provider'"
        " ORDER BY coalesce(due_at, waits_since), id LIMIT 20"
    )
    plan = "\n".join(session.scalars(text(query), {"own": scene.provider.id}))
    assert "ix_orders_waits" in plan
    assert "Sort" not in plan, "the index gives the order as well"
    others = (
        "EXPLAIN SELECT id FROM orders WHERE provider_id = :own AND waits_for <> 'nobody' ORDER BY waits_since LIMIT 20"
    )
    assert "ix_orders_" in "\n".join(session.scalars(text(others), {"own": scene.provider.id}))


def test_a_bureau_has_what_was_lent_to_it(session, scene) -> None:
    order = scene.order_in_any(_S.DISPUTED)
    above = make.bureau(session, "350000")
    reviewer = make.actor(session, above, Role.REVIEWER)
    assert in_turn(session, reviewer, Party.BUREAU, (_S.DISPUTED,), 20).total == 0
    delegation.give(
        session,
        scene.reviewer,
        to_bureau_id=above.id,
        programme_id=scene.programme.id,
        valid_from=today(),
        valid_to=today(),
        reason="人手不足",
    )
    assert [one.id for one in in_turn(session, reviewer, Party.BUREAU, (_S.DISPUTED,), 20).rows] == [order.id]
    ending.decide(session, scene.officer, order.number, resume=True, reason="双方已说好继续")
    assert order.waits_for is Party.PROVIDER
