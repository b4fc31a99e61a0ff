"""The exits of an order: at each the held money goes back exactly once, and the place passes to the next in line."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from accounts.current import not_here
from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, SYSTEM, Actor
from foundation.clock import day_of, now
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from orders.access import find, locked, locked_with_money
from orders.deadlines import due_in, stalled
from orders.line import move_up
from orders.models import Order, OrderState
from orders.states import ENDED, ORDER, STALLING
from orders.steps import take
from vouchers.duties import judges
from vouchers.redemption import release
from vouchers.terms import terms_of

Instead = Callable[[Session, Actor, Order, str], bool]
"""What an upper room does with a locked order that lies still, where it cannot just end; False: let it end."""

_instead: Final[list[Instead]] = []


def instead_of_ending(deed: Instead) -> Instead:
    """Ask this room first before an order that both sides left lying is ended: a part of it may be redeemed."""
    _instead.append(deed)
    return deed


def end(session: Session, actor: Actor, order_id: UUID, event: str, *, reason: str) -> Order:
    """End an order by an event of ``states.ORDER`` that leads out (fail_docking, cancel, lapse, reject, end, end_stalled).

    Locks voucher, line and order, checks the state after locking, gives the held money back and moves the line up.
    Raises Conflict when the order has moved on: whoever comes second changes nothing.
    """
    return _end(session, actor, locked_with_money(session, order_id), event, reason)


def lapse(session: Session, order_id: UUID, reasons: Mapping[OrderState, str]) -> bool:
    """End an order that is overdue in a state of ``reasons``; False when it is not, or not any more.

    State and deadline are looked at under the lock: a person may have taken the step while the clock waited for it.
    """
    order = locked_with_money(session, order_id)
    if order.state not in reasons or order.due_at is None or order.due_at >= now():
        return False
    _end(session, SYSTEM, order, "lapse", reasons[order.state])
    return True


def _end(session: Session, actor: Actor, order: Order, event: str, reason: str) -> Order:
    transition = ORDER.transitions.get((order.state, event))
    if transition is not None and transition.to not in ENDED:
        raise ValueError(f"{event} does not end an order")
    take(session, actor, order, event, note=reason)
    order.ended_reason = reason
    release(session, actor, voucher_id=order.voucher_id, order_id=order.id, transfer_id=uuid5(order.id, "release"))
    move_up(session, order.programme_id, order.offering_id)
    return order


def cancel(session: Session, actor: Actor, number: str, *, reason: str) -> Order:
    """Either side walks away before service has begun; afterwards the bureau decides a dispute."""
    return end(session, actor, _party(session, actor, number).id, "cancel", reason=_said(reason))


def dispute(session: Session, actor: Actor, number: str, *, reason: str) -> Order:
    """Either side asks the bureau to decide; the money stays held until then."""
    reason = _said(reason)
    _party(session, actor, number)
    order = locked(session, actor, number)
    before = order.state
    terms = terms_of(order.voucher.programme_version)
    take(session, actor, order, "dispute", note=reason, due_at=due_in(OrderState.DISPUTED, terms))
    order.state_before_dispute = before.value
    session.flush()
    return order


def end_stalled(session: Session, actor: Actor, number: str, *, reason: str) -> Order:
    """The bureau ends an order that both sides left lying for the term of the order's own programme version.

    The held money goes back to the voucher, or to the pool once the voucher has expired. Conflict while the term runs,
    looked at under the lock: a step that either side takes first goes before. The bureau's person takes the duty of
    judging eligibility.
    """
    reason = _said(reason)
    order = find(session, actor, number)
    if actor.role not in BUREAU:
        raise not_here()
    order = locked_with_money(session, order.id)
    actor = judges(session, actor, order.programme)
    if (order.state, "end_stalled") in ORDER.transitions and not stalled(order):
        raise Conflict(
            N_("双方仍在期限之内，%(day)s 以后没有新的进展才能终止"),
            remedy=N_("可以联系双方推进；有争议的，由任一方提出争议后处理"),
            day="" if order.stalled_at is None else day_of(order.stalled_at).isoformat(),
        )
    if order.state in STALLING and any(deed(session, actor, order, reason) for deed in _instead):
        return order
    return end(session, actor, order.id, "end_stalled", reason=reason)


def decide(session: Session, actor: Actor, number: str, *, resume: bool, reason: str) -> Order:
    """The bureau's decision of a dispute: the order goes on where it stood, or it ends and the money goes back."""
    reason = _said(reason)
    order = find(session, actor, number)
    if actor.role not in BUREAU:
        raise not_here()
    # Locked first: everywhere a duty is noted after the locks of what it is about.
    order = locked_with_money(session, order.id)
    actor = judges(session, actor, order.programme)
    if not resume:
        return end(session, actor, order.id, "end", reason=reason)
    if order.state is not OrderState.DISPUTED or order.state_before_dispute is None:
        raise Conflict(N_("这份订单没有待处理的争议"), remedy=N_("刷新页面查看最新进度"))
    before = OrderState(order.state_before_dispute)
    terms = terms_of(order.voucher.programme_version)
    take(session, actor, order, f"resume_{before.value}", note=reason, due_at=due_in(before, terms))
    order.state_before_dispute = None
    session.flush()
    return order


def _party(session: Session, actor: Actor, number: str) -> Order:
    order = find(session, actor, number)
    if actor.role not in ENTERPRISE | PROVIDER:
        raise not_here()
    return order


def _said(reason: str) -> str:
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明原因，对方和主管部门都会看到"), field="reason")
    return reason.strip()
