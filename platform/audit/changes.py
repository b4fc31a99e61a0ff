"""Changing a state: by the table, by who may, and never without its audit row."""

from enum import StrEnum
from typing import Protocol, cast

from sqlalchemy.orm import Session

from audit.trail import record
from foundation.actors import Actor
from foundation.database import Base
from foundation.states import StateTable


class HasState(Protocol):
    """A row with a state column."""

    state: StrEnum


def change_state(
    session: Session, actor: Actor, subject: Base, table: StateTable, event: str, *, note: str | None = None
) -> None:
    """Move ``subject`` along its state table and record it; Conflict or NotAllowed when the table says no."""
    thing = cast("HasState", subject)
    before = thing.state
    after = table.next(before, event, actor.role)
    thing.state = after
    session.flush()
    record(
        session,
        actor,
        f"{table.name}.{event}",
        subject,
        before={"state": before.value},
        after={"state": after.value},
        note=note,
    )
