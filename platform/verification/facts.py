"""The facts of a case, read from the order and everything that was filed for it."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from files.access import elsewhere, files_of
from foundation.clock import today
from orders.agreements import is_tripartite
from orders.models import Agreement, Order, RecordState, ServiceRecord
from orders.records import living
from providers.certificate_days import uncertified
from verification.billing import billed_facts, billed_of
from verification.cases import AgreementFacts, CaseFacts, Party
from verification.citations import citations
from verification.invoices import Billed
from verification.models import RedemptionClaim
from verification.parts import share
from vouchers.terms import terms_of


def facts_of(
    session: Session, order: Order, billed: Sequence[Billed], *, amount: int | None = None, number: str | None = None
) -> CaseFacts:
    """The case as it stands now; ``billed`` is what the provider states of its invoices, nothing before that.

    ``amount`` is what is claimed of the deduction, in fen (None: all of it), ``number`` the claim's where it has one.
    """
    amount = order.deduction if amount is None else amount
    terms = terms_of(order.voucher.programme_version)
    records = living(order)
    attached = files_of(session, ServiceRecord.__tablename__, [record.id for record in records])
    kinds = {attachment.kind for files in attached.values() for attachment in files}
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
        invoices=tuple(billed_facts(session, each, number) for each in billed),
        files_elsewhere=_files_elsewhere(session, order),
        uncertified=tuple(uncertified(session, order.provider_id, _days(order))),
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


def _files_elsewhere(session: Session, order: Order) -> int:
    """How many files of the order lie, byte for byte, at something else than this order and its records."""
    # All versions of all records: an amendment carries the evidence of the version before.
    own = [record.id for record in order.records]
    attached = files_of(session, ServiceRecord.__tablename__, own)
    attached |= files_of(session, Order.__tablename__, [order.id])
    return len(elsewhere(session, [file for files in attached.values() for file in files], [order.id, *own]))


def _days(order: Order) -> list[date]:
    """The days on which the provider had to be certified: agreement, each service, and now."""
    signed = [order.agreement.signed_on] if order.agreement else []
    return [*signed, *(record.delivered_on for record in living(order)), today()]
