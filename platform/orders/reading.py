"""Read models of orders and service records."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from foundation.reading import Figure, Moment, ReadModel
from orders.models import RecordState, ServiceRecord


class Measured(ReadModel):
    """A figure of a service record; what it measures, and in which unit, stands in ``orders.measures``."""

    measure: str
    value: Figure


class RecordRow(ReadModel):
    """A service record in the register (台账), in the words of whoever filed it."""

    order: str
    offering: str
    enterprise: NamedOrganisation
    provider: NamedOrganisation
    line: int
    delivered_on: date
    channel: str
    place: str
    delivered_by: str
    description: str
    result: str
    measures: tuple[Measured, ...]
    filed_at: Moment | None
    state: RecordState


def record_rows(_session: Session, records: Sequence[ServiceRecord]) -> list[RecordRow]:
    """Records in their order; orders, parties and offerings come with them (``queries.records_page``)."""
    return [
        RecordRow(
            order=one.order.number,
            offering=one.order.offering_version.name,
            enterprise=named(one.order.enterprise),
            provider=named(one.order.provider),
            line=one.line,
            delivered_on=one.delivered_on,
            channel=one.channel,
            place=one.place,
            delivered_by=one.delivered_by,
            description=one.description,
            result=one.result,
            measures=tuple(Measured(measure=key, value=Decimal(value)) for key, value in one.measures.items()),
            filed_at=one.filed_at,
            state=one.state,
        )
        for one in records
    ]
