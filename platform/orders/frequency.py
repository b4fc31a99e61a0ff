"""How often an enterprise may order an offering (服务频次): what the provider announced is held when somebody orders."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import ENTERPRISE, Actor
from foundation.clock import at, today
from foundation.errors import BadInput
from foundation.i18n import N_
from orders.models import Order
from orders.states import ENDED
from providers.models import OfferingVersion, OrdersPeriod

RULE = N_("服务机构公布、主管部门审定的服务频次")


def key_of_frequency(enterprise_id: UUID, offered: OfferingVersion) -> tuple[str, str]:
    """To be locked: an enterprise may pay for an offering with vouchers of several programmes at once."""
    return "order-frequency", f"{offered.offering_id}:{enterprise_id}"


def counted(session: Session, enterprise_id: UUID, offered: OfferingVersion) -> Sequence[Order]:
    """The enterprise's orders that count against the limit, newest first: one that ended gives its turn back."""
    query = select(Order).where(
        Order.enterprise_id == enterprise_id,
        Order.offering_id == offered.offering_id,
        Order.state.not_in(ENDED),
    )
    if offered.orders_period is OrdersPeriod.YEAR:
        query = query.where(Order.placed_at >= at(today().replace(month=1, day=1), 0))
    return session.scalars(query.order_by(Order.placed_at.desc(), Order.id)).all()


def used_up(session: Session, actor: Actor | None, offered: OfferingVersion) -> Sequence[Order]:
    """The orders with which the actor's enterprise has used up the limit; empty while it may still order."""
    if offered.orders_per_enterprise is None or actor is None or actor.role not in ENTERPRISE:
        return []
    if actor.organisation_id is None:
        return []
    found = counted(session, actor.organisation_id, offered)
    return found if len(found) >= offered.orders_per_enterprise else []


def refusal(session: Session, enterprise_id: UUID, offered: OfferingVersion) -> BadInput | None:
    """Why the enterprise may not order once more, or None. Under the lock of ``key_of_frequency``."""
    most = offered.orders_per_enterprise
    if most is None:
        return None
    found = counted(session, enterprise_id, offered)
    if len(found) < most:
        return None
    yearly = offered.orders_period is OrdersPeriod.YEAR
    return BadInput(
        N_("这项服务每家企业每年限用券下单 %(most)s 次，贵单位今年已下单 %(count)s 次（%(numbers)s）")
        if yearly
        else N_("这项服务每家企业限用券下单 %(most)s 次，贵单位已下单 %(count)s 次（%(numbers)s）"),
        field="voucher",
        rule=RULE,
        remedy=N_("已有的订单取消或作废后可以再下单；也可以选择其他服务，或不用券直接与服务机构联系"),
        most=most,
        count=len(found),
        numbers="、".join(one.number for one in found[:3]),
    )
