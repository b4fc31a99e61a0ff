"""The read models of people: the members of organisations, and what a person sees of the own account."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.lockout import locked
from accounts.models import Membership, MembershipState, SignIn
from accounts.queries import unmanaged_among
from accounts.reading import NamedOrganisation, named
from accounts.staff import of_both_sides
from foundation.actors import Actor, Role
from foundation.reading import Moment, ReadModel


class MemberRow(ReadModel):
    """A membership in the list of people; ``locked_until`` is null for whoever is not locked now.

    ``managed``: somebody of the own organisation can admit. ``both_sides``: acts in a bureau and in a treasury as well.
    """

    id: UUID
    user_id: UUID
    person: str
    email: str
    organisation: str
    role: Role
    state: MembershipState
    at: Moment
    locked_until: Moment | None
    managed: bool
    both_sides: bool


class OwnMembership(ReadModel):
    """An organisation for which the person can act; ``present`` is the one for which the person acts now."""

    id: UUID
    organisation: str
    role: Role
    present: bool


class OpenSignIn(ReadModel):
    """Where the person is signed in; ``here`` is this browser."""

    last_seen_at: Moment
    ends_at: Moment
    ip: str | None
    agent: str | None
    here: bool


class OwnOrganisation(ReadModel):
    """The organisation for which the person acts now, and how it is reached."""

    organisation: NamedOrganisation
    region: str
    phone: str | None
    address: str | None
    role: Role
    email: str


def member_rows(
    members: Sequence[Membership], *, unmanaged: Collection[UUID], both_sides: Collection[UUID]
) -> list[MemberRow]:
    """Memberships in their order; ``unmanaged`` are memberships, ``both_sides`` people."""
    return [
        MemberRow(
            id=one.id,
            user_id=one.user_id,
            person=one.user.name,
            email=one.user.email,
            organisation=one.organisation.name,
            role=one.role,
            state=one.state,
            at=one.created_at,
            locked_until=one.user.locked_until if locked(one.user) else None,
            managed=one.id not in unmanaged,
            both_sides=one.user_id in both_sides,
        )
        for one in members
    ]


def people_seen_by(session: Session, actor: Actor, members: Sequence[Membership]) -> list[MemberRow]:
    """Memberships in their order; who is unmanaged and who acts on both sides is for the administrator alone."""
    if actor.role is not Role.ADMINISTRATOR:
        return member_rows(members, unmanaged=(), both_sides=())
    return member_rows(
        members,
        unmanaged=unmanaged_among(session, members),
        both_sides=of_both_sides(session, [one.user_id for one in members]),
    )


def own_memberships(memberships: Sequence[Membership], present: SignIn | None) -> list[OwnMembership]:
    """Memberships in their order."""
    return [
        OwnMembership(
            id=one.id,
            organisation=one.organisation.name,
            role=one.role,
            present=present is not None and present.membership_id == one.id,
        )
        for one in memberships
    ]


def open_sign_ins(rows: Sequence[SignIn], present: SignIn | None) -> list[OpenSignIn]:
    """Sign-ins in their order."""
    return [
        OpenSignIn(
            last_seen_at=one.last_seen_at,
            ends_at=one.ends_at,
            ip=one.ip,
            agent=one.agent,
            here=present is not None and one.id == present.id,
        )
        for one in rows
    ]


def own_organisation(own: Membership | None) -> OwnOrganisation | None:
    """The organisation of a membership; None for a person who acts for none."""
    if own is None:
        return None
    return OwnOrganisation(
        organisation=named(own.organisation),
        region=own.organisation.region.name,
        phone=own.organisation.phone,
        address=own.organisation.address,
        role=own.role,
        email=own.user.email,
    )
