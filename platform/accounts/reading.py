"""Read models of organisations and regions, as the lists of all rooms show them."""

from uuid import UUID

from accounts.models import Organisation, Region, SecondPersonRequest
from foundation.reading import Moment, Money, ReadModel


class Place(ReadModel):
    """A region."""

    code: str
    name: str


class NamedOrganisation(ReadModel):
    """An organisation by name and unified social credit code."""

    uscc: str
    name: str


class OfficeContact(ReadModel):
    """An office that a reader can turn to."""

    name: str
    phone: str | None


class SecondPersonAsked(ReadModel):
    """A deed that waits for a second person of the office ``organisation_id``; ``amount`` is what it would move."""

    deed: str
    organisation_id: UUID
    asked_by_id: UUID
    asked_by: str
    asked_at: Moment
    reason: str
    amount: Money | None


def place(region: Region) -> Place:
    """The read model of a region."""
    return Place(code=region.code, name=region.name)


def named(organisation: Organisation) -> NamedOrganisation:
    """The read model of an organisation."""
    return NamedOrganisation(uscc=organisation.uscc, name=organisation.name)


def contact(organisation: Organisation) -> OfficeContact:
    """The read model of an office that a reader can turn to."""
    return OfficeContact(name=organisation.name, phone=organisation.phone)


def second_person_asked(request: SecondPersonRequest) -> SecondPersonAsked:
    """The read model of a request for a second person."""
    return SecondPersonAsked(
        deed=request.deed,
        organisation_id=request.organisation_id,
        asked_by_id=request.asked_by_id,
        asked_by=request.asked_by.name,
        asked_at=request.created_at,
        reason=request.reason,
        amount=request.facts.get("amount"),
    )
