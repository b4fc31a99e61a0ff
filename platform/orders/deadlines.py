"""When the present step of an order is due, by the programme's terms."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from foundation.clock import add_working_days, day_of, end_of, today
from foundation.i18n import N_
from orders.models import Order, OrderState
from vouchers.terms import Terms


def due_in(state: OrderState, terms: Terms) -> datetime | None:
    """The deadline of ``state`` when it begins today; None where no step is due.

    Docking ends with the contract window at the latest, because an agreement after it would count nothing.
    """
    day = today()
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


def agreement_due(terms: Terms) -> datetime:
    """When both sides must have confirmed the agreement, after docking succeeded today."""
    return min(_end(terms.contracts_to), _end(add_working_days(today(), terms.agreement_working_days)))


def filed_late(delivered_on: date, filed_on: date, terms: Terms) -> bool:
    """Whether a service record came after the programme's interval for records."""
    return filed_on > delivered_on + timedelta(days=terms.record_calendar_days)


def last_day(order: Order) -> date | None:
    """The day of the deadline, as people read it."""
    return None if order.due_at is None else day_of(order.due_at)


def _end(day: date) -> datetime:
    """The last second of a day: the deadline is that day wherever it is shown."""
    return end_of(day) - timedelta(seconds=1)


AFTERWARDS: Final[Mapping[OrderState, str]] = {
    OrderState.PLACED: N_("到期仍未取得名额的，订单作废，占用金额退回服务券"),
    OrderState.DOCKING: N_("逾期未完成的，订单作废，占用金额退回服务券，名额给下一顺位企业"),
    OrderState.CONTRACTED: N_("逾期提交的服务记录会标明逾期"),
    OrderState.IN_SERVICE: N_("逾期提交的服务记录会标明逾期"),
    OrderState.DELIVERED: N_("逾期未确认的，主管部门会提醒企业"),
    OrderState.CONFIRMED: N_("逾期未申请核销的，主管部门会提醒服务机构"),
    OrderState.CLAIMED: N_("逾期未审核的，会显示在主管部门的待办首位"),
    OrderState.RETURNED: N_("逾期未补正的，核销申请作废，占用金额退回服务券"),
    OrderState.DISPUTED: N_("逾期未处理的，会显示在主管部门的待办首位"),
}
"""What happens after the deadline of each state."""
