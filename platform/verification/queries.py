"""Reading claims: the queue, one case with everything beside it, and how the same defect was decided before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, false, func, or_, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from accounts.current import not_here
from accounts.delegation import acts_for, may_act_for
from accounts.models import Organisation, Region, SecondPersonRequest
from accounts.passwords import recently_confirmed
from accounts.second_person import asked_for, waiting_for_second_person
from audit.models import AuditEvent, Decision
from audit.queries import history
from files.access import files_of
from files.models import Attachment
from foundation.actors import BUREAU, PROVIDER, STAFF, Actor, Role
from foundation.pages import Page, page_of
from orders.access import find
from orders.models import Order, ServiceRecord
from orders.records import living
from verification.answers import Answer, Outcome
from verification.checks import run
from verification.claiming import claim_of, order_number
from verification.facts import facts_of_claim
from verification.invoices import normal_number
from verification.models import ClaimInvoice, InvoiceRow, RedemptionClaim, RedemptionState
from verification.parts import OPEN
from verification.states import REDEMPTION
from verification.undoing import DEED
from vouchers.models import Programme

MOST_EARLIER: Final = 10
"""Earlier decisions of the same defect that a case tells, the newest."""

OUTCOMES: Final = {
    f"{REDEMPTION.name}.verify": RedemptionState.VERIFIED,
    f"{REDEMPTION.name}.return": RedemptionState.RETURNED,
    f"{REDEMPTION.name}.reject": RedemptionState.REJECTED,
}
"""What a decision made of a claim."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """How a claim with the same defect was decided."""

    decision: Decision
    number: str
    defects: Sequence[str]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything beside a claim."""

    claim: RedemptionClaim
    order: Order
    answers: Sequence[Answer]
    invoice_files: Sequence[Attachment]
    evidence: Sequence[tuple[ServiceRecord, Sequence[Attachment]]]
    agreement_files: Sequence[Attachment]
    earlier: Sequence[Earlier]
    history: Sequence[AuditEvent]
    undo_asked: SecondPersonRequest | None = None
    undone: AuditEvent | None = None
    following: RedemptionClaim | None = None
    waiting: int = 0
    acts: bool = False
    confirmed: bool = False


def queue(
    session: Session, actor: Actor, *, state: RedemptionState | None = None, words: str = "", number: int = 1
) -> Page[RedemptionClaim]:
    """Claims of the region, those that wait first and the oldest of them at the top."""
    query = (
        select(RedemptionClaim)
        .join(RedemptionClaim.order)
        .options(
            joinedload(RedemptionClaim.order).options(
                joinedload(Order.provider), joinedload(Order.enterprise), joinedload(Order.offering_version)
            ),
            selectinload(RedemptionClaim.billed).joinedload(ClaimInvoice.invoice),
        )
        .where(_seen(actor))
    )
    if state is not None:
        query = query.where(RedemptionClaim.state == state)
    if words:
        names = select(Organisation.id).where(Organisation.name.contains(words, autoescape=True))
        query = query.where(
            or_(
                Order.number.contains(words.upper(), autoescape=True),
                RedemptionClaim.id.in_(
                    select(ClaimInvoice.claim_id)
                    .join(ClaimInvoice.invoice)
                    .where(InvoiceRow.number == normal_number(words))
                ),
                Order.provider_id.in_(names),
                Order.enterprise_id.in_(names),
            )
        )
    # By the first filing: a correction does not send a claim back to the end of the line.
    # Written out, as the index has it: with a value given apart the database would not know it again.
    waiting_first = text("(redemption_claims.state <> 'submitted')")
    return page_of(session, query.order_by(waiting_first, RedemptionClaim.submitted_at, RedemptionClaim.id), number)


def case(session: Session, actor: Actor, number: str) -> Case:
    """One claim with what was filed; an open one is checked on what is filed now."""
    order = find(session, actor, order_number(session, number))
    claim = claim_of(session, number)
    if claim is None or actor.role not in PROVIDER | STAFF:
        raise not_here()
    # All its invoices at once; without this each would be asked for by itself.
    with_invoices = selectinload(RedemptionClaim.billed).joinedload(ClaimInvoice.invoice)
    session.scalars(select(RedemptionClaim).where(RedemptionClaim.id == claim.id).options(with_invoices)).one()
    records = living(order)
    files = files_of(session, ServiceRecord.__tablename__, [record.id for record in records])
    own = files_of(session, Order.__tablename__, [order.id])[order.id]
    decides = actor.role is Role.OFFICER and claim.state is not RedemptionState.SUBMITTED
    told = history(session, claim)
    answers = run(facts_of_claim(session, claim)) if claim.state in OPEN else stored(claim)
    return Case(
        claim=claim,
        order=order,
        answers=answers,
        invoice_files=[file for file in own if file.id in {link.attachment_id for link in claim.billed}],
        evidence=[(record, files[record.id]) for record in records],
        agreement_files=[file for file in own if order.agreement and file.id == order.agreement.attachment_id],
        earlier=_earlier(session, actor, claim, answers) if actor.role in STAFF else [],
        history=told,
        undo_asked=asked_for(session, claim, DEED)
        if actor.role in STAFF and claim.state is RedemptionState.VERIFIED
        else None,
        undone=_last_undone(claim, told),
        following=next(iter(waiting_claims(session, actor, RedemptionState.SUBMITTED, 1)), None) if decides else None,
        waiting=count(session, actor, RedemptionState.SUBMITTED, own=True) if decides else 0,
        acts=may_act_for(session, actor, order.programme.bureau_id, order.programme_id),
        confirmed=recently_confirmed(session, actor),
    )


def undo_requests(session: Session, actor: Actor) -> list[tuple[SecondPersonRequest, RedemptionClaim]]:
    """Redemptions that a colleague asks the person to take back, oldest first."""
    requests = waiting_for_second_person(session, actor, [DEED])
    claims = session.scalars(
        select(RedemptionClaim)
        .options(
            joinedload(RedemptionClaim.order).options(joinedload(Order.offering_version), joinedload(Order.provider))
        )
        .where(RedemptionClaim.id.in_([each.subject_id for each in requests]))
    ).all()
    found = {claim.id: claim for claim in claims}
    return [(each, found[each.subject_id]) for each in requests]


def _last_undone(claim: RedemptionClaim, events: Sequence[AuditEvent]) -> AuditEvent | None:
    """The undoing that brought the claim back to the desk, while it is the last thing that happened to its state."""
    steps = [event for event in events if event.action.removeprefix("redemption.") in REDEMPTION.events]
    last = max(steps, key=lambda event: event.sequence, default=None)
    return last if claim.undone and last is not None and last.action == DEED else None


def stored(claim: RedemptionClaim) -> list[Answer]:
    """The answers as they were when the claim was decided."""
    return [
        Answer(each["id"], Outcome(each["outcome"]), each["text"], each["rule"], each["params"])
        for each in claim.checks
    ]


def waiting_claims(session: Session, actor: Actor, state: RedemptionState, limit: int) -> Sequence[RedemptionClaim]:
    """The first claims in a state that the person acts on, oldest first."""
    query = (
        select(RedemptionClaim)
        .join(RedemptionClaim.order)
        .options(
            joinedload(RedemptionClaim.order).options(
                joinedload(Order.offering_version),
                joinedload(Order.programme),
                joinedload(Order.provider),
                joinedload(Order.enterprise),
            )
        )
        .where(RedemptionClaim.state == state, _to_act_on(actor))
        .order_by(RedemptionClaim.submitted_at, RedemptionClaim.id)
        .limit(limit)
    )
    return session.scalars(query).unique().all()


def count(session: Session, actor: Actor, state: RedemptionState, *, own: bool = False) -> int:
    """How many claims in a state the person may see; ``own`` leaves to a bureau what it may act on."""
    query: Select[Any] = select(func.count()).select_from(RedemptionClaim)
    if actor.role in PROVIDER:
        query = query.join(RedemptionClaim.order)
    return session.scalar(query.where(RedemptionClaim.state == state, _to_act_on(actor) if own else _seen(actor))) or 0


def _seen(actor: Actor) -> ColumnElement[bool]:
    if actor.role in PROVIDER:
        return Order.provider_id == actor.organisation_id
    if actor.role not in STAFF:
        return false()
    # The claim's own programme, which is its order's: no order is read to see whose it is.
    regions = select(Region.id).where(Region.path.startswith(actor.region_path, autoescape=True))
    return RedemptionClaim.programme_id.in_(select(Programme.id).where(Programme.region_id.in_(regions)))


def _to_act_on(actor: Actor) -> ColumnElement[bool]:
    """A bureau sees its region and below; what waits for it belongs to its programmes."""
    if actor.role not in BUREAU:
        return _seen(actor)
    mine = acts_for(actor, Programme.bureau_id, Programme.id)
    return RedemptionClaim.programme_id.in_(select(Programme.id).where(mine))


def _earlier(session: Session, actor: Actor, claim: RedemptionClaim, answers: Sequence[Answer]) -> list[Earlier]:
    """Decisions about other claims that had one of these defects, or were returned for one, newest first."""
    defects = [answer.id for answer in answers if answer.outcome is not Outcome.PASS]
    if not defects:
        return []
    same = [
        Decision.checks.contains([{"id": defect, "outcome": outcome.value}])
        for defect in defects
        for outcome in (Outcome.REFER, Outcome.FAIL)
    ] + [Decision.reasons.contains([defect]) for defect in defects]
    query = (
        select(Decision, RedemptionClaim.number)
        .join(RedemptionClaim, RedemptionClaim.id == Decision.subject_id)
        .join(Order, Order.id == RedemptionClaim.order_id)
        .where(
            Decision.subject_type == RedemptionClaim.__tablename__,
            Decision.subject_id != claim.id,
            Decision.event.in_(list(OUTCOMES)),
            or_(*same),
            _seen(actor),
        )
        .order_by(Decision.sequence.desc())
        .limit(MOST_EARLIER)
    )
    return [
        Earlier(decision, number, [defect for defect in defects if _had(decision, defect)])
        for decision, number in session.execute(query)
    ]


def _had(decision: Decision, defect: str) -> bool:
    checks: list[Any] = decision.checks
    return defect in decision.reasons or any(
        each["id"] == defect and each["outcome"] != Outcome.PASS.value for each in checks
    )
