"""Search over everything that a person may see: orders by number, organisations by name or code, offerings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import Actor


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: what it is (msgid), its name, and where it leads."""

    kind: str
    title: str
    detail: str
    url: str


Finder = Callable[[Session, Actor, str], list[Found]]

FINDERS: Final[list[Finder]] = []
SHORTEST: Final = 1


def find(session: Session, actor: Actor, words: str) -> list[Found]:
    """Hits of every finder, each room's own order kept; nothing for nothing."""
    if len(words) < SHORTEST:
        return []
    return [hit for finder in FINDERS for hit in finder(session, actor, words)]
