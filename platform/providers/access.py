"""Whose thing it is and which bureau it is: asked by every verb of this room."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.duties import decides_in
from foundation.actors import PROVIDER, Actor
from foundation.locking import lock_row
from providers.models import Certification, CertificationState, Offering, OfferingVersion


def ensure_own(actor: Actor, organisation_id: UUID) -> None:
    """NotFound unless a person of the provider itself acts."""
    if actor.role not in PROVIDER or actor.organisation_id != organisation_id:
        raise not_here()


def hold_for_bureau(session: Session, actor: Actor, certification: Certification) -> Actor:
    """``decides_in`` for the provider's region, then lock the certification and read it anew: two may decide at once.

    Returns the actor as the deed records it.
    """
    region = certification.organisation.region
    acting = decides_in(session, actor, region)
    lock_row(session, Certification, certification.id).region_id = region.id
    return acting


def hold_version(session: Session, version: OfferingVersion) -> Offering:
    """Lock the offering and read the version anew: two people may have the same one before them."""
    offering = lock_row(session, Offering, version.offering_id)
    session.refresh(version)
    return offering


def valid_on(day: date) -> tuple[Any, ...]:
    """Conditions of a certificate that holds on ``day``."""
    return (
        Certification.state.in_([CertificationState.CERTIFIED, CertificationState.RENEWAL_DUE]),
        Certification.valid_from <= day,
        Certification.valid_to >= day,
    )


def certified_on(day: date) -> Select[Any]:
    """Select of the providers that hold a certificate on ``day``."""
    return select(Certification.organisation_id).where(*valid_on(day))
