"""Claims for a desk, in SQL: whose turn they are stands in their row."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from accounts.delegation import acts_for, holds
from foundation.actors import PROVIDER, Actor
from foundation.desk import Task
from foundation.pages import Page, page_of
from foundation.waiting import urgency
from orders.models import Order
from orders.turns import CLAIM
from verification.models import RedemptionClaim
from vouchers.models import Programme


def in_turn(session: Session, actor: Actor, task: Task, most: int) -> Page[RedemptionClaim]:
    """Claims that wait for this task and that the person's office holds, the most urgent first."""
    holder = RedemptionClaim.waits_for_id
    own = holder == actor.organisation_id
    if actor.role not in PROVIDER:
        own = holds(session, actor, holder, RedemptionClaim.programme_id)
    query = _told().where(own, RedemptionClaim.waits_task == task.id)
    return page_of(session, query.order_by(urgency(RedemptionClaim), RedemptionClaim.id), 1, most)


def held_by_others(session: Session, actor: Actor, task: Task, most: int) -> Page[RedemptionClaim]:
    """Claims that are the person's affair and wait for this task of somebody else, the longest waiting first."""
    query = _told().join(RedemptionClaim.order).join(Order.programme)
    query = query.where(_of(actor), RedemptionClaim.waits_task == task.id)
    return page_of(session, query.order_by(RedemptionClaim.waits_since, RedemptionClaim.id), 1, most)


def unclaimed(session: Session, actor: Actor, most: int) -> Page[Order]:
    """The provider's orders for which it is to file a claim, the most urgent first."""
    query = select(Order).options(joinedload(Order.offering_version), joinedload(Order.enterprise))
    query = query.where(Order.waits_for_id == actor.organisation_id, Order.waits_task == CLAIM.id)
    return page_of(session, query.order_by(urgency(Order), Order.id), 1, most)


def _of(actor: Actor) -> ColumnElement[bool]:
    if actor.role in PROVIDER:
        return Order.provider_id == actor.organisation_id
    return acts_for(actor, Programme.bureau_id, Programme.id)


def _told() -> Select[Any]:
    return select(RedemptionClaim).options(
        joinedload(RedemptionClaim.order).options(
            joinedload(Order.offering_version),
            joinedload(Order.programme),
            joinedload(Order.provider),
            joinedload(Order.enterprise),
        )
    )
