"""Search over everything that a person may see: orders by number, organisations by name or code, offerings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.i18n import N_
from providers.queries import find_organisations, listed
from search.current import search
from search.engine import Query


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: what it is (msgid), its name, and where it leads (empty: nowhere)."""

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


def _organisations(session: Session, actor: Actor, words: str) -> list[Found]:
    """Certified providers have a public page; of other organisations the name and code are what staff look for."""
    return [
        Found(
            N_("单位"),
            one.name,
            f"{one.uscc} · {one.region.name}",
            url_for("catalogue.provider", uscc=one.uscc) if certified else "",
        )
        for one, certified in find_organisations(session, actor, words)
    ]


def _offerings(session: Session, _actor: Actor, words: str) -> list[Found]:
    results = search(Query(text=words, page_size=10))
    return [
        Found(
            N_("服务产品"),
            version.name,
            version.offering.provider.name,
            url_for("catalogue.offering", number=version.offering.number),
        )
        for version in listed(session, results.ids)
    ]


FINDERS.extend([_organisations, _offerings])
