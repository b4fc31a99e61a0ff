"""The read model of one claim with everything beside it, as its case page shows it; what the checks say is ``Answer``."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from accounts.reading import NamedOrganisation, named
from audit.reading import HistoryEvent, history_events
from files.models import Attachment
from files.reading import AttachedFile, attached
from foundation.actors import Actor, Role
from foundation.reading import Moment, Money, ReadModel
from orders.case_reading import party_names
from orders.models import Order, ServiceRecord
from orders.reading import Measured, measured_of
from verification.billing import billed_of
from verification.invoices import Invoice
from verification.models import RedemptionClaim, RedemptionState
from verification.parts import share
from verification.queries import OUTCOMES, Case, Earlier
from verification.reading import due_on
from verification.states import REDEMPTION


class StatedInvoice(ReadModel):
    """An invoice as the claim states it: ``amount`` is printed on it, ``used`` what the claim uses of that.

    ``as_offered`` names the figures that say just what the form offered (``offered_figures``).
    """

    number: str
    issued_on: date
    amount: Money
    used: Money
    seller: str
    buyer: str
    as_offered: frozenset[str]


class OrderOfClaim(ReadModel):
    """What the claim's page says of its order; ``since`` is when the order came to its present state."""

    number: str
    offering: str
    provider: NamedOrganisation
    enterprise: NamedOrganisation
    bureau: str
    since: Moment
    charged_price: Money
    deduction: Money
    own_share: Money
    agreement_signed_on: date | None
    rating: int | None
    rating_comment: str | None


class EvidenceRecord(ReadModel):
    """A living service record with its files."""

    delivered_on: date
    description: str
    result: str
    place: str
    delivered_by: str
    measures: tuple[Measured, ...]
    files: tuple[AttachedFile, ...]


class UndoAsked(ReadModel):
    """Somebody asks to take the redemption back; ``own`` where the reader is who asked."""

    person: str
    reason: str
    own: bool


class LastUndone(ReadModel):
    """Who took the redemption back, and why."""

    person: str
    reason: str | None


class EarlierDecision(ReadModel):
    """How a claim with the same defects was decided; ``reasons`` and ``defects`` are codes."""

    number: str
    outcome: RedemptionState
    defects: tuple[str, ...]
    reasons: tuple[str, ...]
    note: str | None
    at: Moment


class NextClaim(ReadModel):
    """The claim that waits longest, and how many wait."""

    number: str
    waiting: int


class ClaimCase(ReadModel):
    """One claim for one reader: ``deciding``, ``correcting`` and ``may_undo`` say what the reader can do with it now.

    ``reasons`` are the codes with which it was returned or refused. ``password_known``: the reader has given the password
    not long ago and need not again.
    """

    number: str
    state: RedemptionState
    amount: Money
    redeemed: Money | None
    self_checked: bool
    submitted_at: Moment
    resubmitted_at: Moment | None
    decided_at: Moment | None
    due_on: date | None
    reasons: tuple[str, ...]
    note: str | None
    order: OrderOfClaim
    invoices: tuple[StatedInvoice, ...]
    invoice_files: tuple[AttachedFile, ...]
    agreement_files: tuple[AttachedFile, ...]
    evidence: tuple[EvidenceRecord, ...]
    deciding: bool
    correcting: bool
    by_provider: bool
    password_known: bool
    may_undo: bool
    undo_asked: UndoAsked | None
    undone: LastUndone | None
    following: NextClaim | None
    earlier: tuple[EarlierDecision, ...]
    history: tuple[HistoryEvent, ...]


def claim_case(actor: Actor, found: Case) -> ClaimCase:
    """One claim as ``actor`` sees it, from what ``queries.case`` has read; asks for nothing more by the row."""
    claim, order = found.claim, found.order
    officer, waits = actor.role is Role.OFFICER, claim.state is RedemptionState.SUBMITTED
    names = party_names(order)
    own = actor.organisation_id == order.provider_id
    return ClaimCase(
        number=claim.number,
        state=claim.state,
        amount=claim.amount,
        redeemed=claim.redeemed,
        self_checked=claim.self_checked,
        submitted_at=claim.submitted_at,
        resubmitted_at=claim.resubmitted_at,
        decided_at=claim.decided_at,
        due_on=due_on(claim, order),
        reasons=tuple(claim.reasons),
        note=claim.note,
        order=_order(order),
        invoices=stated_invoices(claim, order),
        invoice_files=_files(found.invoice_files, names),
        agreement_files=_files(found.agreement_files, names),
        evidence=tuple(_evidence(record, _files(files, names)) for record, files in found.evidence),
        deciding=officer and waits and found.acts,
        correcting=own and claim.state is RedemptionState.RETURNED,
        by_provider=own,
        password_known=found.confirmed,
        may_undo=_may_undo(actor, found),
        undo_asked=None
        if found.undo_asked is None
        else UndoAsked(
            person=found.undo_asked.asked_by.name,
            reason=found.undo_asked.reason,
            own=found.undo_asked.asked_by_id == actor.user_id,
        ),
        undone=None if found.undone is None else LastUndone(person=found.undone.person, reason=found.undone.note),
        following=None
        if not officer or waits or found.following is None
        else NextClaim(number=found.following.number, waiting=found.waiting),
        earlier=tuple(_earlier(each) for each in found.earlier),
        history=history_events(found.history),
    )


def stated_invoices(claim: RedemptionClaim, order: Order) -> tuple[StatedInvoice, ...]:
    """All invoices of a claim, each with what the claim uses of it."""
    return tuple(
        StatedInvoice(
            number=each.invoice.number,
            issued_on=each.invoice.day,
            amount=each.invoice.amount,
            used=each.used,
            seller=each.invoice.seller,
            buyer=each.invoice.buyer,
            as_offered=offered_figures(order, each.invoice, claim.amount),
        )
        for each in billed_of(claim)
    )


def offered_figures(order: Order, invoice: Invoice, amount: int) -> frozenset[str]:
    """Which figures of the invoice say just what the form offered: until the file is read, nobody has compared them.

    ``amount`` is what is claimed of the order's deduction.
    """
    offered = {
        "amount": share(order, order.charged_price, amount),
        "seller": order.provider.name,
        "buyer": order.enterprise.name,
    }
    return frozenset(name for name, value in offered.items() if getattr(invoice, name) == value)


def _may_undo(actor: Actor, found: Case) -> bool:
    """Whether the reader has a part in taking the redemption back: to ask, to carry out or to decline."""
    if not REDEMPTION.allowed(found.claim.state, "undo", actor.role) or not found.acts:
        return False
    return found.undo_asked is None or found.undo_asked.organisation_id == actor.organisation_id


def _order(order: Order) -> OrderOfClaim:
    rated = order.confirmation
    return OrderOfClaim(
        number=order.number,
        offering=order.offering_version.name,
        provider=named(order.provider),
        enterprise=named(order.enterprise),
        bureau=order.programme.bureau.name,
        since=order.since,
        charged_price=order.charged_price,
        deduction=order.deduction,
        own_share=order.own_share,
        agreement_signed_on=order.agreement.signed_on if order.agreement else None,
        rating=rated.rating if rated else None,
        rating_comment=rated.comment if rated else None,
    )


def _files(files: Sequence[Attachment], names: Mapping[UUID, str]) -> tuple[AttachedFile, ...]:
    return tuple(attached(file, names=names) for file in files)


def _evidence(record: ServiceRecord, files: tuple[AttachedFile, ...]) -> EvidenceRecord:
    return EvidenceRecord(
        delivered_on=record.delivered_on,
        description=record.description,
        result=record.result,
        place=record.place,
        delivered_by=record.delivered_by,
        measures=measured_of(record),
        files=files,
    )


def _earlier(each: Earlier) -> EarlierDecision:
    return EarlierDecision(
        number=each.number,
        outcome=OUTCOMES[each.decision.event],
        defects=tuple(each.defects),
        reasons=tuple(each.decision.reasons),
        note=each.decision.note,
        at=each.decision.at,
    )
