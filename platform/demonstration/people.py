"""Regions, organisations and people of the demonstration, and finding them again while the history is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, User
from accounts.passwords import hash_password
from accounts.regions import plant
from accounts.registration import MANAGER, sort_key
from accounts.sealed_secrets import keys_of
from audit.trail import record
from config import load_settings
from demonstration.accounts import PASSWORD, address, secret_of
from demonstration.script import OrganisationPart, PersonPart, Script
from demonstration.timeline import Calendar, Story
from enterprises.titles import register as register_title
from foundation.actors import Actor, Role
from foundation.clock import now
from foundation.identifiers import new_id
from vouchers.models import Voucher

_FOUNDED = 1500
_REACHED = frozenset({OrganisationKind.ENTERPRISE, OrganisationKind.PROVIDER, OrganisationKind.BUREAU})
_YEARS = timedelta(days=1095)


@dataclass
class Cast:
    """Everybody and everything that the stories share; made things are found by the keys of the script."""

    session: Session
    script: Script
    calendar: Calendar
    public_url: str
    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[tuple[str, Role], Actor] = field(default_factory=dict)
    programmes: dict[str, UUID] = field(default_factory=dict)
    offerings: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def person(self, organisation: str, *roles: Role) -> Actor:
        """The first person of an organisation in one of these roles."""
        return next(self.people[organisation, role] for role in roles if (organisation, role) in self.people)

    def buyer(self, enterprise: str) -> Actor:
        """Who orders and confirms for an enterprise."""
        return self.person(enterprise, Role.ENTERPRISE_MEMBER, Role.ENTERPRISE_MANAGER)

    def clerk(self, provider: str) -> Actor:
        """Who files for a provider."""
        return self.person(provider, Role.PROVIDER_MEMBER, Role.PROVIDER_MANAGER)

    def vouchers_of(self, programme_id: UUID, enterprise: str) -> Sequence[Voucher]:
        """The vouchers of an enterprise in a programme, oldest first."""
        return self.session.scalars(
            select(Voucher)
            .where(Voucher.programme_id == programme_id, Voucher.enterprise_id == self.organisations[enterprise].id)
            .order_by(Voucher.issued_at)
        ).all()

    def office(self, provider: str, role: Role) -> Actor:
        """The bureau's person in charge of a provider: the city's own, the nation's for the others."""
        city = self.person("bureau", role)
        return city if city.sees_region(self.organisations[provider].region.path) else self.person("nation", role)


def gather(cast: Cast) -> Story:
    """Enter organisations and people, long before anything happens; one hash of the one password serves all."""
    yield cast.calendar.moment(_FOUNDED)
    regions = plant(cast.session)
    shared_hash = hash_password(PASSWORD)
    for place, part in enumerate(cast.script.organisations, start=1):
        organisation = Organisation(
            kind=part.kind,
            name=part.name,
            name_sort=sort_key(part.name),
            uscc=invented_uscc(part, place),
            region=regions[part.region],
            # Only zeros: nobody is called by mistake.
            phone=f"0000-00000{place:02d}" if part.kind in _REACHED else None,
        )
        cast.session.add(organisation)
        cast.organisations[part.key] = organisation
        for person in cast.script.people:
            if person.organisation == part.key:
                _admit(cast, person, organisation, shared_hash)


def enter_titles(cast: Cast) -> Story:
    """The bureau's register of titles, from the oldest."""
    officer = cast.person("bureau", Role.OFFICER)
    for part in sorted(cast.script.titles, key=lambda each: -each.granted):
        yield cast.calendar.moment(part.granted)
        first = cast.calendar.day(part.granted)
        register_title(
            cast.session,
            officer,
            uscc=cast.organisations[part.enterprise].uscc,
            level=part.level,
            batch=part.batch,
            document=f"演示文件〔{first.year}〕1号（虚构）",
            valid_from=first,
            valid_to=first + _YEARS,
        )


def invented_uscc(part: OrganisationPart, number: int) -> str:
    """A code with a right check character whose registration number only counts up: no real body has it."""
    body = f"{'11' if part.kind not in MANAGER else '91'}{part.region}{number:09d}"
    return body + str(uscc.calc_check_digit(body))


def _admit(cast: Cast, person: PersonPart, organisation: Organisation, password_hash: str) -> None:
    secret = secret_of(person)
    user_id = new_id()
    user = User(
        id=user_id,
        email=address(person),
        name=person.name,
        password_hash=password_hash,
        totp_secret=keys_of(load_settings()).seal(user_id, secret) if secret else None,
        totp_confirmed_at=now() if secret else None,
    )
    membership = Membership(user=user, organisation=organisation, role=person.role, state=MembershipState.ACTIVE)
    cast.session.add(membership)
    cast.session.flush()
    actor = Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        role=person.role,
        region_path=organisation.region.path,
    )
    facts = {"organisation": organisation.name, "role": person.role.value, "state": membership.state.value}
    record(cast.session, actor, "memberships.registered", membership, after=facts)
    cast.people.setdefault((person.organisation, person.role), actor)
