"""The facts of a case, read from the order and everything that was filed for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ScalarSelect, Uuid, and_, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from files.models import Attachment
from foundation.clock import today
from orders.agreements import is_tripartite
from orders.models import Agreement, Order, RecordState, ServiceRecord
from orders.records import living
from providers.certificate_days import uncertified, uncertified_of
from providers.models import CertificateBreak, Certification
from verification.billing import billed_facts, billed_of
from verification.cases import AgreementFacts, BilledFacts, CaseFacts, Party
from verification.citations import citations
from verification.invoices import Billed
from verification.models import RedemptionClaim
from verification.parts import share
from vouchers.terms import terms_of


@dataclass(frozen=True, slots=True)
class Beside:
    """What decides about a claim and lies neither with it nor with its order."""

    invoices: Sequence[BilledFacts]
    certificates: Sequence[Certification]
    breaks: Sequence[CertificateBreak]
    files_elsewhere: int


def facts_of(
    session: Session,
    order: Order,
    billed: Sequence[Billed],
    *,
    amount: int | None = None,
    number: str | None = None,
    beside: Beside | None = None,
) -> CaseFacts:
    """The case as it stands now; ``billed`` is what the provider states of its invoices, nothing before that.

    ``amount`` is what is claimed of the deduction, in fen (None: all of it), ``number`` the claim's where it has one.
    ``beside`` is read here where the caller has not read it.
    """
    amount = order.deduction if amount is None else amount
    terms = terms_of(order.voucher.programme_version)
    kinds = _records(session, order)
    records = living(order)
    days = _days(order)
    confirmation = order.confirmation
    return CaseFacts(
        provider=Party(order.provider.name, order.provider.uscc),
        enterprise=Party(order.enterprise.name, order.enterprise.uscc),
        list_price=order.list_price,
        charged_price=share(order, order.charged_price, amount),
        deduction=amount,
        part=amount != order.deduction,
        market_price=order.market_price,
        third_party=is_tripartite(order),
        agreement=_agreement(order.agreement),
        contracts_from=terms.contracts_from,
        contracts_to=terms.contracts_to,
        expires_on=order.voucher.expires_on,
        records=len(records),
        contested=sum(record.state is RecordState.CONTESTED for record in records),
        unconfirmed=sum(record.state is RecordState.FILED for record in records),
        delivered=tuple(record.delivered_on for record in records),
        has_process="process" in kinds,
        has_result="result" in kinds,
        confirmed=confirmation is not None,
        rating=confirmation.rating if confirmation else None,
        today=today(),
        invoices=tuple(beside.invoices if beside else (billed_facts(session, each, number) for each in billed)),
        files_elsewhere=beside.files_elsewhere if beside else session.scalar(select(files_elsewhere(order.id))) or 0,
        uncertified=tuple(
            uncertified_of(beside.certificates, beside.breaks, days)
            if beside
            else uncertified(session, order.provider_id, days)
        ),
        rules=citations(terms, order.programme.region.path),
    )


def _agreement(agreement: Agreement | None) -> AgreementFacts | None:
    if agreement is None:
        return None
    return AgreementFacts(
        signed_on=agreement.signed_on,
        provider_confirmed=agreement.provider_confirmed_at is not None,
        enterprise_confirmed=agreement.enterprise_confirmed_at is not None,
        tripartite=agreement.tripartite,
    )


def facts_of_claim(session: Session, claim: RedemptionClaim) -> CaseFacts:
    """The case of a claim that was filed."""
    return facts_of(session, claim.order, billed_of(claim), amount=claim.amount, number=claim.number)


def _records(session: Session, order: Order) -> set[str]:
    """Read the order's records anew, and return which kinds of files lie with those that count."""
    kinds = select(func.array_agg(Attachment.kind.distinct())).where(
        Attachment.subject_type == ServiceRecord.__tablename__, Attachment.subject_id == ServiceRecord.id
    )
    query = select(ServiceRecord, kinds.scalar_subquery()).where(ServiceRecord.order_id == order.id)
    rows = session.execute(query.order_by(ServiceRecord.created_at)).all()
    set_committed_value(order, "records", [record for record, _ in rows])
    counting = set(living(order))
    return {kind for record, found in rows if record in counting for kind in found or ()}


def files_elsewhere(order_id: UUID) -> ScalarSelect[int]:
    """How many files of an order lie, byte for byte, at something else than it and its records; part of a larger query.

    All versions of all records are its own: an amendment carries the evidence of the version before.
    """
    own = union_all(
        select(literal(Order.__tablename__).label("kind"), literal(order_id, Uuid()).label("id")),
        select(literal(ServiceRecord.__tablename__), ServiceRecord.id).where(ServiceRecord.order_id == order_id),
    ).cte("own")
    mine, other, at = aliased(Attachment), aliased(Attachment), own.alias()
    somewhere_else = (
        select(other.id)
        .where(other.blob_id == mine.blob_id, ~select(at.c.id).where(at.c.id == other.subject_id).exists())
        .exists()
    )
    return (
        select(func.count(mine.blob_id.distinct()))
        .select_from(own)
        .join(mine, and_(mine.subject_type == own.c.kind, mine.subject_id == own.c.id))
        .where(somewhere_else)
        .scalar_subquery()
    )


def _days(order: Order) -> list[date]:
    """The days on which the provider had to be certified: agreement, each service, and now."""
    signed = [order.agreement.signed_on] if order.agreement else []
    return [*signed, *(record.delivered_on for record in living(order)), today()]
