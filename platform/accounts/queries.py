"""Reads of accounts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from accounts.models import Membership, MembershipState, Organisation, OrganisationKind, Region, User
from foundation.actors import ENTERPRISE, PROVIDER, Actor, Role
from foundation.clock import now
from foundation.i18n import N_
from foundation.many import among
from foundation.pages import Page, page_of

MANAGERS: Final = frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER})


def region_choices(session: Session) -> list[tuple[str, str]]:
    """All regions for a select: id and the name with its depth shown, top first."""
    rows = session.scalars(select(Region).order_by(Region.path))
    return [(str(row.id), "　" * (row.path.count("/") - 1) + row.name) for row in rows]


STANDINGS: Final = {"requested": N_("待同意"), "locked": N_("已锁定"), "active": N_("有效")}
"""By what a list of people is filtered, in words."""


def members(session: Session, actor: Actor, number: int, *, words: str = "", standing: str = "") -> Page[Membership]:
    """People of the own organisation; all people for an administrator, and none of their business.

    Who asks to join comes first, then the rest in the order of their coming.
    """
    query = (
        select(Membership)
        .join(Membership.user)
        .join(Membership.organisation)
        .where(Membership.state != MembershipState.ENDED)
        .order_by((Membership.state != MembershipState.REQUESTED), Membership.created_at, Membership.id)
    )
    if actor.role is not Role.ADMINISTRATOR:
        query = query.where(Membership.organisation_id == actor.organisation_id)
    if words:
        columns = (User.name, User.email, Organisation.name, Organisation.uscc)
        query = query.where(or_(*(column.contains(words, autoescape=True) for column in columns)))
    if standing == "locked":
        query = query.where(User.locked_until > now())
    elif standing in {"requested", "active"}:
        query = query.where(Membership.state == standing)
    return page_of(session, query, number)


def locked_out(session: Session, most: int) -> Page[Membership]:
    """Whose account is locked now, each once and the first to be free first, for the administrator's desk."""
    once = (
        select(Membership.id)
        .join(Membership.user)
        .where(User.locked_until > now(), Membership.state == MembershipState.ACTIVE)
        .ext(distinct_on(Membership.user_id))
        .order_by(Membership.user_id, Membership.created_at)
    )
    query = select(Membership).join(Membership.user).where(Membership.id.in_(once))
    return page_of(session, query.order_by(User.locked_until, Membership.id), 1, most)


def open_requests(session: Session, most: int, *, managed: bool) -> Page[Membership]:
    """Who asks to join an organisation with a manager who can admit (``managed``), or one without, oldest first."""
    has_manager = _has_manager()
    query = select(Membership).where(
        Membership.state == MembershipState.REQUESTED, has_manager if managed else ~has_manager
    )
    return page_of(session, query.order_by(Membership.created_at, Membership.id), 1, most)


def unmanaged_among(session: Session, memberships: Collection[Membership]) -> set[UUID]:
    """Which of these ask to join an organisation in which nobody can admit them."""
    asking = [one.id for one in memberships if one.state is MembershipState.REQUESTED]
    return set(session.scalars(select(Membership.id).where(among(Membership.id, asking), ~_has_manager())))


def _has_manager() -> ColumnElement[bool]:
    other = aliased(Membership)
    return exists().where(
        other.organisation_id == Membership.organisation_id,
        other.role.in_(MANAGERS),
        other.state == MembershipState.ACTIVE,
    )


def people_count(session: Session) -> int:
    """How many accounts are in use."""
    living = select(Membership.user_id).where(Membership.state == MembershipState.ACTIVE).distinct()
    return session.scalar(select(func.count()).select_from(living.subquery())) or 0


def requests_to_join(session: Session, actor: Actor) -> list[Membership]:
    """People who wait for the manager of the own organisation."""
    query = select(Membership).where(
        Membership.organisation_id == actor.organisation_id, Membership.state == MembershipState.REQUESTED
    )
    return list(session.scalars(query.order_by(Membership.created_at)).unique())


def contacts(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, User]:
    """Whom to ask at each of these organisations: a manager, else whoever has been there longest."""
    managers_first = case((Membership.role.in_(MANAGERS), 0), else_=1)
    query = (
        select(Membership)
        .where(among(Membership.organisation_id, organisation_ids), Membership.state == MembershipState.ACTIVE)
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


def organisations_below(path: str) -> Select[UUID]:
    """The ids of all organisations in a region and below, for use inside other queries."""
    return select(Organisation.id).join(Organisation.region).where(Region.path.startswith(path, autoescape=True))


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody of an office holds, and where the office is."""

    role: Role
    organisation_id: UUID
    region_path: str


def staff_roles(session: Session) -> list[Held]:
    """Who is there to do the work of bureaus, treasuries and the operator: each held role once for an office."""
    rows = session.execute(
        select(Membership.role, Organisation.id, Region.path)
        .join(Membership.organisation)
        .join(Organisation.region)
        .where(Membership.state == MembershipState.ACTIVE, Membership.role.not_in([*ENTERPRISE, *PROVIDER]))
        .distinct()
    )
    return [Held(*row) for row in rows]
