"""What orders put on a desk."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, Actor, Role
from foundation.clock import day_of, now, today, working_days_between
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from orders.deadlines import warned
from orders.models import Order, OrderState
from orders.progress import Side, Turn, side_of, turn
from orders.queries import count, left_lying, under_way
from orders.states import ENDED, REVIEW

_S = OrderState

# From CONFIRMED on the redemption claim is what waits, and verification puts it on the desks.
BEFORE_CLAIM: Final = (_S.PLACED, _S.DOCKING, _S.CONTRACTED, _S.IN_SERVICE, _S.DELIVERED, _S.DISPUTED)
UNDER_WAY: Final = (*BEFORE_CLAIM, _S.CONFIRMED, _S.CLAIMED, _S.RETURNED)
NEWS_WORKING_DAYS: Final = 5

# Where one form is all that is to be done, the desk opens it; elsewhere the case, which has the choice.
_FORMS: Final = {_S.CONTRACTED: "orders.new_record", _S.DELIVERED: "orders.confirm"}

_IN_LINE: Final = N_("有名额空出时自动轮到")
_ENDED: Final = N_("订单已终止，占用金额已退回")
_LYING: Final = N_("处理长期未推进的订单")
_HELD: Final = N_("双方没有进展，占用的金额一直不能使用")
_WARNING: Final = N_("再没有进展，主管部门可以终止订单并退回占用金额")
_BLOCKS: Final = {
    _S.DOCKING: N_("完成前占用的金额不能用于其他订单"),
    _S.CONTRACTED: N_("没有记录的服务不能核销"),
    _S.IN_SERVICE: N_("标记交付后企业才能确认成效"),
    _S.DELIVERED: N_("确认后服务机构才能申请核销"),
    _S.DISPUTED: N_("处理完毕前订单和占用的金额都停在这里"),
}


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """Orders whose turn is this person's, and for enterprises what has ended these days."""
    side = side_of(actor)
    if side is None:
        return []
    if actor.role is Role.INSPECTOR:
        # Disputes are all that the bureau has here, and an inspector decides none.
        return []
    mine = [(order, whose) for order, whose in _turns(session, actor) if whose.side is side]
    items = [_item(actor, order, whose.task, _blocks(order), mine=True) for order, whose in mine]
    if actor.role in REVIEW:
        items += [_item(actor, order, _LYING, _HELD, due=order.stalled_at) for order in left_lying(session, actor)]
    return items + (_ended(session, actor) if side is Side.ENTERPRISE else [])


def others(session: Session, actor: Actor) -> list[DeskItem]:
    """Orders of the person's organisation that somebody else holds, with who."""
    if actor.role not in ENTERPRISE | PROVIDER:
        return []
    side = side_of(actor)
    return [
        _item(actor, order, whose.task, None, holder=_IN_LINE if whose.side is Side.LINE else whose.holder)
        for order, whose in _turns(session, actor)
        if whose.side is not side
    ]


def figures(session: Session, actor: Actor) -> list[Figure]:
    """How many orders are under way."""
    if actor.role not in ENTERPRISE | PROVIDER | BUREAU | {Role.AUDITOR}:
        return []
    return [Figure(label=N_("进行中的订单"), endpoint="orders.index", count=count(session, actor, UNDER_WAY))]


def _turns(session: Session, actor: Actor) -> Iterable[tuple[Order, Turn]]:
    # An enterprise sees on its desk who has its order up to the redemption; the provider's claims lie there anyway.
    of_sides = UNDER_WAY if actor.role in ENTERPRISE else BEFORE_CLAIM
    states = (_S.DISPUTED,) if actor.role in BUREAU else of_sides
    for order in under_way(session, actor, states, own=actor.role in BUREAU):
        whose = turn(order)
        if whose is not None:
            yield order, whose


def _blocks(order: Order) -> str | None:
    return _WARNING if warned(order) else _BLOCKS.get(order.state)


def _ended(session: Session, actor: Actor) -> list[DeskItem]:
    """An order that ended frees money: the enterprise can order something else with it."""
    # Seven days of holidays at most stand between working days.
    lately = now() - timedelta(days=2 * NEWS_WORKING_DAYS + 7)
    recent = [
        order
        for order in under_way(session, actor, tuple(ENDED), after=lately)
        if working_days_between(day_of(order.since), today()) < NEWS_WORKING_DAYS
        and order.steps[-1].organisation != actor.organisation_name
    ]
    return [_item(actor, order, _ENDED, N_("可以用退回的余额另选服务")) for order in recent]


def _item(
    actor: Actor,
    order: Order,
    task: str,
    blocks: str | None,
    *,
    holder: str | None = None,
    mine: bool = False,
    due: datetime | None = None,
) -> DeskItem:
    names = [order.enterprise.name] if actor.role in PROVIDER else [order.provider.name]
    if actor.role in BUREAU:
        names = [order.enterprise.name, order.provider.name]
    return DeskItem(
        task=task,
        title=" · ".join([order.offering_version.name, *names]),
        endpoint=_FORMS.get(order.state, "orders.case") if mine else "orders.case",
        arguments={"number": order.number},
        since=order.since,
        due=due or order.due_at,
        blocks=blocks,
        holder=holder,
        amount=order.deduction,
    )
