"""When the present step of an order is due, by the programme's terms."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from foundation.clock import add_working_days, day_of, end_of, now, today, working_days_between
from foundation.i18n import N_
from orders.models import Order, OrderState
from orders.states import STALLING
from vouchers.terms import Terms, terms_of

IN_WORKING_DAYS: Final = frozenset(
    {
        OrderState.DOCKING,
        OrderState.DELIVERED,
        OrderState.CONFIRMED,
        OrderState.CLAIMED,
        OrderState.RETURNED,
        OrderState.DISPUTED,
    }
)
"""States whose deadline is counted in working days."""

WARNING_WORKING_DAYS: Final = 10


def due_in(state: OrderState, terms: Terms, *, begun: date | None = None) -> datetime | None:
    """The deadline of ``state`` when it begins today (or has ``begun`` on another day); None where no step is due.

    Docking ends with the contract window at the latest, because an agreement after it would count nothing.
    """
    day = begun or today()
    last = _end(terms.contracts_to)
    working = {
        OrderState.CONFIRMED: terms.claim_working_days,
        OrderState.DELIVERED: terms.confirmation_working_days,
        OrderState.CLAIMED: terms.verification_working_days,
        OrderState.RETURNED: terms.correction_working_days,
        OrderState.DISPUTED: terms.verification_working_days,
    }
    if state is OrderState.PLACED:
        return last
    if state is OrderState.DOCKING:
        return min(last, _end(add_working_days(day, terms.docking_working_days)))
    if state in {OrderState.CONTRACTED, OrderState.IN_SERVICE}:
        return _end(day + timedelta(days=terms.record_calendar_days))
    return _end(add_working_days(day, working[state])) if state in working else None


def agreement_due(terms: Terms, *, docked: date | None = None) -> datetime:
    """When both sides must have confirmed the agreement, after docking succeeded today (or on the day ``docked``)."""
    return min(_end(terms.contracts_to), _end(add_working_days(docked or today(), terms.agreement_working_days)))


def counted_again(order: Order) -> datetime | None:
    """The deadline of the order's present step by the present calendar, never before the one that stands; reads its steps.

    It runs since the step that led here, ``order.since``; docking that has succeeded waits for the agreement.
    """
    if order.due_at is None or order.state not in IN_WORKING_DAYS:
        return order.due_at
    terms, begun = terms_of(order.voucher.programme_version), day_of(order.since)
    if order.state is OrderState.DOCKING and any(step.event == "dock" for step in order.steps):
        due = agreement_due(terms, docked=begun)
    else:
        due = due_in(order.state, terms, begun=begun) or order.due_at
    return max(order.due_at, due)


def stalls(order: Order, terms: Terms) -> datetime | None:
    """When an order counts as left lying if nobody takes a step after today's; None where a clock or the bureau acts.

    Never before the present step itself is due.
    """
    if order.state not in STALLING:
        return None
    term = _end(add_working_days(today(), terms.passive_working_days))
    return term if order.due_at is None else max(term, order.due_at)


def stalls_again(order: Order, due_at: datetime | None) -> datetime | None:
    """When the order counts as left lying by the present calendar, never before the day that stands nor before ``due_at``."""
    if order.stalled_at is None:
        return None
    terms = terms_of(order.voucher.programme_version)
    term = _end(add_working_days(day_of(order.steps[-1].at), terms.passive_working_days))
    return max(order.stalled_at, term, due_at or term)


def stalled(order: Order) -> bool:
    """Whether both sides have left the order lying for longer than its terms allow."""
    return order.stalled_at is not None and order.stalled_at < now()


def warned(order: Order) -> bool:
    """Whether both sides are told that the order may be ended: the step is late, or the term is near."""
    if order.state not in STALLING or order.stalled_at is None:
        return False
    late = order.due_at is not None and order.due_at < now()
    return late or working_days_between(today(), day_of(order.stalled_at)) <= WARNING_WORKING_DAYS


def filed_late(delivered_on: date, filed_on: date, terms: Terms) -> bool:
    """Whether a service record came after the programme's interval for records."""
    return filed_on > delivered_on + timedelta(days=terms.record_calendar_days)


def last_day(order: Order) -> date | None:
    """The day of the deadline, as people read it."""
    return None if order.due_at is None else day_of(order.due_at)


def until(day: date) -> datetime:
    """The moment of a deadline whose day is known: its last second."""
    return _end(day)


def _end(day: date) -> datetime:
    """The last second of a day: the deadline is that day wherever it is shown."""
    return end_of(day) - timedelta(seconds=1)


AFTERWARDS: Final[Mapping[OrderState, str]] = {
    OrderState.PLACED: N_("到期仍未取得名额的，订单作废，占用金额退回服务券"),
    OrderState.DOCKING: N_("逾期未完成的，订单作废，占用金额退回服务券，名额给下一顺位企业"),
    OrderState.CONTRACTED: N_("逾期提交的服务记录会标明逾期；双方长期没有进展的，主管部门可以终止订单，占用金额退回"),
    OrderState.IN_SERVICE: N_("逾期提交的服务记录会标明逾期；双方长期没有进展的，主管部门可以终止订单，占用金额退回"),
    OrderState.DELIVERED: N_("逾期未确认且双方长期没有进展的，主管部门可以终止订单，占用金额退回"),
    OrderState.CONFIRMED: N_("逾期未申请核销且长期没有进展的，主管部门可以终止订单，占用金额退回"),
    OrderState.CLAIMED: N_("逾期未审核的，会显示在主管部门的待办首位"),
    OrderState.RETURNED: N_("逾期未补正的，核销申请作废，占用金额退回服务券"),
    OrderState.DISPUTED: N_("逾期未处理的，会显示在主管部门的待办首位"),
}
"""What happens after the deadline of each state."""
