"""Claims for a desk, in SQL: whose turn they are stands in their row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from accounts.delegation import acts_for, holds
from foundation.actors import PROVIDER, Actor
from foundation.desk import Task
from foundation.pages import Page, page_of
from foundation.waiting import Party, urgency
from ledger.models import AccountKind, LedgerAccount
from orders.models import Order
from orders.turns import CLAIM
from verification.models import RedemptionClaim
from vouchers.models import Programme


def in_turn(session: Session, actor: Actor, task: Task, most: int) -> Page[RedemptionClaim]:
    """Claims that wait for this task and that the person's office holds, the most urgent first."""
    holder = RedemptionClaim.waits_for_id
    party, own = Party.PROVIDER, holder == actor.organisation_id
    if actor.role not in PROVIDER:
        party, own = Party.BUREAU, holds(session, actor, holder, RedemptionClaim.programme_id)
    # Office and party together are how the index begins, so the first ones are read and no others.
    query = _told().where(own, RedemptionClaim.waits_for == party, RedemptionClaim.waits_task == task.id)
    return page_of(session, query.order_by(urgency(RedemptionClaim), RedemptionClaim.id), 1, most)


def held_by_others(session: Session, actor: Actor, task: Task, most: int) -> Page[RedemptionClaim]:
    """Claims that are the person's affair and wait for this task of somebody else, the longest waiting first."""
    query = _told().join(RedemptionClaim.order).join(Programme, Programme.id == RedemptionClaim.programme_id)
    query = query.where(_of(actor), RedemptionClaim.waits_task == task.id)
    return page_of(session, query.order_by(RedemptionClaim.waits_since, RedemptionClaim.id), 1, most)


def unclaimed(session: Session, actor: Actor, most: int) -> tuple[Sequence[tuple[Order, int]], int]:
    """The provider's orders for which it is to file a claim, each with what it holds unclaimed, the most urgent first;
    and how many there are in all.
    """
    mine = Order.waits_for_id == actor.organisation_id, Order.waits_task == CLAIM.id
    held = and_(
        LedgerAccount.kind == AccountKind.HOLD,
        LedgerAccount.programme_id == Order.programme_id,
        LedgerAccount.owner_id == Order.id,
    )
    query = (
        select(Order, LedgerAccount.balance)
        .join(LedgerAccount, held)
        .options(joinedload(Order.offering_version), joinedload(Order.enterprise))
        .where(*mine)
        .order_by(urgency(Order), Order.id)
        .limit(most)
    )
    total = session.scalar(select(func.count()).select_from(Order).where(*mine)) or 0
    return [(order, left or 0) for order, left in session.execute(query).unique()], total


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
