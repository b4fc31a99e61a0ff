"""What the search over everything finds here: organisations by name or code, offerings by their words."""

from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.i18n import N_
from foundation.rooms import MOST_FOUND, Found
from providers.catalogue_source import OFFERINGS
from providers.queries import find_organisations, listed
from search.current import search
from search.engine import Query


def organisations(session: Session, actor: Actor, words: str) -> list[Found]:
    """Certified providers have a public page; of other organisations the name and code are what staff look for."""
    return [
        Found(
            N_("单位"),
            one.name,
            f"{one.uscc} · {one.region.name}",
            "catalogue.provider" if certified else None,
            {"uscc": one.uscc},
        )
        for one, certified in find_organisations(session, actor, words)
    ]


def offerings(session: Session, _actor: Actor, words: str) -> list[Found]:
    """The listed offerings that the index finds, best first."""
    results = search(OFFERINGS, Query(text=words, page_size=MOST_FOUND))
    return [
        Found(
            N_("服务产品"),
            version.name,
            version.offering.provider.name,
            "catalogue.offering",
            {"number": version.offering.number},
        )
        for version in listed(session, results.ids)
    ]
