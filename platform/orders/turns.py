"""Whose turn an order is: by its state, in docking by the agreement, and while a record is contested by that."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns
from orders.models import Agreement, Order, OrderState, OrderStep, RecordState, ServiceRecord

_S = OrderState

IN_LINE: Final = task("orders.in_line", N_("排队等候名额"))
DOCK: Final = task("orders.dock", N_("联系企业对接"), N_("联系"))
UPLOAD_AGREEMENT: Final = task("orders.upload_agreement", N_("上传服务协议"), N_("上传"))
CONFIRM_AGREEMENT: Final = task("orders.confirm_agreement", N_("确认服务协议"), N_("确认"))
FIRST_RECORD: Final = task("orders.first_record", N_("提交第一条服务记录"), N_("提交"))
DELIVER: Final = task("orders.deliver", N_("提交服务记录，完成后标记交付"), N_("提交"))
AMEND_RECORD: Final = task("orders.amend_record", N_("修改有异议的服务记录"), N_("修改"))
CONFIRM: Final = task("orders.confirm", N_("确认成效并评价"), N_("确认"))
CLAIM: Final = task("orders.claim", N_("申请核销"), N_("申请"))
VERIFY: Final = task("orders.verify", N_("审核核销申请"))
CORRECT: Final = task("orders.correct", N_("补正后再次提交"))
SETTLE: Final = task("orders.settle", N_("列入结算"))
DECIDE: Final = task("orders.decide", N_("处理争议"), N_("裁定"))

TURNS: Final[Mapping[OrderState, tuple[Party, Task] | None]] = {
    _S.PLACED: (Party.CLOCK, IN_LINE),
    _S.DOCKING: (Party.PROVIDER, DOCK),
    _S.CONTRACTED: (Party.PROVIDER, FIRST_RECORD),
    _S.IN_SERVICE: (Party.PROVIDER, DELIVER),
    _S.DELIVERED: (Party.ENTERPRISE, CONFIRM),
    _S.CONFIRMED: (Party.PROVIDER, CLAIM),
    _S.CLAIMED: (Party.BUREAU, VERIFY),
    _S.RETURNED: (Party.PROVIDER, CORRECT),
    _S.VERIFIED: (Party.BUREAU, SETTLE),
    _S.DISPUTED: (Party.BUREAU, DECIDE),
    _S.SETTLED: None,
    _S.VOIDED: None,
    _S.CANCELLED: None,
}
"""Who has to do what in each state, where nothing beside the state says otherwise (``_beside``); None: nobody."""

FILING: Final = frozenset({_S.CONTRACTED, _S.IN_SERVICE})
AMENDING: Final = FILING | {_S.DELIVERED, _S.RETURNED}
"""Where a record may still change: the provider amends it, and the enterprise answers it."""


def turn_of(order: Order) -> Turn | None:
    """Whose turn it is by the order's state, steps, agreement and records."""
    found = _beside(order) or TURNS[order.state]
    if found is None:
        return None
    party, what = found
    return Turn(party, what, _holder(order, party), order.due_at)


def _beside(order: Order) -> tuple[Party, Task] | None:
    if order.state is _S.DOCKING:
        if order.agreement is not None and order.agreement.provider_confirmed_at is not None:
            return Party.ENTERPRISE, CONFIRM_AGREEMENT
        if order.agreement is not None or any(step.event == "dock" for step in order.steps):
            return Party.PROVIDER, UPLOAD_AGREEMENT
    if order.state in AMENDING and any(record.state is RecordState.CONTESTED for record in order.records):
        return Party.PROVIDER, AMEND_RECORD
    return None


def _holder(order: Order, party: Party) -> UUID | None:
    if party is Party.BUREAU:
        return order.programme.bureau_id
    return {Party.ENTERPRISE: order.enterprise_id, Party.PROVIDER: order.provider_id}.get(party)


def _order_of(_session: Session, row: OrderStep | Agreement | ServiceRecord) -> Iterable[Order]:
    return [row.order]


turns(Order, turn_of, {OrderStep: _order_of, Agreement: _order_of, ServiceRecord: _order_of})
