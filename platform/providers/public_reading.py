"""Read models of what everybody may know: a provider, its certificate, and what an offering says."""

from datetime import date

from accounts.models import Organisation
from accounts.reading import Place, place
from foundation.reading import Moment, Money, ReadModel
from providers.models import Certification, OfferingVersion, OrdersPeriod


class PublicProvider(ReadModel):
    """What everybody may know of a provider."""

    uscc: str
    name: str
    place: Place
    address: str | None
    phone: str | None


class HeldCertificate(ReadModel):
    """The certificate that a provider holds, as everybody may see it; the period includes both days."""

    number: str
    level: str
    valid_from: date | None
    valid_to: date | None


class OfferedService(ReadModel):
    """What a version of an offering says to everybody, under the offering's number.

    ``delivery_days`` count from the agreement, ``slots`` are places in each programme (null: no limit), ``reviewed_at`` is
    when the bureau approved it.
    """

    number: str
    version: int
    provider: PublicProvider
    name: str
    category: str
    kind: str | None
    supplier: str | None
    content: str
    effect: str
    mode: str
    channel: str
    frequency: str
    orders_per_enterprise: int | None
    orders_period: OrdersPeriod | None
    list_price: Money
    charged_price: Money
    price_basis: str
    delivery_days: int
    slots: int | None
    remark: str | None
    website: str | None
    source: str | None
    reviewed_at: Moment | None


def public_provider(provider: Organisation) -> PublicProvider:
    """The read model of a provider; its region comes with it."""
    return PublicProvider(
        uscc=provider.uscc,
        name=provider.name,
        place=place(provider.region),
        address=provider.address,
        phone=provider.phone,
    )


def held_certificate(certificate: Certification) -> HeldCertificate:
    """The read model of a certificate."""
    return HeldCertificate(
        number=certificate.number,
        level=certificate.level,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
    )


def offered_service(version: OfferingVersion) -> OfferedService:
    """What the version says to everybody; offering and provider come with it."""
    return OfferedService(
        number=version.offering.number,
        version=version.version,
        provider=public_provider(version.offering.provider),
        name=version.name,
        category=version.category,
        kind=version.kind,
        supplier=version.supplier,
        content=version.content,
        effect=version.effect,
        mode=version.mode,
        channel=version.channel,
        frequency=version.frequency,
        orders_per_enterprise=version.orders_per_enterprise,
        orders_period=version.orders_period,
        list_price=version.list_price,
        charged_price=version.charged_price,
        price_basis=version.price_basis,
        delivery_days=version.delivery_days,
        slots=version.slots,
        remark=version.remark,
        website=version.website,
        source=version.source,
        reviewed_at=version.reviewed_at,
    )
