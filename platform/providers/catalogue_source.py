"""What search finds: the listed offerings of providers that are certified today."""

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.many import among
from providers.access import certified_on
from providers.categories import categories, kinds, mall_kinds
from providers.models import Offering, OfferingState, OfferingVersion
from search.engine import Document
from search.sources import register_source

OFFERINGS: Final = "offerings"
"""The name of this source in the search room."""

BANDS: Final = (("free", 0), ("to_1", 1_000_000), ("to_5", 5_000_000), ("to_20", 20_000_000), ("above_20", None))
"""Price bands: code, and the highest charged price in fen that still belongs to it."""


class Catalogue:
    """The search room's ``Source``."""

    facets = ("category", "kind", "region", "mode", "channel", "band", "provider")

    def revisions(self, session: Session) -> dict[UUID, int]:
        """Every offering that is to be found, with its revision."""
        query = _found_today(select(Offering.id, Offering.revision).select_from(OfferingVersion).join(Offering))
        return {row[0]: row[1] for row in session.execute(query)}

    def documents(self, session: Session, ids: Collection[UUID]) -> Iterable[Document]:
        """The documents of those offerings among ``ids`` that are to be found."""
        query = select(OfferingVersion).join(OfferingVersion.offering).where(among(Offering.id, ids))
        for version in session.scalars(_found_today(query)).unique():
            yield document(version)


def document(version: OfferingVersion) -> Document:
    """What the index holds of a version: its words, its provider's name, and the words of the three vocabularies."""
    offering = version.offering
    provider = offering.provider
    category = categories()[version.category]
    words = [category.label, *(word.label for word in mall_kinds(version.category))]
    if version.kind:
        words.append(kinds()[version.kind].label)
    return Document(
        id=offering.id,
        revision=offering.revision,
        title=version.name,
        body="\n".join(
            [version.content, version.effect, provider.name, version.supplier or "", version.remark or "", *words]
        ),
        keywords={
            "category": (version.category,),
            "kind": (version.kind,) if version.kind else (),
            # A service of a city is found under its province too.
            "region": tuple(provider.region.path.strip("/").split("/")),
            "mode": (version.mode,),
            "channel": ("online", "offline") if version.channel == "both" else (version.channel,),
            "band": (band(version.charged_price),),
            "provider": (provider.uscc,),
        },
        price_fen=version.charged_price,
    )


def band(price: int) -> str:
    """The price band of a charged price in fen."""
    return next(code for code, most in BANDS if most is None or price <= most)


def _found_today(query: Any) -> Any:
    return query.where(OfferingVersion.state == OfferingState.LISTED, Offering.provider_id.in_(certified_on(today())))


register_source(OFFERINGS, Catalogue())
