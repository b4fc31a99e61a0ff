"""Changing a state: by the table, by who may, and never without its audit row."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol, cast

from sqlalchemy.orm import Session

from audit.decisions import keep
from audit.trail import record
from foundation.actors import Actor, Role
from foundation.database import Base
from foundation.states import StateTable


class HasState(Protocol):
    """A row with a state column."""

    state: StrEnum


def change_state(
    session: Session,
    actor: Actor,
    subject: Base,
    table: StateTable,
    event: str,
    *,
    note: str | None = None,
    reasons: Sequence[str] = (),
    checks: Sequence[Any] = (),
    flush: bool = True,
) -> None:
    """Move ``subject`` along its state table and record it; Conflict or NotAllowed when the table says no.

    An event that decides is kept as a decision, with its ``reasons`` and ``checks``; see audit/decisions.py. Without ``flush``
    the caller writes it together with more.
    """
    thing = cast("HasState", subject)
    before = thing.state
    after = table.next(before, event, actor.role)
    thing.state = after
    # What the clock does by itself is nobody's decision.
    decides = event in table.decisions and actor.role is not Role.SYSTEM
    if flush or decides:
        # A decision names by id what it rests on.
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
    if decides:
        keep(session, actor, f"{table.name}.{event}", subject, note=note, reasons=reasons, checks=checks)
