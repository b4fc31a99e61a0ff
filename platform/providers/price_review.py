"""The bureau's review of product, content and price; nothing is public before it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.duties import decides_in
from audit.changes import change_state
from audit.decisions import decide
from foundation.actors import Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from providers.access import hold_version
from providers.certification import is_certified
from providers.market_price import above_market, ensure_not_above, price_rule
from providers.models import Offering, OfferingState, OfferingVersion
from providers.offerings import announce
from providers.states import OFFERING

_PEERS: Final = 10


@dataclass(frozen=True, slots=True)
class PriceCheck:
    """What the reviewer sees of the price: the provider's own market figure and its peers' listed prices, in fen."""

    above_market: bool
    peers: tuple[OfferingVersion, ...]
    lowest: int | None
    median: int | None
    highest: int | None


def price_check(session: Session, version: OfferingVersion) -> PriceCheck:
    """Compare the list price with the market figure and with what other providers list in the same category."""
    peers = session.scalars(
        select(OfferingVersion)
        .join(OfferingVersion.offering)
        .where(
            OfferingVersion.state == OfferingState.LISTED,
            OfferingVersion.category == version.category,
            Offering.provider_id != version.offering.provider_id,
        )
        .order_by(OfferingVersion.list_price, OfferingVersion.id)
    ).all()
    prices = [peer.list_price for peer in peers]
    nearest = sorted(peers, key=lambda peer: abs(peer.list_price - version.list_price))[:_PEERS]
    return PriceCheck(
        above_market=above_market(version.list_price, version.market_price),
        peers=tuple(nearest),
        lowest=min(prices, default=None),
        median=prices[(len(prices) - 1) // 2] if prices else None,
        highest=max(prices, default=None),
    )


def approve(
    session: Session, actor: Actor, version: OfferingVersion, *, note: str = "", accepted: int | None = None
) -> None:
    """Approve product, content and price: the version is listed, the one before it superseded. The provider must be certified.

    ``accepted`` is the market figure in fen that the bureau accepts in place of the stated one; ``note`` then says why.
    BadInput by field when the price is above the figure that counts.
    """
    actor = _decides(session, actor, version)
    offering = hold_version(session, version)
    OFFERING.next(version.state, "approve", actor.role)
    if not is_certified(session, offering.provider_id, today()):
        raise Conflict(N_("这家机构现在没有有效的认定，服务产品不能上架"))
    _accept(session, actor, version, accepted, note.strip())
    listed = session.scalar(
        select(OfferingVersion).where(
            OfferingVersion.offering_id == offering.id, OfferingVersion.state == OfferingState.LISTED
        )
    )
    if listed is not None:
        change_state(session, actor, listed, OFFERING, "supersede")
    change_state(session, actor, version, OFFERING, "approve", note=note or None)
    _reviewed(version, actor, note)
    announce(session, offering)


def request_changes(session: Session, actor: Actor, version: OfferingVersion, *, note: str) -> None:
    """Send a version back with what is to be changed."""
    actor = _decides(session, actor, version)
    hold_version(session, version)
    if not note.strip():
        raise BadInput(N_("请写明需要修改什么"), field="note")
    change_state(session, actor, version, OFFERING, "request_changes", note=note)
    _reviewed(version, actor, note)
    session.flush()


def _accept(session: Session, actor: Actor, version: OfferingVersion, accepted: int | None, reason: str) -> None:
    """Keep the market figure that the bureau accepts, and hold the price against the one that counts."""
    market = version.market_price if accepted is None else accepted
    ensure_not_above(
        version.list_price,
        market,
        region_path=_region(version),
        field="accepted",
        remedy=N_("要求修改价格；有依据证明市场同类价格不低于标准价格的，填写认可的价格并写明理由"),
    )
    if market == version.market_price:
        return
    if not reason:
        raise BadInput(N_("写明为什么认可这个市场同类价格"), field="note", rule=price_rule(_region(version)))
    version.accepted_market_price = accepted
    version.accepted_by_id = actor.user_id
    version.accepted_at = now()
    version.accepted_reason = reason
    session.flush()
    decide(
        session,
        actor,
        "offering.accept_price",
        version,
        before={"market_price": version.market_price},
        after={"accepted_market_price": accepted},
        note=reason,
    )


def _region(version: OfferingVersion) -> str:
    return version.offering.provider.region.path


def _decides(session: Session, actor: Actor, version: OfferingVersion) -> Actor:
    """The reviewer's duty is in the provider's region; the version refers to it."""
    return decides_in(session, actor, version.offering.provider.region)


def _reviewed(version: OfferingVersion, actor: Actor, note: str) -> None:
    version.reviewer_id = actor.user_id
    version.region_id = version.offering.provider.region_id
    version.reviewed_at = now()
    version.review_note = note or None
