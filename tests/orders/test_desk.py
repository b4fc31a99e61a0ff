"""What lies on a desk of orders: for an enterprise what has ended, for a bureau what one may decide."""

from datetime import timedelta

import factories as make
import pytest
from sqlalchemy import insert, select

from foundation.actors import Role
from foundation.clock import now
from foundation.identifiers import new_id
from orders import desk
from orders.models import Order, OrderState

pytestmark = pytest.mark.clock


def test_what_ended_today_is_told_however_much_ended_before(session, scene):
    order = scene.order_in_any(OrderState.VOIDED)
    session.flush()
    facts = dict(session.execute(select(Order.__table__).where(Order.id == order.id)).mappings().one())
    for number in range(120):
        old = {"id": new_id(), "number": f"DD{number}", "since": now() - timedelta(days=60)}
        session.execute(insert(Order).values(facts | old))
    told = [item.arguments["number"] for item in desk.waiting(session, scene.buyer(order.voucher))]
    assert told == [order.number]


def test_an_inspector_decides_no_dispute(session, scene):
    scene.order_in_any(OrderState.DISPUTED)
    inspector = make.actor(session, scene.bureau, Role.INSPECTOR)
    assert desk.waiting(session, inspector) == []
    assert len(desk.waiting(session, scene.officer)) == 1
