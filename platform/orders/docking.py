"""Docking (对接): the provider contacts the enterprise in the order of the line and says how it went."""

from sqlalchemy.orm import Session

from accounts.current import not_here
from foundation.actors import PROVIDER, Actor
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from orders.access import find, locked
from orders.deadlines import agreement_due
from orders.ending import end
from orders.models import Order
from orders.standing import ensure_may_contract
from orders.steps import take
from vouchers.terms import terms_of


def succeed(session: Session, actor: Actor, number: str, *, note: str | None = None) -> Order:
    """Both sides have agreed to go on; from now on the agreement is due. Conflict when it was said before, and
    while the provider holds no certificate.
    """
    order = locked(session, actor, number)
    if docked(order):
        raise Conflict(N_("这份订单已经对接成功"), remedy=N_("下一步：上传服务协议"))
    ensure_may_contract(session, order)
    take(session, actor, order, "dock", note=note, due_at=agreement_due(terms_of(order.voucher.programme_version)))
    return order


def fail(session: Session, actor: Actor, number: str, *, reason: str) -> Order:
    """Docking failed: the order is void, the money goes back, and the place passes to the next in line.

    So the service plan of Xiamen of 2021-11-05 orders it; the provider's word is enough, with a reason.
    """
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明对接未成功的原因，企业会看到"), field="reason")
    order = find(session, actor, number)
    if actor.role not in PROVIDER:
        raise not_here()
    return end(session, actor, order.id, "fail_docking", reason=reason.strip())


def docked(order: Order) -> bool:
    """Whether docking has succeeded."""
    return any(step.event == "dock" for step in order.steps)
