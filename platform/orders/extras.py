"""What orders add to the catalogue: the deduction before ordering, and the way to the order form."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.actors import ENTERPRISE, Actor
from orders.frequency import used_up
from orders.reading import earlier_orders
from providers.hooks import Extra, Ware, card_deductions, offering_extras
from providers.models import OfferingVersion
from providers.public_reading import offered_service
from vouchers.deduction import Offer, largest, offers
from vouchers.sources import Source, only_elsewhere, public_sources, usable_sources


def best_offer(session: Session, actor: Actor | None, offered: OfferingVersion) -> Extra | None:
    """Beside an offering: what the best voucher would pay. A visitor sees what an enterprise that may claim would."""
    sources = _sources(session, actor)
    if sources is None:
        return None
    found = _offers(sources, offered)
    enterprise_id = None if actor is None or found else actor.organisation_id
    return Extra(
        "orders/deduction.html",
        {
            "offer": found[0] if found else None,
            "offered": offered_service(offered),
            "actor": actor,
            "elsewhere": enterprise_id is not None and only_elsewhere(session, enterprise_id),
            "used": earlier_orders(used_up(session, actor, offered)),
        },
    )


def best_offers(session: Session, actor: Actor | None, wares: Sequence[Ware]) -> Mapping[UUID, Mapping[str, Any]]:
    """The same for the cards of a page, with one look at the vouchers."""
    sources = _sources(session, actor) if wares else None
    if not sources:
        return {}
    amounts = largest(sources, [(ware.category, ware.charged_price) for ware in wares])
    return {
        ware.offering_id: {"deduct": amount, "pays": ware.charged_price - amount, "price": ware.charged_price}
        for ware, amount in zip(wares, amounts, strict=True)
    }


def _sources(session: Session, actor: Actor | None) -> list[Source] | None:
    """None for whoever does not buy."""
    if actor is None:
        return public_sources(session)
    if actor.role not in ENTERPRISE or actor.organisation_id is None:
        return None
    return usable_sources(session, actor.organisation_id)


def _offers(sources: Sequence[Source], offered: OfferingVersion) -> list[Offer]:
    return offers(
        sources, category=offered.category, list_price=offered.list_price, charged_price=offered.charged_price
    )


offering_extras.append(best_offer)
card_deductions.append(best_offers)
