"""Search over everything that a person may see: what each room's finders find (``foundation.rooms.Found``)."""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.rooms import Found
from web.house import house

SHORTEST: Final = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit as the page shows it: what it is (msgid), its name, and where it leads (empty: nowhere)."""

    kind: str
    title: str
    detail: str
    url: str


def find(session: Session, actor: Actor, words: str) -> list[Hit]:
    """Hits of every finder, each room's own order kept; nothing for nothing."""
    if len(words) < SHORTEST:
        return []
    return [_hit(found) for finder in house().finders for found in finder(session, actor, words)]


def _hit(found: Found) -> Hit:
    url = url_for(found.endpoint, **found.arguments) if found.endpoint else ""
    return Hit(found.kind, found.title, found.detail, url)
