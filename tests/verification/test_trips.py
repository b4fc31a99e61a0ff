"""A whole verification asks little of the server: whoever adds a question to the hot way sees it here."""

import factories as make
from claim_cases import claim
from order_cases import Scene
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from wire import statements

from foundation.unit_of_work import unit_of_work
from ledger.verification import verify as proven
from orders.models import Order, OrderState
from verification.deciding import verify


def test_a_whole_verification_is_twelve_statements_at_most(own_engine: Engine):
    """With BEGIN and COMMIT, by somebody who has verified before: checked, decided, redeemed, with steps and trail."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        claims = [claim(scene, scene.order_in(OrderState.CONFIRMED)).number for _ in range(4)]
        officer = scene.officer
    with unit_of_work(own_engine) as session:
        verify(session, officer, claims[0], note="已核对", password=make.PASSWORD)
    own_engine.dispose()
    counts = []
    for number in claims[1:]:
        with statements(own_engine) as told, unit_of_work(own_engine) as session:
            made = verify(session, officer, number, note="已核对")
        counts.append(len(told))
    with Session(own_engine) as session:
        order = session.get_one(Order, made.order_id)
        assert (order.state, order.steps[-1].event) == (OrderState.VERIFIED, "verify")
        assert proven(session).ok
    # A connection that lay idle for a second is asked first whether it is alive, which no busy house does.
    assert 6 <= min(counts) <= 12, counts
