"""Reads of accounts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, Region, SignIn, User
from foundation.actors import Actor, Role
from foundation.pages import Page, page_of

_MANAGERS = frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER})


def region_choices(session: Session) -> list[tuple[str, str]]:
    """All regions for a select: id and the name with its depth shown, top first."""
    rows = session.scalars(select(Region).order_by(Region.path))
    return [(str(row.id), "　" * (row.path.count("/") - 1) + row.name) for row in rows]


def members(session: Session, actor: Actor, number: int) -> Page[Membership]:
    """People of the own organisation; all people for an administrator, and none of their business."""
    query = select(Membership).where(Membership.state != MembershipState.ENDED).order_by(Membership.created_at)
    if actor.role is not Role.ADMINISTRATOR:
        query = query.where(Membership.organisation_id == actor.organisation_id)
    return page_of(session, query, number)


def requests_to_join(session: Session, actor: Actor) -> list[Membership]:
    """People who wait for the manager of the own organisation."""
    query = select(Membership).where(
        Membership.organisation_id == actor.organisation_id, Membership.state == MembershipState.REQUESTED
    )
    return list(session.scalars(query.order_by(Membership.created_at)).unique())


def open_sign_ins(session: Session, user_id: UUID, *, since: datetime) -> list[SignIn]:
    """Where a person is signed in and was seen ``since`` then, newest first."""
    query = select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.last_seen_at >= since)
    return list(session.scalars(query.order_by(SignIn.last_seen_at.desc()).limit(50)).unique())


def contacts(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, User]:
    """Whom to ask at each of these organisations: a manager, else whoever has been there longest."""
    managers_first = case((Membership.role.in_(_MANAGERS), 0), else_=1)
    query = (
        select(Membership)
        .where(Membership.organisation_id.in_(organisation_ids), Membership.state == MembershipState.ACTIVE)
        .order_by(managers_first, Membership.created_at, Membership.id)
    )
    found: dict[UUID, User] = {}
    for membership in session.scalars(query).unique():
        found.setdefault(membership.organisation_id, membership.user)
    return found


def bureau_in_charge(session: Session, region: Region) -> Organisation | None:
    """The bureau of the region, or of the nearest region above that has one."""
    above = [region.path[: place + 1] for place, letter in enumerate(region.path) if letter == "/"]
    query = select(Organisation).join(Organisation.region)
    query = query.where(Organisation.kind == OrganisationKind.BUREAU, Region.path.in_(above))
    return session.scalar(query.order_by(Region.path.desc(), Organisation.created_at).limit(1))


def organisation_of(session: Session, organisation_id: UUID) -> Organisation:
    """The organisation with this id."""
    return session.get_one(Organisation, organisation_id)


def organisation_by_uscc(session: Session, uscc: str) -> Organisation | None:
    """The organisation with this code."""
    return session.scalar(select(Organisation).where(Organisation.uscc == uscc))


def organisations_below(path: str) -> Select[UUID]:
    """The ids of all organisations in a region and below, for use inside other queries."""
    return select(Organisation.id).join(Organisation.region).where(Region.path.startswith(path, autoescape=True))
