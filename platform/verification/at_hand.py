"""A claim that is to be verified, with all that decides about it: found, locked and read in three questions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from accounts.current import not_here
from accounts.models import Membership, MembershipState, SignIn
from foundation.actors import BUREAU, Actor
from foundation.locking import lock_found
from orders.models import Agreement, Confirmation, Order
from policies.models import RuleVersion
from providers.certificate_days import GRANTED, OWN_BREAK
from providers.models import CertificateBreak, Certification
from verification.billing import Elsewhere, billed_as, billed_of, elsewhere, facts_beside
from verification.cases import CaseFacts
from verification.checklists import list_for
from verification.facts import Beside, facts_of, files_elsewhere
from verification.models import ClaimInvoice, RedemptionClaim
from vouchers.models import Duty, Programme, ProgrammeDuty, Voucher
from vouchers.wallets import hold_of


@dataclass(frozen=True, slots=True)
class AtHand:
    """What ``at_hand`` found."""

    order: Order
    claim: RedemptionClaim
    claims: list[RedemptionClaim]
    """All of the order's claims, the first one first."""
    held: int
    """What the order holds, in fen."""
    case: CaseFacts
    checklist_id: UUID | None
    password_at: datetime | None
    """When this browser's person last gave the password."""
    involved: bool
    """Whether the person has a part in one of the two sides."""
    duty: Duty | None
    """The person's duty in the programme so far."""


def at_hand(session: Session, actor: Actor, number: str) -> AtHand:
    """Voucher, order and claim, locked in this order, and what decides about the claim, read after the locks.

    No place is taken or freed by a verification, so the offering's line is not locked. NotFound where there is no claim for
    this person to decide.
    """
    claim = _locked(session, actor, number)
    order = claim.order
    rows = _rows(session, actor, claim)
    first = rows[0]
    set_committed_value(order, "agreement", first.Agreement)
    set_committed_value(order, "confirmation", first.Confirmation)
    # A row for each way in which the few claims, invoices and certificates go together.
    links: dict[ClaimInvoice, Any] = {row.ClaimInvoice: row for row in rows if row.ClaimInvoice}
    set_committed_value(claim, "billed", sorted(links, key=lambda link: link.id))
    beside = Beside(
        invoices=[
            facts_beside(billed_as(link, claim), link.invoice, Elsewhere(row[-3], row[-2], row[-1]))
            for link, row in sorted(links.items(), key=lambda each: each[0].id)
        ],
        certificates=[row.Certification for row in rows if row.Certification],
        breaks=[row.CertificateBreak for row in rows if row.CertificateBreak],
        files_elsewhere=first.files_elsewhere,
    )
    case = facts_of(session, order, billed_of(claim), amount=claim.amount, number=claim.number, beside=beside)
    return AtHand(
        order=order,
        claim=claim,
        claims=sorted({row.RedemptionClaim for row in rows}, key=lambda each: (each.submitted_at, each.id)),
        held=first.held or 0,
        case=case,
        checklist_id=first.checklist_id,
        password_at=first.password_at,
        involved=first.involved,
        duty=first.duty,
    )


def _locked(session: Session, actor: Actor, number: str) -> RedemptionClaim:
    if actor.role not in BUREAU:
        raise not_here()
    query = (
        select(RedemptionClaim)
        .join(RedemptionClaim.order)
        .join(Order.voucher)
        .where(RedemptionClaim.number == number)
        .options(
            contains_eager(RedemptionClaim.order).options(
                contains_eager(Order.voucher).joinedload(Voucher.programme_version),
                joinedload(Order.programme).joinedload(Programme.region),
                joinedload(Order.provider),
                joinedload(Order.enterprise),
                joinedload(Order.offering_version),
            )
        )
    )
    rows = lock_found(session, query, Voucher, Order, RedemptionClaim)
    if not rows or not actor.sees_region(rows[0][0].order.programme.region.path):
        raise not_here()
    claim: RedemptionClaim = rows[0][0]
    return claim


def _rows(session: Session, actor: Actor, claim: RedemptionClaim) -> list[Row[Any]]:
    order, checklist = claim.order, list_for(claim.order)
    own = select(Membership.id).where(
        Membership.user_id == actor.user_id,
        Membership.state == MembershipState.ACTIVE,
        Membership.organisation_id.in_([order.provider_id, order.enterprise_id]),
    )
    duty = select(ProgrammeDuty.duty).where(
        ProgrammeDuty.user_id == actor.user_id, ProgrammeDuty.programme_id == order.programme_id
    )
    checklists = select(RuleVersion.id).where(
        RuleVersion.kind == checklist.kind, RuleVersion.key == checklist.key, RuleVersion.sha256 == checklist.sha256
    )
    query = (
        select(
            RedemptionClaim,
            Agreement,
            Confirmation,
            Certification,
            CertificateBreak,
            ClaimInvoice,
            own.exists().label("involved"),
            duty.scalar_subquery().label("duty"),
            select(SignIn.password_at).where(SignIn.id == actor.sign_in_id).scalar_subquery().label("password_at"),
            checklists.scalar_subquery().label("checklist_id"),
            hold_of(order.programme_id, order.id).scalar_subquery().label("held"),
            files_elsewhere(order.id).label("files_elsewhere"),
            *elsewhere(claim.number),
        )
        .outerjoin(Agreement, Agreement.order_id == RedemptionClaim.order_id)
        .outerjoin(Confirmation, Confirmation.order_id == RedemptionClaim.order_id)
        .outerjoin(Certification, and_(Certification.organisation_id == order.provider_id, GRANTED))
        .outerjoin(CertificateBreak, OWN_BREAK)
        .outerjoin(ClaimInvoice, ClaimInvoice.claim_id == claim.id)
        .outerjoin(ClaimInvoice.invoice)
        .where(RedemptionClaim.order_id == order.id)
        .options(contains_eager(ClaimInvoice.invoice), lazyload(Certification.organisation))
    )
    return list(session.execute(query.execution_options(populate_existing=True)).all())
