"""Things of the audit trail by their numbers: what an event is about, where it is shown, and all events about one thing."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from web.house import house


def names_of(session: Session, events: Sequence[AuditEvent]) -> dict[UUID, str]:
    """The numbers or names of what these events are about, by id; one query for each kind."""
    found: dict[UUID, str] = {}
    for table in {event.subject_type for event in events}:
        kind = house().things.get(table or "")
        if kind is None:
            continue
        ids = [event.subject_id for event in events if event.subject_type == table and event.subject_id]
        column = kind.names.selected_columns[0]
        found.update((subject, name) for subject, name in session.execute(kind.names.where(column.in_(ids))))
    return found


def page_of(table: str, subject: UUID, name: str) -> str | None:
    """The address of the page that shows a thing of this table; None where there is none, or the thing is gone."""
    kind = house().things.get(table)
    if kind is None or kind.page is None or not name:
        return None
    return url_for(kind.page, **({kind.by_id: subject} if kind.by_id else {"number": name}))


def ids_of(number: str) -> Select[Any]:
    """The ids of everything with this number, for use inside other queries: an order brings its claims and records."""
    numbered = [kind for kind in house().things.values() if kind.numbered]
    queries = []
    for names in (*(kind.names for kind in numbered), *(kind.also for kind in numbered)):
        if names is not None:
            subject, own = names.selected_columns
            queries.append(names.with_only_columns(subject).where(own == number))
    found = union_all(*queries).subquery()
    return select(found.c[0])


def thing_below(path: str) -> ColumnElement[bool]:
    """The condition that the thing of an ``AuditEvent`` belongs to a region or what lies below it.

    Each event is looked up by the key of its thing, because a list of all things of a province would be far too long.
    """
    return or_(*(_below(query, path) for query in house().regions))


def _below(query: Select[UUID, str], path: str) -> ColumnElement[bool]:
    subject, where = query.selected_columns
    inside = query.with_only_columns(subject).where(
        subject == AuditEvent.subject_id, where.startswith(path, autoescape=True)
    )
    # The offset, which passes nothing over, keeps the database from making that list all the same.
    return and_(AuditEvent.subject_type == subject.table.name, inside.correlate(AuditEvent).offset(0).exists())
