"""Reading the trail."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from foundation.actors import Role
from foundation.clock import end_of
from foundation.database import Base
from foundation.many import among
from foundation.pages import Page, page_of

MOST_TOLD: Final = 100
"""Deeds of a thing that its page tells, the newest; the trail has all of them."""


def history(session: Session, *subjects: Base) -> Sequence[AuditEvent]:
    """What was done to these things of one kind, newest first; the last ``MOST_TOLD`` deeds."""
    if not subjects:
        return []
    return session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.subject_type == subjects[0].__tablename__,
            among(AuditEvent.subject_id, [subject.id for subject in subjects]),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(MOST_TOLD)
    ).all()


def events(
    session: Session,
    organisations: Select[UUID],
    *,
    of_things: ColumnElement[bool] | None = None,
    of_house: bool = False,
    words: str = "",
    action: str = "",
    only: Collection[str] = (),
    without: Collection[str] = (),
    subjects: Select[UUID] | None = None,
    first: date | None = None,
    last: date | None = None,
    sequence: int | None = None,
    number: int = 1,
) -> Page[AuditEvent]:
    """What people of these organisations did, newest first.

    ``of_things`` is a condition over the event's thing: what anybody did to such a thing is listed too, and with
    ``of_house`` also what the system did to no thing in particular.
    ``words`` is part of a person, organisation or note, ``action`` the beginning of an action, ``only`` and ``without``
    whole actions, ``subjects`` the ids of the things that it was done to, ``first`` and ``last`` the days from and until when, ``sequence`` one event's number.
    """
    whose = _whose(organisations, of_things, of_house=of_house)
    query = select(AuditEvent).where(whose).order_by(AuditEvent.sequence.desc())
    if sequence is not None:
        query = query.where(AuditEvent.sequence == sequence)
    if words:
        query = query.where(
            or_(
                *(
                    column.contains(words, autoescape=True)
                    for column in (AuditEvent.person, AuditEvent.organisation, AuditEvent.note)
                )
            )
        )
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    if only:
        query = query.where(AuditEvent.action.in_(only))
    if without:
        query = query.where(AuditEvent.action.not_in(without))
    if subjects is not None:
        query = query.where(AuditEvent.subject_id.in_(subjects))
    if first is not None:
        query = query.where(AuditEvent.at >= end_of(first - timedelta(days=1)))
    if last is not None:
        query = query.where(AuditEvent.at < end_of(last))
    return page_of(session, query, number)


def _whose(
    organisations: Select[UUID], of_things: ColumnElement[bool] | None, *, of_house: bool
) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [AuditEvent.organisation_id.in_(organisations)]
    if of_things is not None:
        found.append(of_things)
    if of_house:
        by_itself = and_(AuditEvent.organisation_id.is_(None), AuditEvent.role == Role.SYSTEM.value)
        found.append(and_(by_itself, AuditEvent.subject_id.is_(None)))
    return or_(*found)
