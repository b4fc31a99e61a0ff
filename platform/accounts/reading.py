"""Read models of organisations and regions, as the lists of all rooms show them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from accounts.models import Delegation, Organisation, Region, SecondPersonRequest
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


class DelegationRow(ReadModel):
    """A delegation between two bureaus; ``programme_id`` is null where it is of everything."""

    id: UUID
    from_bureau: NamedOrganisation
    to_bureau: NamedOrganisation
    programme_id: UUID | None
    valid_from: date
    valid_to: date
    reason: str
    ended_at: Moment | None


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


def delegation_rows(delegations: Sequence[Delegation]) -> list[DelegationRow]:
    """Delegations in their order."""
    return [delegation_row(one) for one in delegations]


def delegation_row(delegation: Delegation) -> DelegationRow:
    """The read model of a delegation; the bureaus come with it."""
    return DelegationRow(
        id=delegation.id,
        from_bureau=named(delegation.from_bureau),
        to_bureau=named(delegation.to_bureau),
        programme_id=delegation.programme_id,
        valid_from=delegation.valid_from,
        valid_to=delegation.valid_to,
        reason=delegation.reason,
        ended_at=delegation.ended_at,
    )


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
