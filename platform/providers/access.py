"""Whose thing it is and which bureau it is: asked by every verb of this room."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from accounts.current import not_here
from foundation.actors import BUREAU, PROVIDER, STAFF, Actor
from providers.models import Certification, CertificationState


def ensure_own(actor: Actor, organisation_id: UUID) -> None:
    """NotFound unless a person of the provider itself acts."""
    if actor.role not in PROVIDER or actor.organisation_id != organisation_id:
        raise not_here()


def ensure_bureau(actor: Actor, region_path: str) -> None:
    """NotFound unless a person of a bureau acts that has the region in its care."""
    if actor.role not in BUREAU or not actor.sees_region(region_path):
        raise not_here()


def may_see(actor: Actor, organisation_id: UUID, region_path: str) -> bool:
    """The provider itself, and the staff of its region and above."""
    if actor.role in PROVIDER:
        return actor.organisation_id == organisation_id
    return actor.role in STAFF and actor.sees_region(region_path)


def certified_on(day: date) -> Select[Any]:
    """Select of the providers that hold a certificate on ``day``."""
    return select(Certification.organisation_id).where(
        Certification.state.in_([CertificationState.CERTIFIED, CertificationState.RENEWAL_DUE]),
        Certification.valid_from <= day,
        Certification.valid_to >= day,
    )
