"""Read models of a programme's own page and of an enterprise's place in its line."""

from uuid import UUID

from accounts.reading import NamedOrganisation, Place, named, place
from foundation.reading import Money, ReadModel
from vouchers.models import Programme, ProgrammeState, VoucherClaim
from vouchers.terms import current_version


class ProgrammeCase(ReadModel):
    """A programme with the offices that answer for it; ``proposed`` when newer rules wait for a second person."""

    number: str
    name: str
    summary: str
    state: ProgrammeState
    version: int
    proposed: bool
    place: Place
    bureau: NamedOrganisation
    treasury: NamedOrganisation
    treasury_id: UUID
    drafted_by_id: UUID | None


class ClaimInLine(ReadModel):
    """An open claim and the version of the rules that it was made under."""

    number: str
    requested: Money
    version: int


def programme_case(programme: Programme) -> ProgrammeCase:
    """The programme with its versions and offices as they were read with it."""
    version = current_version(programme)
    return ProgrammeCase(
        number=programme.number,
        name=programme.name,
        summary=programme.summary,
        state=programme.state,
        version=version.version,
        proposed=programme.versions[-1] is not version,
        place=place(programme.region),
        bureau=named(programme.bureau),
        treasury=named(programme.treasury),
        treasury_id=programme.treasury_id,
        drafted_by_id=programme.drafted_by_id,
    )


def claim_in_line(claim: VoucherClaim) -> ClaimInLine:
    """The claim as its enterprise sees it while it waits."""
    return ClaimInLine(number=claim.number, requested=claim.requested, version=claim.programme_version.version)
