"""Orders for a desk, in SQL: whose turn they are stands in their row, so nothing is cut before that is known."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from accounts.delegation import acts_for, holds
from foundation.actors import ENTERPRISE, Actor
from foundation.clock import at, now, today, working_days_between
from foundation.pages import Page, page_of
from foundation.waiting import Party, urgency
from orders.models import Order, OrderState, OrderStep
from orders.states import ENDED
from orders.turns import TURNS
from vouchers.models import Programme

NEWS_WORKING_DAYS: Final = 5


def in_turn(session: Session, actor: Actor, party: Party, states: Sequence[OrderState], most: int) -> Page[Order]:
    """Orders in these states whose turn is the person's side, the most urgent first; ``party`` is that side."""
    holder = Order.waits_for_id
    mine = (
        holds(session, actor, holder, Order.programme_id) if party is Party.BUREAU else holder == actor.organisation_id
    )
    query = _told().where(mine, Order.waits_for == party, Order.state.in_(states))
    if party is Party.BUREAU:
        # What waits for a bureau follows from the state alone, and by the task the few are found among all that wait.
        tasks = [turn[1].id for state in states if (turn := TURNS[state]) is not None]
        query = query.where(Order.waits_task.in_(tasks))
    return page_of(session, query.order_by(urgency(Order), Order.id), 1, most)


def held_by_others(
    session: Session, actor: Actor, party: Party, states: Sequence[OrderState], most: int
) -> Page[Order]:
    """The organisation's orders in these states that are somebody else's turn, the longest waiting first."""
    query = _told().where(
        _own(actor), Order.waits_for != Party.NOBODY, Order.waits_for != party, Order.state.in_(states)
    )
    return page_of(session, query.order_by(Order.waits_since, Order.id), 1, most)


def left_lying(session: Session, actor: Actor, most: int) -> Page[Order]:
    """Orders that are the person's to end and that both sides left lying beyond their term, longest first."""
    mine = acts_for(actor, Programme.bureau_id, Programme.id)
    query = _told().join(Order.programme).where(mine, Order.stalled_at < now())
    return page_of(session, query.order_by(Order.stalled_at, Order.id), 1, most)


def ended_lately(session: Session, actor: Actor, most: int) -> Page[Order]:
    """The enterprise's orders that somebody else ended these working days, the first of them first."""
    day = today()
    while working_days_between(day - timedelta(days=1), today()) < NEWS_WORKING_DAYS:
        day -= timedelta(days=1)
    last_step = (
        select(OrderStep.organisation)
        .where(OrderStep.order_id == Order.id)
        .order_by(OrderStep.at.desc(), OrderStep.id.desc())
        .limit(1)
        .correlate(Order)
        .scalar_subquery()
    )
    by_another = func.coalesce(last_step, "") != actor.organisation_name
    query = _told().where(_own(actor), Order.state.in_(ENDED), Order.since >= at(day, 0), by_another)
    return page_of(session, query.order_by(Order.since, Order.id), 1, most)


def _own(actor: Actor) -> ColumnElement[bool]:
    own = Order.enterprise_id if actor.role in ENTERPRISE else Order.provider_id
    return and_(own == actor.organisation_id)


def _told() -> Select[Any]:
    return select(Order).options(
        joinedload(Order.programme),
        joinedload(Order.enterprise),
        joinedload(Order.provider),
        joinedload(Order.offering_version),
    )
