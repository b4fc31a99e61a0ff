"""Read models of certifications and offerings."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from foundation.reading import Moment, Money, ReadModel
from providers.models import Certification, CertificationState, OfferingState, OfferingVersion


class CertificationRow(ReadModel):
    """A provider's application, and what became of it."""

    number: str
    provider: NamedOrganisation
    level: str
    state: CertificationState
    submitted_at: Moment | None
    resubmitted_at: Moment | None
    due_on: date | None
    valid_from: date | None
    valid_to: date | None


class OfferingRow(ReadModel):
    """A version of an offering."""

    number: str
    version: int
    provider: NamedOrganisation
    name: str
    category: str
    list_price: Money
    charged_price: Money
    market_price: Money
    accepted_market_price: Money | None
    delivery_days: int
    slots: int | None
    state: OfferingState


def certification_rows(_session: Session, certifications: Sequence[Certification]) -> list[CertificationRow]:
    """Certifications in their order; the providers come with them."""
    return [
        CertificationRow(
            number=one.number,
            provider=named(one.organisation),
            level=one.level,
            state=one.state,
            submitted_at=one.submitted_at,
            resubmitted_at=one.resubmitted_at,
            due_on=one.due_on,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for one in certifications
    ]


def offering_rows(_session: Session, versions: Sequence[OfferingVersion]) -> list[OfferingRow]:
    """Versions in their order; offerings and providers come with them."""
    return [
        OfferingRow(
            number=one.offering.number,
            version=one.version,
            provider=named(one.offering.provider),
            name=one.name,
            category=one.category,
            list_price=one.list_price,
            charged_price=one.charged_price,
            market_price=one.market_price,
            accepted_market_price=one.accepted_market_price,
            delivery_days=one.delivery_days,
            slots=one.slots,
            state=one.state,
        )
        for one in versions
    ]
