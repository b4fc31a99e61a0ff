"""Reads of certifications and offerings for pages and desks."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.delegation import regions_in_charge
from accounts.models import Organisation, OrganisationKind, Region
from audit.models import AuditEvent
from files.access import files_of
from files.models import Attachment
from foundation.actors import BUREAU, PROVIDER, STAFF, Actor
from foundation.clock import today
from foundation.database import Base
from foundation.desk import Task
from foundation.many import among
from foundation.pages import PAGE_SIZE, Page, page_of
from foundation.rooms import MOST_FOUND
from foundation.waiting import urgency
from notices.models import PublicNotice
from providers.access import certified_on, valid_on
from providers.models import Certification, CertificationState, Offering, OfferingState, OfferingVersion

OPEN_VERSIONS = (OfferingState.DRAFT, OfferingState.IN_REVIEW, OfferingState.CHANGES_REQUESTED)
# What an office sees of it.
_CERTIFICATION_SENT = Certification.state != CertificationState.DRAFT
_VERSION_SENT = OfferingVersion.state != OfferingState.DRAFT


def certifications(
    session: Session, actor: Actor, *, state: CertificationState | None, words: str = "", number: int
) -> Page[Certification]:
    """The provider's own; for staff those of their region that were submitted. ``words``: number or provider."""
    query = _certifications_of(actor)
    if words:
        query = query.where(
            or_(
                Certification.number.contains(words.upper(), autoescape=True),
                Certification.organisation_id.in_(_named(words)),
            )
        )
    if state is not None:
        query = query.where(Certification.state == state)
    return page_of(session, query.order_by(Certification.created_at.desc(), Certification.id.desc()), number)


def _named(words: str) -> Select[UUID]:
    """The ids of organisations by part of the name or by code, for use inside other queries."""
    return select(Organisation.id).where(
        or_(Organisation.name.contains(words, autoescape=True), Organisation.uscc == words.upper())
    )


def waiting_certifications(session: Session, actor: Actor, tasks: Collection[Task], most: int) -> Page[Certification]:
    """Those that wait for one of these tasks and are the person's, the most urgent first; for the desk."""
    query = _certifications_of(actor)
    if actor.role in BUREAU:
        # A bureau sees its region and below; what waits for it is what it is in charge of.
        here = among(Organisation.region_id, regions_in_charge(session, actor))
        query = select(Certification).join(Certification.organisation).where(here, _CERTIFICATION_SENT)
    query = query.where(Certification.waits_task.in_([one.id for one in tasks]))
    return page_of(session, query.order_by(urgency(Certification), Certification.id), 1, most)


def has_applied(session: Session, actor: Actor) -> bool:
    """Whether the provider has begun an application at any time."""
    return session.scalar(_certifications_of(actor).with_only_columns(Certification.id).limit(1)) is not None


def certification_by_number(session: Session, actor: Actor, number: str) -> Certification:
    """One certification; NotFound for whoever may not see it, and for staff while it is a draft."""
    found: Certification | None = session.scalar(_certifications_of(actor).where(Certification.number == number))
    if found is None:
        raise not_here()
    return found


def notice_of(session: Session, certification: Certification) -> PublicNotice | None:
    """The public notice about a certification."""
    return session.get(PublicNotice, certification.notice_id) if certification.notice_id else None


def may_see_certification(session: Session, actor: Actor, certification_id: UUID) -> bool:
    """Authoriser of the files of certifications."""
    query = _certifications_of(actor).where(Certification.id == certification_id)
    return session.scalar(query) is not None


def offerings(
    session: Session, actor: Actor, *, state: OfferingState | None, words: str = "", number: int
) -> Page[OfferingVersion]:
    """Versions: the provider's own; for staff those of their region that were ever submitted. Superseded ones are history.

    ``words``: name or number of the service, or its provider.
    """
    query = _versions_of(actor)
    if words:
        query = query.where(
            or_(
                OfferingVersion.name.contains(words, autoescape=True),
                Offering.number.contains(words.upper(), autoescape=True),
                Offering.provider_id.in_(_named(words)),
            )
        )
    if state is not None:
        query = query.where(OfferingVersion.state == state)
    else:
        query = query.where(OfferingVersion.state != OfferingState.SUPERSEDED)
    return page_of(session, query.order_by(OfferingVersion.created_at.desc(), OfferingVersion.id.desc()), number)


def waiting_versions(session: Session, actor: Actor, task: Task, most: int) -> Page[OfferingVersion]:
    """Those that wait for this task and are the person's, the most urgent first; for the desk."""
    query = _versions_of(actor)
    if actor.role in BUREAU:
        here = among(Organisation.region_id, regions_in_charge(session, actor))
        query = (
            select(OfferingVersion).join(OfferingVersion.offering).join(Offering.provider).where(here, _VERSION_SENT)
        )
    query = query.where(OfferingVersion.waits_task == task.id)
    return page_of(session, query.order_by(urgency(OfferingVersion), OfferingVersion.id), 1, most)


def versions_of(session: Session, actor: Actor, number: str) -> list[OfferingVersion]:
    """All versions of an offering that the person may see, newest first; NotFound when there is none."""
    query = _versions_of(actor).where(Offering.number == number)
    found = list(session.scalars(query.order_by(OfferingVersion.version.desc())).unique())
    if not found:
        raise not_here()
    return found


def may_see_version(session: Session, actor: Actor, version_id: UUID) -> bool:
    """Authoriser of the files of offerings: evidence of prices is between provider and staff."""
    return session.scalar(_versions_of(actor).where(OfferingVersion.id == version_id)) is not None


def attachments(session: Session, subject: Base) -> list[Attachment]:
    """The files of a thing, oldest first."""
    return files_of(session, subject.__tablename__, [subject.id])[subject.id]


def history(session: Session, *subjects: Base) -> list[AuditEvent]:
    """What the audit trail says about things of one kind, oldest first."""
    query = select(AuditEvent).where(
        AuditEvent.subject_type == subjects[0].__tablename__,
        among(AuditEvent.subject_id, [each.id for each in subjects]),
    )
    return list(session.scalars(query.order_by(AuditEvent.sequence)))


def listed(session: Session, ids: Sequence[UUID]) -> list[OfferingVersion]:
    """The listed versions of these offerings in their order; what may not be shown any more is left out."""
    query = select(OfferingVersion).join(OfferingVersion.offering).where(among(Offering.id, ids))
    found = {version.offering_id: version for version in session.scalars(_public(query, today())).unique()}
    return [found[each] for each in ids if each in found]


def listed_by_number(session: Session, number: str) -> OfferingVersion:
    """The public version of an offering."""
    query = select(OfferingVersion).join(OfferingVersion.offering).where(Offering.number == number)
    found: OfferingVersion | None = session.scalar(_public(query, today()))
    if found is None:
        raise not_here()
    return found


def public_provider(session: Session, uscc: str) -> tuple[Organisation, Certification]:
    """A provider with the certificate that it holds today; NotFound for one without: only those are public."""
    row = session.execute(
        select(Organisation, Certification)
        .join(Certification, Certification.organisation_id == Organisation.id)
        .where(Organisation.uscc == uscc, Organisation.kind == OrganisationKind.PROVIDER)
        .where(*valid_on(today()))
    ).first()
    if row is None:
        raise not_here()
    return row[0], row[1]


def certificate_of(session: Session, provider_id: UUID) -> Certification | None:
    """The certificate that a provider holds today."""
    return session.scalar(select(Certification).where(Certification.organisation_id == provider_id, *valid_on(today())))


def listed_of(session: Session, provider_id: UUID, *, number: int = 1) -> Page[OfferingVersion]:
    """What a provider has in the catalogue, by name."""
    query = _public(_listed_by(select(OfferingVersion), provider_id), today())
    return page_of(session, query.order_by(OfferingVersion.name, OfferingVersion.id), number, PAGE_SIZE)


def categories_of(session: Session, provider_id: UUID) -> list[str]:
    """The keys of all categories in which a provider has something in the catalogue."""
    query = _public(_listed_by(select(OfferingVersion.category).distinct(), provider_id), today())
    return list(session.scalars(query.order_by(OfferingVersion.category)))


def _listed_by(query: Select[Any], provider_id: UUID) -> Select[Any]:
    return query.join(OfferingVersion.offering).where(Offering.provider_id == provider_id)


def region_names(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """The names of regions by code, in the order of the tree."""
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(codes)).order_by(Region.path))
    return {row[0]: row[1] for row in rows}


def find_organisations(session: Session, actor: Actor, words: str) -> list[tuple[Organisation, bool]]:
    """For staff: organisations of their region by name or code, and whether each is a certified provider today."""
    if actor.role not in STAFF:
        return []
    query = (
        select(Organisation, Organisation.id.in_(certified_on(today())))
        .join(Organisation.region)
        .where(
            Region.path.startswith(actor.region_path),
            or_(Organisation.name.contains(words, autoescape=True), Organisation.uscc == words.upper()),
        )
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(Organisation.name_sort).limit(MOST_FOUND))]


def listed_among(versions: Sequence[OfferingVersion]) -> OfferingVersion | None:
    """Of an offering's versions the one in the catalogue."""
    return next((one for one in versions if one.state is OfferingState.LISTED), None)


def current_among(versions: Sequence[OfferingVersion]) -> OfferingVersion:
    """What an edit starts from: the open version, else the listed one, else the last; ``versions`` are newest first."""
    return next((one for one in versions if one.state in OPEN_VERSIONS), listed_among(versions) or versions[0])


def is_own(actor: Actor, organisation_id: UUID) -> bool:
    """Whether the person acts for that provider."""
    return actor.role in PROVIDER and actor.organisation_id == organisation_id


def _certifications_of(actor: Actor) -> Select[Any]:
    query = select(Certification).join(Certification.organisation).join(Organisation.region)
    if actor.role in PROVIDER:
        return query.where(Certification.organisation_id == actor.organisation_id)
    if actor.role not in STAFF:
        raise not_here()
    return query.where(Region.path.startswith(actor.region_path), _CERTIFICATION_SENT)


def _versions_of(actor: Actor) -> Select[Any]:
    query = select(OfferingVersion).join(OfferingVersion.offering).join(Offering.provider).join(Organisation.region)
    if actor.role in PROVIDER:
        return query.where(Offering.provider_id == actor.organisation_id)
    if actor.role not in STAFF:
        raise not_here()
    return query.where(Region.path.startswith(actor.region_path), _VERSION_SENT)


def _public(query: Select[Any], day: date) -> Select[Any]:
    return query.where(OfferingVersion.state == OfferingState.LISTED, Offering.provider_id.in_(certified_on(day)))
