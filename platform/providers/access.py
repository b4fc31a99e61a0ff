"""Whose thing it is and which bureau it is: asked by every verb of this room."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from foundation.actors import BUREAU, PROVIDER, Actor
from foundation.locking import lock_row
from providers.models import Certification, CertificationState, Offering, OfferingVersion


def ensure_own(actor: Actor, organisation_id: UUID) -> None:
    """NotFound unless a person of the provider itself acts."""
    if actor.role not in PROVIDER or actor.organisation_id != organisation_id:
        raise not_here()


def ensure_bureau(actor: Actor, region_path: str) -> None:
    """NotFound unless a person of a bureau acts that has the region in its care."""
    if actor.role not in BUREAU or not actor.sees_region(region_path):
        raise not_here()


def hold_for_bureau(session: Session, actor: Actor, certification: Certification) -> None:
    """``ensure_bureau``, then lock the certification and read it anew: two people may decide about it at once."""
    ensure_bureau(actor, certification.organisation.region.path)
    lock_row(session, Certification, certification.id)


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
