"""A provider whose certificate is suspended or gone makes no new agreements; what is under agreement goes on."""

from typing import Final

from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.errors import Conflict
from foundation.i18n import N_
from orders.models import Order, OrderState
from providers.certification import is_certified

BEFORE_AGREEMENT: Final = frozenset({OrderState.PLACED, OrderState.DOCKING})
STOPPED: Final = N_("服务机构今天没有有效的示范平台认定（已暂停、撤销或到期），不能对接和签订新的服务协议")
WAY_OUT: Final = N_("恢复认定后可以继续，期限不顺延；企业也可以取消订单另选服务，占用金额全部退回服务券")


def may_contract(session: Session, order: Order) -> bool:
    """Whether the order's provider may make the agreement today; always True once there is one that binds."""
    return order.state not in BEFORE_AGREEMENT or is_certified(session, order.provider_id, today())


def ensure_may_contract(session: Session, order: Order) -> None:
    """Conflict while the provider's certificate is suspended, revoked or over."""
    if not may_contract(session, order):
        raise Conflict(STOPPED, remedy=WAY_OUT)
