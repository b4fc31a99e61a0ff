"""Reads of programmes, claims and vouchers, each for whoever may see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from accounts.current import not_here
from accounts.models import Organisation, OrganisationKind, Region, SecondPersonRequest
from foundation.actors import ENTERPRISE, STAFF, Actor
from foundation.many import among
from foundation.pages import Page, page_of
from vouchers.models import ClaimState, Programme, ProgrammeState, ProgrammeVersion, Voucher, VoucherClaim, VoucherState
from vouchers.states import IN_LINE
from vouchers.terms import terms_or_none

PUBLISHED = (ProgrammeState.ANNOUNCED, ProgrammeState.OPEN, ProgrammeState.CLOSED, ProgrammeState.SETTLED)


def programmes(
    session: Session, actor: Actor | None, *, words: str = "", state: ProgrammeState | None = None, number: int = 1
) -> Page[Programme]:
    """Published programmes for everybody; bureau and treasury see their region's drafts too. Newest first."""
    query = _visible(select(Programme).options(selectinload(Programme.versions)), actor)
    if words:
        query = query.where(
            or_(Programme.name.contains(words, autoescape=True), Programme.number == words.strip().upper())
        )
    if state is not None:
        query = query.where(Programme.state == state)
    return page_of(session, query.order_by(Programme.created_at.desc(), Programme.id.desc()), number)


def open_programmes(session: Session, most: int = 3) -> Sequence[Programme]:
    """Programmes from which enterprises can claim now, newest first."""
    query = select(Programme).options(selectinload(Programme.versions)).where(Programme.state == ProgrammeState.OPEN)
    return session.scalars(query.order_by(Programme.created_at.desc(), Programme.id.desc()).limit(most)).unique().all()


def programme(session: Session, actor: Actor | None, number: str) -> Programme:
    """One programme with its versions; NotFound when it is not published and not of the actor's region."""
    query = select(Programme).options(selectinload(Programme.versions), joinedload(Programme.treasury))
    found: Programme | None = session.scalar(_visible(query.where(Programme.number == number), actor))
    if found is None:
        raise not_here()
    return found


def _visible(query: Select[Any], actor: Actor | None) -> Select[Any]:
    published = Programme.state.in_(PUBLISHED)
    if actor is None or actor.role not in STAFF:
        return query.where(published)
    own = Programme.region_id.in_(select(Region.id).where(Region.path.startswith(actor.region_path, autoescape=True)))
    return query.where(or_(published, own))


@dataclass(frozen=True, slots=True)
class Line:
    """How long the line of a programme is, and what those in it ask for (fen)."""

    claims: int
    requested: int
    allotted: int


def line(session: Session, programme_id: UUID) -> Line:
    """The line of a programme: who is in it now, and how many have been served."""
    row = session.execute(
        select(
            func.count().filter(VoucherClaim.state.in_(IN_LINE)),
            func.coalesce(func.sum(VoucherClaim.requested).filter(VoucherClaim.state.in_(IN_LINE)), 0),
            func.count().filter(VoucherClaim.state == ClaimState.ALLOTTED),
        ).where(VoucherClaim.programme_id == programme_id)
    ).one()
    return Line(*(int(value) for value in row))


def position(session: Session, claim: VoucherClaim) -> tuple[int, int]:
    """The claim's place in line (1 is next) and what those before it ask for, in fen."""
    before = or_(
        VoucherClaim.queued_at < claim.queued_at,
        and_(VoucherClaim.queued_at == claim.queued_at, VoucherClaim.priority < claim.priority),
        and_(
            VoucherClaim.queued_at == claim.queued_at,
            VoucherClaim.priority == claim.priority,
            VoucherClaim.id < claim.id,
        ),
    )
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(VoucherClaim.requested), 0)).where(
            VoucherClaim.programme_id == claim.programme_id, VoucherClaim.state.in_(IN_LINE), before
        )
    ).one()
    return int(row[0]) + 1, int(row[1])


def claims_of(session: Session, enterprise_id: UUID, programme_id: UUID | None = None) -> Sequence[VoucherClaim]:
    """An enterprise's claims, newest first."""
    query = select(VoucherClaim).options(joinedload(VoucherClaim.programme))
    query = query.where(VoucherClaim.enterprise_id == enterprise_id).order_by(VoucherClaim.created_at.desc())
    if programme_id is not None:
        query = query.where(VoucherClaim.programme_id == programme_id)
    return session.scalars(query).all()


def claims_in(
    session: Session, programme: Programme, *, state: ClaimState | None = None, number: int = 1
) -> Page[VoucherClaim]:
    """The claims of a programme in the order of the line."""
    query = select(VoucherClaim).options(joinedload(VoucherClaim.programme))
    query = query.where(VoucherClaim.programme_id == programme.id)
    if state is not None:
        query = query.where(VoucherClaim.state == state)
    return page_of(session, query.order_by(VoucherClaim.queued_at, VoucherClaim.priority, VoucherClaim.id), number)


def vouchers_of(
    session: Session,
    actor: Actor,
    *,
    state: VoucherState | None = None,
    programme_number: str = "",
    number: int = 1,
) -> Page[Voucher]:
    """The enterprise's own vouchers; for staff those of programmes in their region. Newest first."""
    query = _seen(select(Voucher).join(Voucher.programme).options(joinedload(Voucher.programme)), actor)
    if state is not None:
        query = query.where(Voucher.state == state)
    if programme_number:
        query = query.where(Programme.number == programme_number.strip().upper())
    return page_of(session, query.order_by(Voucher.issued_at.desc(), Voucher.id.desc()), number)


def voucher(session: Session, actor: Actor, number: str) -> Voucher:
    """One voucher; NotFound for another enterprise's and outside the region."""
    query = select(Voucher).join(Voucher.programme)
    query = query.options(joinedload(Voucher.programme), joinedload(Voucher.programme_version))
    found: Voucher | None = session.scalar(_seen(query.where(Voucher.number == number), actor))
    if found is None:
        raise not_here()
    return found


def _seen(query: Select[Any], actor: Actor) -> Select[Any]:
    if actor.role in ENTERPRISE:
        return query.where(Voucher.enterprise_id == actor.organisation_id)
    if actor.role not in STAFF:
        raise not_here()
    regions = select(Region.id).where(Region.path.startswith(actor.region_path, autoescape=True))
    return query.where(Programme.region_id.in_(regions))


def organisations(session: Session, ids: Collection[UUID]) -> dict[UUID, Organisation]:
    """Organisations by id."""
    return {one.id: one for one in session.scalars(select(Organisation).where(among(Organisation.id, ids)))}


def requests_on(
    session: Session, actor: Actor | None, subject_id: UUID, bureau_id: UUID
) -> dict[str, SecondPersonRequest]:
    """What waits for a second person of the actor's own office on a programme or voucher of ``bureau_id``, by deed.

    That bureau sees what its delegates asked for as well.
    """
    if actor is None or actor.role not in STAFF:
        return {}
    asking = SecondPersonRequest.organisation_id
    seen = asking == actor.organisation_id
    if actor.organisation_id == bureau_id:
        seen |= asking.in_(select(Organisation.id).where(Organisation.kind == OrganisationKind.BUREAU))
    found = session.scalars(
        select(SecondPersonRequest).where(
            SecondPersonRequest.subject_id == subject_id, seen, SecondPersonRequest.outcome.is_(None)
        )
    )
    return {request.deed: request for request in found}


def programmes_of(session: Session, actor: Actor) -> Sequence[Programme]:
    """The programmes of the actor's own bureau that are not settled, newest first."""
    query = select(Programme).where(
        Programme.bureau_id == actor.organisation_id, Programme.state != ProgrammeState.SETTLED
    )
    return session.scalars(query.order_by(Programme.created_at.desc(), Programme.id.desc())).unique().all()


def programme_names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of programmes by id."""
    rows = session.execute(select(Programme.id, Programme.name).where(Programme.id.in_(ids)))
    return {row.id: row.name for row in rows}


def treasuries(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The treasuries that may fund programmes of the actor's bureau."""
    own = select(Organisation.region_id).where(Organisation.id == actor.organisation_id).scalar_subquery()
    return session.scalars(
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.TREASURY, Organisation.region_id == own)
        .order_by(Organisation.name_sort)
    ).all()


def offices(session: Session) -> Sequence[tuple[str, str, UUID, UUID]]:
    """Each region with a programme that is not settled: its name, its path, and the bureau and treasury in charge."""
    rows = session.execute(
        select(Region.name, Region.path, Programme.bureau_id, Programme.treasury_id)
        .join(Programme, Programme.region_id == Region.id)
        .where(Programme.state != ProgrammeState.SETTLED)
        .distinct()
        .order_by(Region.path)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def unreadable_programmes(session: Session) -> list[str]:
    """Numbers of the programmes of which this release cannot read a version's rules."""
    versions = select(ProgrammeVersion, Programme.number).join(ProgrammeVersion.programme).order_by(Programme.number)
    return list(
        dict.fromkeys(number for version, number in session.execute(versions) if terms_or_none(version) is None)
    )
