"""What orders put on a desk."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying, Task, task, task_called
from foundation.i18n import N_
from foundation.pages import Page
from foundation.waiting import Party
from orders.deadlines import warned
from orders.desk_queries import ended_lately, held_by_others, in_turn, left_lying
from orders.models import Order, OrderState
from orders.progress import side_of, turn
from orders.queries import count
from orders.states import REVIEW

_S = OrderState

# From CONFIRMED on the redemption claim is what waits, and verification puts it on the desks.
BEFORE_CLAIM: Final = (_S.PLACED, _S.DOCKING, _S.CONTRACTED, _S.IN_SERVICE, _S.DELIVERED, _S.DISPUTED)
UNDER_WAY: Final = (*BEFORE_CLAIM, _S.CONFIRMED, _S.CLAIMED, _S.RETURNED)

# Where one form is all that is to be done, the desk opens it; elsewhere the case, which has the choice.
_FORMS: Final = {_S.CONTRACTED: "orders.new_record", _S.DELIVERED: "orders.confirm"}

_IN_LINE: Final = N_("有名额空出时自动轮到")
_ENDED: Final = task("orders.ended", N_("订单已终止，占用金额已退回"), N_("查看"))
_LYING: Final = task("orders.left_lying", N_("处理长期未推进的订单"), N_("处理"))
_HELD: Final = N_("双方没有进展，占用的金额一直不能使用")
_WARNING: Final = N_("再没有进展，主管部门可以终止订单并退回占用金额")
_BLOCKS: Final = {
    _S.DOCKING: N_("完成前占用的金额不能用于其他订单"),
    _S.CONTRACTED: N_("没有记录的服务不能核销"),
    _S.IN_SERVICE: N_("标记交付后企业才能确认成效"),
    _S.DELIVERED: N_("确认后服务机构才能申请核销"),
    _S.DISPUTED: N_("处理完毕前订单和占用的金额都停在这里"),
}


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """Orders whose turn is this person's, and for enterprises what has ended these days."""
    side = side_of(actor)
    if side is None or actor.role is Role.INSPECTOR:
        # Disputes are all that the bureau has here, and an inspector decides none.
        return Lying()
    states = (_S.DISPUTED,) if side is Party.BUREAU else BEFORE_CLAIM
    mine = in_turn(session, actor, side, states, most)
    lying = _items(mine, lambda order: _item(actor, order, None, _blocks(order), mine=True))
    if actor.role in REVIEW:
        left = left_lying(session, actor, most)
        lying = lying.plus(_items(left, lambda order: _item(actor, order, _LYING, _HELD, due=order.stalled_at)))
    if side is Party.ENTERPRISE:
        # An order that ended frees money: the enterprise can order something else with it.
        ended = ended_lately(session, actor, most)
        lying = lying.plus(_items(ended, lambda order: _item(actor, order, _ENDED, N_("可以用退回的余额另选服务"))))
    return lying


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """Orders of the person's organisation that somebody else holds, with who."""
    side = side_of(actor)
    if side is None or actor.role not in ENTERPRISE | PROVIDER:
        return Lying()
    # An enterprise sees on its desk who has its order up to the redemption; the provider's claims lie there anyway.
    states = UNDER_WAY if actor.role in ENTERPRISE else BEFORE_CLAIM
    held = held_by_others(session, actor, side, states, most)
    return _items(held, lambda order: _item(actor, order, None, None, holder=_holder(order)))


def figures(session: Session, actor: Actor) -> list[Figure]:
    """How many orders are under way."""
    if actor.role not in ENTERPRISE | PROVIDER | BUREAU | {Role.AUDITOR}:
        return []
    return [Figure(label=N_("进行中的订单"), endpoint="orders.index", count=count(session, actor, UNDER_WAY))]


def _items(found: Page[Order], item: Callable[[Order], DeskItem]) -> Lying:
    return Lying(map(item, found.rows), found.total)


def _holder(order: Order) -> str | None:
    if order.waits_for is Party.CLOCK:
        return _IN_LINE
    held = turn(order)
    return held.holder if held else None


def _blocks(order: Order) -> str | None:
    return _WARNING if warned(order) else _BLOCKS.get(order.state)


def _item(
    actor: Actor,
    order: Order,
    other: Task | None,
    blocks: str | None,
    *,
    holder: str | None = None,
    mine: bool = False,
    due: datetime | None = None,
) -> DeskItem:
    """``other``: what is to be done where that is not the task of whoever's turn it is."""
    names = [order.enterprise.name] if actor.role in PROVIDER else [order.provider.name]
    if actor.role in BUREAU:
        names = [order.enterprise.name, order.provider.name]
    return DeskItem(
        task=other or task_called(order.waits_task or ""),
        title=" · ".join([order.offering_version.name, *names]),
        endpoint=_FORMS.get(order.state, "orders.case") if mine else "orders.case",
        arguments={"number": order.number},
        since=order.waits_since or order.since,
        due=due or order.due_at,
        blocks=blocks,
        holder=holder,
        amount=order.deduction,
    )
