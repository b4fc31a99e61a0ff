"""Whose turn it is, written beside what waits whenever anything that decides it is written.

A table takes the columns from ``Waits``; its room declares once, by ``turns``, how the turn follows from the state and
from the facts beside it. From then on every flush writes the columns, so no verb can forget them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, event, func, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.clock import now
from foundation.database import Base
from foundation.desk import Task


class Party(StrEnum):
    """Who has to act: one of the sides, ``clock`` where only time or a queue moves the thing on, or nobody any more."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    BUREAU = "bureau"
    TREASURY = "treasury"
    CLOCK = "clock"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Turn:
    """Who has to do what; ``holder_id`` is the organisation, None where several offices may be in charge.

    ``due_at`` is the moment at which it is due, None where nothing is.
    """

    party: Party
    task: Task
    holder_id: UUID | None = None
    due_at: datetime | None = None


class Waits:
    """Mixin: whose turn it is, with what, since when and until when; read by desks, lists and messages, in SQL.

    ``waits_for_id`` is the organisation that holds the thing, where one office alone does. ``waits_task`` is the id of a
    ``foundation.desk.Task``, ``waits_since`` the moment at which it became this party's turn with this task.
    """

    waits_for: Mapped[Party] = mapped_column(default=Party.NOBODY)
    waits_for_id: Mapped[UUID | None]
    waits_task: Mapped[str | None]
    waits_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


def waits_rules(table: str) -> tuple[CheckConstraint, Index, Index]:
    """What ``__table_args__`` of a table with ``Waits`` holds: the columns are whole, and a desk finds its own in order."""
    whole = "(waits_for = 'nobody') = (waits_task IS NULL) AND (waits_for = 'nobody') = (waits_since IS NULL)"
    by_urgency = Index(
        f"ix_{table}_waits",
        "waits_for_id",
        "waits_for",
        text("coalesce(due_at, waits_since)"),
        "id",
        postgresql_where=text("waits_for <> 'nobody'"),
    )
    # Where no single office holds the thing, a desk asks for the task alone. What waits for nobody has no task, and that a
    # task is given says to the database that the index has the row.
    by_task = Index(
        f"ix_{table}_waits_task",
        "waits_task",
        text("coalesce(due_at, waits_since)"),
        "id",
        postgresql_where=text("waits_task IS NOT NULL"),
    )
    return CheckConstraint(whole, name="waits_whole"), by_urgency, by_task


def urgency(model: Any) -> ColumnElement[datetime]:
    """The expression of the index: the deadline, where there is none the moment since when it waits."""
    found: ColumnElement[datetime] = func.coalesce(model.due_at, model.waits_since)
    return found


Thing = TypeVar("Thing", bound=Waits)
Beside = TypeVar("Beside", bound=Base)

_TURNS: Final[dict[type, Callable[[Any], Turn | None]]] = {}
_TELLS: Final[dict[type, list[Callable[[Session, Any], Iterable[Waits]]]]] = {}


def turns(
    model: type[Thing],
    turn_of: Callable[[Thing], Turn | None],
    beside: Mapping[type[Any], Callable[[Session, Any], Iterable[Thing]]] | None = None,
) -> None:
    """Declare whose turn a ``model`` is (None: nobody's). ``turn_of`` reads the thing and what it is related to.

    ``beside``: other tables whose rows decide as well, each with the things that such a row belongs to.
    """
    _TURNS[model] = turn_of
    for table, things_of in (beside or {}).items():
        _TELLS.setdefault(table, []).append(things_of)


def id_of(thing: Any, name: str) -> UUID:
    """The id of what ``thing`` refers to by ``name``, also where the thing itself is not written yet."""
    found: UUID = getattr(thing, f"{name}_id") or getattr(thing, name).id
    return found


def turn_of(thing: Waits) -> Turn | None:
    """Whose turn it is by the facts alone, whatever the columns say. KeyError where no room declared it."""
    return _TURNS[type(thing)](thing)


def write_turn(thing: Waits) -> None:
    """Write the columns by the facts; the moment since when it waits stays while party and task stay."""
    turn = turn_of(thing)
    if turn is None:
        thing.waits_for, thing.waits_for_id, thing.waits_task, thing.waits_since = Party.NOBODY, None, None, None
        thing.due_at = None
        return
    if (thing.waits_for, thing.waits_task) != (turn.party, turn.task.id):
        thing.waits_for, thing.waits_task, thing.waits_since = turn.party, turn.task.id, now()
    thing.waits_for_id, thing.due_at = turn.holder_id, turn.due_at


@event.listens_for(Session, "before_flush")
def _write_turns(session: Session, _context: Any, _rows: Any) -> None:
    things: dict[Waits, None] = {}
    for row in (*session.new, *session.dirty):
        if isinstance(row, Waits):
            _begin(row)
            things[row] = None
        for things_of in _TELLS.get(type(row), ()):
            things.update(dict.fromkeys(things_of(session, row)))
    for thing in things:
        write_turn(thing)


def _begin(row: Any) -> None:
    """A new row would get the state in which it begins only when it is inserted, after this."""
    if "state" in type(row).__table__.c and row.state is None:
        row.state = type(row).__table__.c.state.default.arg
