"""The enterprise confirms what came of the service (成效确认) and rates it in five levels (好差评)."""

from sqlalchemy.orm import Session

from accounts.current import not_here
from audit.changes import change_state
from audit.trail import record
from foundation.actors import ENTERPRISE, Actor
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from orders.access import locked
from orders.deadlines import due_in
from orders.events import order_confirmed
from orders.letter import freeze
from orders.models import RATINGS, Confirmation, Order, OrderState, RecordState
from orders.records import living
from orders.states import RECORD
from orders.steps import take
from vouchers.terms import terms_of


def confirm(session: Session, actor: Actor, number: str, *, rating: int, comment: str | None = None) -> Order:
    """Confirm the result and rate it, once; records that the enterprise has not yet answered are confirmed with it.

    The letter is kept as it reads at this moment: what is renamed or amended later does not change it.
    Conflict while a record is contested: then the result is not agreed. A rating of 1 or 2 needs a word of why.
    """
    order = locked(session, actor, number)
    if actor.role not in ENTERPRISE:
        raise not_here()
    comment = (comment or "").strip() or None
    if rating not in RATINGS:
        raise BadInput(N_("选择一个评价等级"), field="rating")
    if rating <= 2 and comment is None:
        raise BadInput(N_("写明不满意的地方，服务机构须据此回复"), field="comment")
    records = living(order)
    if order.state is OrderState.DELIVERED and any(one.state is RecordState.CONTESTED for one in records):
        raise Conflict(
            N_("还有服务记录处于异议中，不能确认成效"), remedy=N_("等服务机构修改，或提出争议由主管部门处理")
        )
    take(
        session,
        actor,
        order,
        "confirm",
        note=comment,
        due_at=due_in(OrderState.CONFIRMED, terms_of(order.voucher.programme_version)),
    )
    for one in records:
        if one.state is RecordState.FILED:
            change_state(session, actor, one, RECORD, "confirm")
    confirmation = Confirmation(order=order, user_id=actor.user_id, rating=rating, comment=comment)
    session.add(confirmation)
    session.flush()
    kept = freeze(session, order)
    record(
        session,
        actor,
        "confirmation.add",
        confirmation,
        after={"rating": rating, "comment": comment, "hash": kept.content_hash},
    )
    order_confirmed.send(order)
    return order
