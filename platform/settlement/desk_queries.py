"""Batches and statements for a desk, in SQL: whose turn a batch is stands in its row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from accounts.delegation import acts_for, holds
from foundation.actors import TREASURY, Actor
from foundation.desk import Task
from foundation.pages import Page, page_of
from foundation.waiting import Party, urgency
from settlement.approval import to_pay
from settlement.models import Batch, Statement
from vouchers.models import Programme


def in_turn(session: Session, actor: Actor, tasks: Sequence[Task], most: int) -> Page[Batch]:
    """Batches that wait for one of these tasks and are held by the person's office, the most urgent first."""
    party, own = Party.TREASURY, Batch.waits_for_id == actor.organisation_id
    if actor.role not in TREASURY:
        party, own = Party.BUREAU, holds(session, actor, Batch.waits_for_id, Batch.programme_id)
    # Office and party together are how the index begins, so the first ones are read and no others.
    query = _told().where(Batch.waits_for == party, Batch.waits_task.in_([each.id for each in tasks]), own)
    return page_of(session, query.order_by(urgency(Batch), Batch.id), 1, most)


def with_treasury(session: Session, actor: Actor, most: int) -> Page[Batch]:
    """Batches of the bureau's programmes that a treasury has, the longest waiting first."""
    mine = acts_for(actor, Programme.bureau_id, Programme.id)
    query = _told().join(Batch.programme).where(Batch.waits_for == Party.TREASURY, mine)
    return page_of(session, query.order_by(Batch.waits_since, Batch.id), 1, most)


def _told() -> Select[Any]:
    return select(Batch).options(joinedload(Batch.programme).joinedload(Programme.treasury))


def receivable(session: Session, actor: Actor, most: int) -> Page[Statement]:
    """A provider's statements that are still to be paid, oldest first."""
    query = (
        select(Statement)
        .options(joinedload(Statement.batch).joinedload(Batch.programme).joinedload(Programme.treasury))
        .where(Statement.organisation_id == actor.organisation_id, to_pay())
        .order_by(Statement.issued_at, Statement.number)
    )
    return page_of(session, query, 1, most)


def receivable_total(session: Session, actor: Actor) -> int:
    """What is still to be paid to a provider, in fen."""
    total = select(func.coalesce(func.sum(Statement.total), 0))
    return int(session.scalar(total.where(Statement.organisation_id == actor.organisation_id, to_pay())) or 0)
