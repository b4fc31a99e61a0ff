"""A bureau acts for itself: one above sees, and acts only by an express delegation that the trail shows at each deed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from accounts.current import not_here
from accounts.models import Delegation, Organisation, OrganisationKind, Region
from accounts.queries import bureau_in_charge
from audit.trail import record
from foundation.actors import BUREAU, Actor, Principal, Role
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row
from foundation.pages import PAGE_SIZE, Page, page_of


def ensure_acts_for(session: Session, actor: Actor, bureau_id: UUID, *, programme_id: UUID | None = None) -> Actor:
    """The actor as the deed records it, when the thing is the own bureau's or delegated to it.

    NotAllowed for a bureau that only sees it, NotFound for everybody else. ``programme_id`` is the thing's programme: a
    delegation may be for one programme only.
    """
    if actor.role in BUREAU and actor.organisation_id == bureau_id:
        return actor
    bureau = session.get_one(Organisation, bureau_id)
    if actor.role not in BUREAU or not actor.sees_region(bureau.region.path):
        raise not_here()
    lent = select(Delegation).where(Delegation.from_bureau_id == bureau_id, *_lent_to(actor), _covers(programme_id))
    return _acting(session, actor, lent, bureau)


def ensure_acts_in(session: Session, actor: Actor, region: Region) -> Actor:
    """As ``ensure_acts_for``, for a thing of an organisation: its own bureau is that of its region.

    Where the region has no bureau it is the nearest one above; several bureaus of that region are all in charge.
    """
    if actor.role not in BUREAU or not actor.sees_region(region.path):
        raise not_here()
    bureau = bureau_in_charge(session, region)
    if bureau is None or bureau.region.path == actor.region_path:
        return actor
    return _acting(session, actor, _lent_by(actor, bureau), bureau)


def _lent_by(actor: Actor, bureau: Organisation) -> Select[Delegation]:
    """What the bureau, or another of its region, lends to the actor's for everything."""
    return (
        select(Delegation)
        .join(Organisation, Organisation.id == Delegation.from_bureau_id)
        .where(Organisation.region_id == bureau.region_id, *_lent_to(actor), _covers(None))
    )


def acts_for(
    actor: Actor, bureau: SQLColumnExpression[UUID], programme: SQLColumnExpression[UUID] | None = None
) -> ColumnElement[bool]:
    """The condition of ``ensure_acts_for`` over columns, for desks and pages.

    What is lent names no column of the rows, so it is read once and not for each of them.
    """
    if actor.role not in BUREAU:
        return false()
    everything = select(Delegation.from_bureau_id).where(*_lent_to(actor), _covers(None))
    found = or_(bureau == actor.organisation_id, bureau.in_(everything))
    if programme is None:
        return found
    single = select(Delegation.from_bureau_id, Delegation.programme_id).where(
        *_lent_to(actor), Delegation.programme_id.is_not(None)
    )
    return or_(found, tuple_(bureau, programme).in_(single))


def holds(
    session: Session, actor: Actor, holder: SQLColumnExpression[Any], programme: SQLColumnExpression[UUID]
) -> ColumnElement[bool]:
    """The condition of ``acts_for`` over a stored holder (``waits_for_id``), in comparisons that an index can follow.

    Asks once which offices the actor's acts for, where ``acts_for`` would look at every row.
    """
    if actor.role not in BUREAU:
        return false()
    lent = session.execute(select(Delegation.from_bureau_id, Delegation.programme_id).where(*_lent_to(actor))).all()
    whole = {actor.organisation_id, *(office for office, only in lent if only is None)}
    parts = [and_(holder == office, programme == only) for office, only in lent if only is not None]
    own = holder == actor.organisation_id if len(whole) == 1 else holder.in_(whole)
    return or_(own, *parts)


def acts_in(actor: Actor, path: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The condition of ``ensure_acts_in`` over the path of a region, for desks and pages.

    Which regions these are names no column of the rows, so it is asked once and not for each of them.
    """
    if actor.role not in BUREAU:
        return false()
    region, lender_region, below = aliased(Region), aliased(Region), aliased(Region)
    lender = aliased(Organisation)
    lenders = (
        select(lender_region.path)
        .join(lender, lender.region_id == lender_region.id)
        .join(Delegation, Delegation.from_bureau_id == lender.id)
        .where(*_lent_to(actor), _covers(None))
    )
    # From the regions of the bureau and of those that lend to it downwards, stopping where another bureau is nearer: each
    # region is looked at once, however many offices there are.
    in_charge = (
        select(region.id, region.path)
        .where(_has_bureau(region), or_(region.path == actor.region_path, region.path.in_(lenders)))
        .cte(recursive=True)
    )
    in_charge = in_charge.union_all(
        select(below.id, below.path).join(in_charge, below.parent_id == in_charge.c.id).where(~_has_bureau(below))
    )
    return path.in_(select(in_charge.c.path))


def _has_bureau(region: type[Region]) -> ColumnElement[bool]:
    office = aliased(Organisation)
    return exists().where(office.region_id == region.id, office.kind == OrganisationKind.BUREAU)


def regions_in_charge(session: Session, actor: Actor) -> Sequence[UUID]:
    """The regions of ``acts_in`` that the actor's bureau sees, asked once.

    Given as values they tell the database how many rows lie there, which it cannot guess from the beginning of a path.
    """
    query = select(Region.id).where(
        acts_in(actor, Region.path), Region.path.startswith(actor.region_path, autoescape=True)
    )
    return session.scalars(query).all()


def may_act_in(session: Session, actor: Actor, region: Region) -> bool:
    """Whether the actor's bureau is in charge of the region, itself or by delegation; for pages."""
    if actor.role not in BUREAU or not actor.sees_region(region.path):
        return False
    bureau = bureau_in_charge(session, region)
    if bureau is None or bureau.region.path == actor.region_path:
        return bureau is not None
    return session.scalar(_lent_by(actor, bureau).with_only_columns(Delegation.id).limit(1)) is not None


def may_act_for(session: Session, actor: Actor, bureau_id: UUID, programme_id: UUID | None = None) -> bool:
    """Whether a thing of this bureau is the actor's to act on; for pages."""
    if actor.role not in BUREAU:
        return False
    if actor.organisation_id == bureau_id:
        return True
    lent = select(Delegation.id).where(Delegation.from_bureau_id == bureau_id, *_lent_to(actor), _covers(programme_id))
    return session.scalar(lent.limit(1)) is not None


def give(
    session: Session,
    actor: Actor,
    *,
    to_bureau_id: UUID | None,
    programme_id: UUID | None,
    valid_from: date,
    valid_to: date,
    reason: str,
) -> Delegation:
    """Have another bureau act for the actor's own, from the first to the last day (both included).

    A reviewer decides it. BadInput by the field for an office that may not see the own things, or a time that is over.
    """
    if actor.role is not Role.REVIEWER:
        raise NotAllowed(N_("委托由本单位的复审人员作出"))
    if to_bureau_id not in {each.id for each in delegates(session, actor)}:
        raise BadInput(N_("只能委托给本地区或上级的主管部门"), field="to_bureau")
    if valid_to < max(valid_from, today()):
        raise BadInput(N_("截止日不能早于起始日，也不能早于今天"), field="valid_to")
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明委托的原因和范围"), field="reason")
    given = Delegation(
        from_bureau_id=actor.organisation_id,
        to_bureau_id=to_bureau_id,
        programme_id=programme_id,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason.strip(),
        given_by_id=actor.user_id,
    )
    session.add(given)
    session.flush()
    after = {"valid_from": valid_from.isoformat(), "valid_to": valid_to.isoformat()}
    record(
        session,
        actor,
        "delegation.give",
        given,
        after={"to": given.to_bureau.name, **after},
        note=given.reason,
    )
    return given


def end(session: Session, actor: Actor, delegation_id: UUID) -> Delegation:
    """End a delegation at once, by a reviewer of the bureau that gave it. Conflict when it has ended."""
    found = session.get(Delegation, delegation_id)
    if found is None or found.from_bureau_id != actor.organisation_id:
        raise not_here()
    if actor.role is not Role.REVIEWER:
        raise NotAllowed(N_("委托由本单位的复审人员终止"))
    found = lock_row(session, Delegation, found.id)
    if found.ended_at is not None or found.valid_to < today():
        raise Conflict(N_("这项委托已经终止或到期"), remedy=N_("刷新页面查看最新进度"))
    found.ended_at, found.ended_by_id = now(), actor.user_id
    session.flush()
    record(session, actor, "delegation.end", found, after={"to": found.to_bureau.name})
    return found


def given_by(session: Session, actor: Actor, number: int = 1) -> Page[Delegation]:
    """What the actor's bureau gave, the newest first."""
    return _page_of(session, Delegation.from_bureau_id == actor.organisation_id, number)


def received_by(session: Session, actor: Actor, number: int = 1) -> Page[Delegation]:
    """What the actor's bureau was given, the newest first."""
    return _page_of(session, Delegation.to_bureau_id == actor.organisation_id, number)


def _page_of(session: Session, mine: ColumnElement[bool], number: int) -> Page[Delegation]:
    query = select(Delegation).where(mine).order_by(Delegation.created_at.desc(), Delegation.id.desc())
    return page_of(session, query, number, PAGE_SIZE)


def delegates(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The bureaus that may act for the actor's own: those of its region and of the regions above, which see it."""
    query = (
        select(Organisation)
        .join(Organisation.region)
        .where(
            Organisation.kind == OrganisationKind.BUREAU,
            Organisation.id != actor.organisation_id,
            func.starts_with(actor.region_path, Region.path),
        )
    )
    return session.scalars(query.order_by(Region.path.desc(), Organisation.name_sort)).all()


def _lent_to(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Conditions of a delegation to the actor's bureau that holds today."""
    return (
        Delegation.to_bureau_id == actor.organisation_id,
        Delegation.ended_at.is_(None),
        Delegation.valid_from <= today(),
        Delegation.valid_to >= today(),
    )


def _covers(programme: Any) -> ColumnElement[bool]:
    """The delegation is for everything, or for this programme."""
    everything = Delegation.programme_id.is_(None)
    return everything if programme is None else or_(everything, Delegation.programme_id == programme)


def _acting(session: Session, actor: Actor, lent: Select[Delegation], bureau: Organisation) -> Actor:
    found = session.scalar(lent.order_by(Delegation.created_at).limit(1))
    if found is None:
        raise NotAllowed(
            N_("这件事由%(bureau)s办理，贵单位只能查看"),
            remedy=N_("受该单位委托后才能代为办理"),
            bureau=bureau.name,
        )
    lender = found.from_bureau
    return replace(actor, principal=Principal(lender.id, lender.name, lender.region.path))
