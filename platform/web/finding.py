"""Search over everything that a person may see: what each room's finders find (``foundation.rooms.Found``)."""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.rooms import MOST_FOUND, Found
from web.house import house

SHORTEST: Final = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit as the page shows it: what it is (msgid), its name, and where it leads (empty: nowhere)."""

    kind: str
    title: str
    detail: str
    url: str


def find(session: Session, actor: Actor, words: str) -> tuple[list[Hit], int]:
    """Hits of every finder, each room's own order kept, and nothing for nothing; and how many of a kind are told where
    a kind may have more (else 0).
    """
    if len(words) < SHORTEST:
        return [], 0
    each = [finder(session, actor, words) for finder in house().finders]
    hits = [_hit(found) for kind in each for found in kind]
    return hits, MOST_FOUND if any(len(kind) >= MOST_FOUND for kind in each) else 0


def _hit(found: Found) -> Hit:
    url = url_for(found.endpoint, **found.arguments) if found.endpoint else ""
    return Hit(found.kind, found.title, found.detail, url)
