"""Read models of organisations and regions, as the lists of all rooms show them."""

from accounts.models import Organisation, Region
from foundation.reading import ReadModel


class Place(ReadModel):
    """A region."""

    code: str
    name: str


class NamedOrganisation(ReadModel):
    """An organisation by name and unified social credit code."""

    uscc: str
    name: str


def place(region: Region) -> Place:
    """The read model of a region."""
    return Place(code=region.code, name=region.name)


def named(organisation: Organisation) -> NamedOrganisation:
    """The read model of an organisation."""
    return NamedOrganisation(uscc=organisation.uscc, name=organisation.name)
