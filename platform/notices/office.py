"""Whose notice it is: accounts, which stand above, say who acts for a bureau."""

from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlalchemy.orm import Session

from foundation.actors import Actor


class Ensure(Protocol):
    """See ``accounts.duties.decides_for``."""

    def __call__(self, session: Session, actor: Actor, bureau_id: UUID) -> Actor:
        """The actor as the deed records it; a refusal otherwise."""


class Condition(Protocol):
    """See ``accounts.delegation.acts_for``."""

    def __call__(self, actor: Actor, bureau: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
        """The same over a column."""


_filled: dict[str, tuple[Ensure, Condition]] = {}


def fill(ensure: Ensure, condition: Condition) -> None:
    """Called by accounts when they are imported."""
    _filled["office"] = (ensure, condition)


def decides_for(session: Session, actor: Actor, bureau_id: UUID) -> Actor:
    """The actor as the deed records it, when the bureau is the own one or has delegated; a refusal otherwise.

    Whoever decides here releases no money in the bureau's region.
    """
    return _filled["office"][0](session, actor, bureau_id)


def acts_for(actor: Actor, bureau: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Whose notices the actor may decide about, as a condition over a column."""
    return _filled["office"][1](actor, bureau)
