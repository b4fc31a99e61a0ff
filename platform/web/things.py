"""Things of the audit trail by their numbers: what an event is about, where it is shown, and all events about one thing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import url_for
from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlalchemy.orm import Session

from accounts.models import Delegation, Membership, Organisation, Region, User
from audit.models import AuditEvent
from enterprises.models import Title
from files.models import Attachment
from notices.models import PublicNotice
from orders.models import Agreement, Confirmation, Order, ServiceRecord
from performance.models import TargetTable
from providers.models import Certification, Offering, OfferingVersion
from settlement.models import Batch, Statement
from verification.models import RedemptionClaim
from vouchers.models import Programme, Voucher, VoucherClaim


@dataclass(frozen=True, slots=True)
class Thing:
    """What an event is about: its number or name, and where it is shown (None: nowhere that one may go)."""

    name: str
    url: str | None = None


def _page(endpoint: str) -> Callable[[str], str]:
    return lambda number: url_for(endpoint, number=number)


_ORDER = _page("orders.case")
_OFFERING = _page("providers.offering")

# id and number (or name) of each kind of thing, and the page of a number.
_NUMBERED: Final[Mapping[str, tuple[Select[UUID, str], Callable[[str], str] | None]]] = {
    "agreements": (select(Agreement.id, Order.number).join(Agreement.order), _ORDER),
    "batches": (select(Batch.id, Batch.number), _page("settlement.batch")),
    "certifications": (select(Certification.id, Certification.number), _page("providers.certification")),
    "confirmations": (select(Confirmation.id, Order.number).join(Confirmation.order), _ORDER),
    "offering_versions": (select(OfferingVersion.id, Offering.number).join(OfferingVersion.offering), _OFFERING),
    "orders": (select(Order.id, Order.number), _ORDER),
    "programmes": (select(Programme.id, Programme.number), _page("vouchers.programme")),
    "public_notices": (select(PublicNotice.id, PublicNotice.number), _page("notices.notice")),
    "redemption_claims": (
        select(RedemptionClaim.id, RedemptionClaim.number),
        _page("verification.case"),
    ),
    "service_records": (select(ServiceRecord.id, Order.number).join(ServiceRecord.order), _ORDER),
    "statements": (select(Statement.id, Statement.number), _page("settlement.statement")),
    "voucher_claims": (select(VoucherClaim.id, VoucherClaim.number), None),
    "vouchers": (select(Voucher.id, Voucher.number), _page("vouchers.voucher")),
}
_NAMED: Final[Mapping[str, Select[UUID, str]]] = {
    "attachments": select(Attachment.id, Attachment.filename),
    "delegations": select(Delegation.id, Organisation.name).join(
        Organisation, Organisation.id == Delegation.to_bureau_id
    ),
    "memberships": select(Membership.id, User.name).join(User, User.id == Membership.user_id),
    "organisations": select(Organisation.id, Organisation.name),
    "target_tables": select(TargetTable.id, Organisation.name).join(TargetTable.organisation),
    "titles": select(Title.id, Organisation.name).join(Title.organisation),
    "users": select(User.id, User.name),
}
KINDS: Final = _NUMBERED.keys() | _NAMED.keys()
"""Every kind of thing that has a name here, by its table."""


def things_of(session: Session, events: Sequence[AuditEvent]) -> dict[UUID, Thing]:
    """What these events are about, by id; one query for each kind."""
    found: dict[UUID, Thing] = {}
    for kind in {event.subject_type for event in events}:
        ids = [event.subject_id for event in events if event.subject_type == kind and event.subject_id]
        if kind in _NUMBERED:
            query, page = _NUMBERED[kind]
        elif kind in _NAMED:
            query, page = _NAMED[kind], None
        else:
            continue
        column = query.selected_columns[0]
        for subject, name in session.execute(query.where(column.in_(ids))):
            found[subject] = Thing(name, page(name) if page else None)
        if kind == "target_tables":
            # Its page goes by the id: a table has no number.
            found |= {
                one: Thing(found[one].name, url_for("performance.table", table_id=one)) for one in ids if one in found
            }
    return found


def ids_of(number: str) -> Select[Any]:
    """The ids of everything with this number, for use inside other queries: an order brings its claim and records."""
    queries = []
    for query, _page_of in _NUMBERED.values():
        subject, own = query.selected_columns
        queries.append(query.with_only_columns(subject).where(own == number))
    found = union_all(*queries).subquery()
    return select(found.c[0])


def thing_below(path: str) -> ColumnElement[bool]:
    """The condition that the thing of an ``AuditEvent`` belongs to a region or what lies below it.

    Asked of each event by the key of its thing: a list of all things of a province would be longer than the trail's page.
    """
    return or_(*(_below(query, path) for query in regions_of_things()))


def _below(query: Select[UUID, str], path: str) -> ColumnElement[bool]:
    subject, where = query.selected_columns
    inside = query.with_only_columns(subject).where(
        subject == AuditEvent.subject_id, where.startswith(path, autoescape=True)
    )
    return and_(AuditEvent.subject_type == subject.table.name, inside.correlate(AuditEvent).exists())


def regions_of_things() -> Sequence[Select[UUID, str]]:
    """Each kind of thing as id and path of its region: the programme's where there is one, else the organisation's."""
    region = Region.path
    of_programme = (Region, Region.id == Programme.region_id)
    return (
        select(Programme.id, region).join(*of_programme),
        *(
            select(kind.id, region).join(Programme, Programme.id == kind.programme_id).join(*of_programme)
            for kind in (Voucher, VoucherClaim, Order, RedemptionClaim, Batch)
        ),
        *(
            select(kind.id, region)
            .join(Order, Order.id == kind.order_id)
            .join(Programme, Programme.id == Order.programme_id)
            .join(*of_programme)
            for kind in (Agreement, Confirmation, ServiceRecord)
        ),
        select(Statement.id, region)
        .join(Batch, Batch.id == Statement.batch_id)
        .join(Programme, Programme.id == Batch.programme_id)
        .join(*of_programme),
        select(PublicNotice.id, PublicNotice.region_path),
        select(Organisation.id, region).join(Region, Region.id == Organisation.region_id),
        select(OfferingVersion.id, region)
        .join(Offering, Offering.id == OfferingVersion.offering_id)
        .join(Organisation, Organisation.id == Offering.provider_id)
        .join(Region, Region.id == Organisation.region_id),
        *(
            select(kind.id, region)
            .join(Organisation, Organisation.id == kind.organisation_id)
            .join(Region, Region.id == Organisation.region_id)
            for kind in (Certification, Title, TargetTable, Membership, Attachment)
        ),
        select(Delegation.id, region)
        .join(Organisation, Organisation.id == Delegation.from_bureau_id)
        .join(Region, Region.id == Organisation.region_id),
        # A file at an order or a record is the programme's too, wherever its provider sits.
        select(Attachment.id, region)
        .join(Order, Order.id == Attachment.subject_id)
        .join(Programme, Programme.id == Order.programme_id)
        .join(*of_programme),
        select(Attachment.id, region)
        .join(ServiceRecord, ServiceRecord.id == Attachment.subject_id)
        .join(Order, Order.id == ServiceRecord.order_id)
        .join(Programme, Programme.id == Order.programme_id)
        .join(*of_programme),
        select(User.id, region)
        .join(Membership, Membership.user_id == User.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .join(Region, Region.id == Organisation.region_id),
    )
