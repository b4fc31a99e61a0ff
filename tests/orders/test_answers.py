"""Who may still say what about an order's agreement and records, by the order's state."""

from collections.abc import Callable
from typing import Final

import pytest
from order_cases import Scene, upload
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.errors import Conflict
from orders import agreements, delivery, docking, records
from orders.models import Order, OrderState, RecordState
from orders.progress import actions

pytestmark = pytest.mark.clock

_S = OrderState
ANSWERING: Final = {_S.CONTRACTED, _S.IN_SERVICE, _S.DELIVERED, _S.RETURNED}


@pytest.mark.parametrize("verb", ["confirm", "contest"])
@pytest.mark.parametrize("state", list(OrderState))
def test_a_record_is_answered_while_it_may_still_change(
    session: Session, scene: Scene, state: OrderState, verb: str
) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    buyer = scene.buyer(order.voucher)
    force(session, order, state)
    assert ("answer_record" in actions(buyer, order)) == (state in ANSWERING)

    def answer() -> records.ServiceRecord:
        if verb == "confirm":
            return records.confirm(session, buyer, order.number, 1)
        return records.contest(session, buyer, order.number, 1, reason="只诊断了一条产线")

    if state in ANSWERING:
        assert answer().state is (RecordState.CONFIRMED if verb == "confirm" else RecordState.CONTESTED)
        return
    with pytest.raises(Conflict, match="不能再确认或提出异议") as refusal:
        answer()
    assert refusal.value.remedy
    assert order.records[0].state is RecordState.FILED


@pytest.mark.parametrize("state", [state for state in OrderState if state is not _S.DOCKING])
def test_an_agreement_is_made_while_the_order_docks_alone(session: Session, scene: Scene, state: OrderState) -> None:
    order = scene.place()
    buyer = scene.buyer(order.voucher)
    docking.succeed(session, scene.clerk, order.number)
    number = order.number

    def file() -> object:
        return agreements.upload(
            session, scene.clerk, number, agreement_number="HT-1", signed_on=today(), file=upload()
        )

    file()
    force(session, order, state)
    verbs: list[Callable[[], object]] = [
        file,
        lambda: agreements.confirm(session, buyer, number),
        lambda: agreements.send_back(session, buyer, number, reason="缺少盖章"),
        lambda: docking.succeed(session, scene.clerk, number),
        lambda: docking.fail(session, scene.clerk, number, reason="联系不上"),
    ]
    for verb in verbs:
        with pytest.raises(Conflict):
            verb()
    shown = actions(buyer, order) | actions(scene.clerk, order)
    assert not shown & {"dock", "fail_docking", "upload_agreement", "confirm_agreement"}


@pytest.mark.parametrize("state", [state for state in OrderState if state is not _S.IN_SERVICE])
def test_a_service_is_delivered_while_it_runs_alone(session: Session, scene: Scene, state: OrderState) -> None:
    order = scene.order_in(_S.IN_SERVICE)
    force(session, order, state)
    with pytest.raises(Conflict):
        delivery.deliver(session, scene.clerk, order.number)
    assert "deliver" not in actions(scene.clerk, order)


def force(session: Session, order: Order, state: OrderState) -> None:
    """Put an order into a state that its records or agreement would not let it come to."""
    order.state = state
    session.flush()
    session.expire(order)
