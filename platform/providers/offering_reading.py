"""Read models of one offering with all its versions, and of the version from which a change starts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from audit.models import AuditEvent
from audit.reading import HistoryEvent, history_events
from files.models import Attachment
from files.reading import AttachedFile, attached
from foundation.actors import Actor
from foundation.reading import Moment, Money, ReadModel
from providers.models import OfferingState, OfferingVersion
from providers.price_review import PriceCheck
from providers.public_reading import OfferedService, offered_service
from providers.queries import current_among, is_own, listed_among
from providers.states import OFFERING


class VersionOfOffering(ReadModel):
    """One of the versions of an offering."""

    version: int
    state: OfferingState
    list_price: Money
    charged_price: Money
    reviewed_at: Moment | None


class PeerService(ReadModel):
    """A listed service of another provider, beside which a price is looked at."""

    number: str
    name: str
    provider: str
    list_price: Money
    charged_price: Money


class CheckedPrice(ReadModel):
    """A price beside the stated market figure and beside the list prices of others; null where nobody lists the like."""

    above_market: bool
    lowest: Money | None
    median: Money | None
    highest: Money | None
    peers: tuple[PeerService, ...]


class OfferingCase(ReadModel):
    """An offering for one reader: its current version with what is between provider and bureau, and all versions.

    ``listed_version`` is which version stands in the catalogue, ``since`` is when the version came to whoever has it now,
    ``own`` says whether the reader acts for the provider, ``deeds`` are what the reader can do. The history is oldest first.
    """

    service: OfferedService
    state: OfferingState
    market_price: Money
    accepted_market_price: Money | None
    accepted_reason: str | None
    accepted_at: Moment | None
    yearly_revenue: Money | None
    yearly_enterprises: int | None
    review_note: str | None
    since: Moment
    listed_version: int | None
    versions: tuple[VersionOfOffering, ...]
    check: CheckedPrice | None
    own: bool
    certified: bool
    deeds: frozenset[str]
    files: tuple[AttachedFile, ...]
    history: tuple[HistoryEvent, ...]


class OfferingToChange(ReadModel):
    """The version from which a change starts, beside its form."""

    number: str
    name: str
    state: OfferingState
    review_note: str | None


def offering_deeds(actor: Actor, versions: Sequence[OfferingVersion], *, acts: bool) -> frozenset[str]:
    """What the actor can do with the offering now; ``acts`` is false for a bureau that does not decide in its region."""
    if not acts:
        return frozenset()
    version, listed = current_among(versions), listed_among(versions)
    deeds = {event for event in OFFERING.events if OFFERING.allowed(version.state, event, actor.role)}
    if listed is not None and OFFERING.allowed(listed.state, "delist", actor.role):
        deeds.add("delist")
    return frozenset(deeds - {"supersede"})


def offering_case(
    actor: Actor,
    versions: Sequence[OfferingVersion],
    *,
    deeds: frozenset[str],
    certified: bool,
    check: PriceCheck | None,
    events: Sequence[AuditEvent],
    files: Iterable[Attachment],
) -> OfferingCase:
    """An offering as ``actor`` sees it, by its versions, newest first, and the events of all of them."""
    version, listed = current_among(versions), listed_among(versions)
    return OfferingCase(
        service=offered_service(version),
        state=version.state,
        market_price=version.market_price,
        accepted_market_price=version.accepted_market_price,
        accepted_reason=version.accepted_reason,
        accepted_at=version.accepted_at,
        yearly_revenue=version.yearly_revenue,
        yearly_enterprises=version.yearly_enterprises,
        review_note=version.review_note,
        since=_since(version, events),
        listed_version=None if listed is None else listed.version,
        versions=tuple(
            VersionOfOffering(
                version=one.version,
                state=one.state,
                list_price=one.list_price,
                charged_price=one.charged_price,
                reviewed_at=one.reviewed_at,
            )
            for one in versions
        ),
        check=None if check is None else _checked(check),
        own=is_own(actor, version.offering.provider_id),
        certified=certified,
        deeds=deeds,
        files=tuple(attached(file) for file in files),
        history=history_events(events),
    )


def offering_to_change(version: OfferingVersion) -> OfferingToChange:
    """The version as the form for a change shows it."""
    return OfferingToChange(
        number=version.offering.number, name=version.name, state=version.state, review_note=version.review_note
    )


def _since(version: OfferingVersion, events: Iterable[AuditEvent]) -> datetime:
    at = {event.action.removeprefix("offering."): event.at for event in events if event.subject_id == version.id}
    begun = at.get("start", version.created_at)
    if version.state is OfferingState.IN_REVIEW:
        return at.get("submit", begun)
    return at.get("request_changes", at.get("withdraw", begun))


def _checked(check: PriceCheck) -> CheckedPrice:
    return CheckedPrice(
        above_market=check.above_market,
        lowest=check.lowest,
        median=check.median,
        highest=check.highest,
        peers=tuple(
            PeerService(
                number=peer.offering.number,
                name=peer.name,
                provider=peer.offering.provider.name,
                list_price=peer.list_price,
                charged_price=peer.charged_price,
            )
            for peer in check.peers
        ),
    )
