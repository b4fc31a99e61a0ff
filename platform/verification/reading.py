"""Read models of claims for redemption."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from foundation.reading import Moment, Money, ReadModel
from orders.deadlines import last_day
from orders.models import Order
from verification.answers import Outcome
from verification.billing import billed_of
from verification.models import RedemptionClaim, RedemptionState


class UsedInvoice(ReadModel):
    """An invoice as a claim states it: ``amount`` is what is printed on it, ``used`` what the claim uses of that."""

    number: str
    issued_on: date
    amount: Money
    used: Money


class RedemptionRow(ReadModel):
    """A claim for redemption; ``amount`` is asked for, ``redeemed`` is what the decision made payable of it.

    ``refers`` counts the checks that a person has to look at.
    """

    number: str
    order: str
    offering: str
    provider: NamedOrganisation
    enterprise: NamedOrganisation
    state: RedemptionState
    submitted_at: Moment
    resubmitted_at: Moment | None
    due_on: date | None
    refers: int
    invoices: tuple[UsedInvoice, ...]
    amount: Money
    redeemed: Money | None
    decided_at: Moment | None

    @property
    def deduction(self) -> int:
        """Fen that the claim takes of the voucher: what was redeemed, before the decision what is asked for."""
        return self.amount if self.redeemed is None else self.redeemed


def redemption_rows(_session: Session, claims: Sequence[RedemptionClaim]) -> list[RedemptionRow]:
    """Claims in their order; orders, parties and offerings come with them (``queries.queue``)."""
    return [redemption_row(one) for one in claims]


def redemption_row(one: RedemptionClaim) -> RedemptionRow:
    """One claim as the queue has it."""
    return RedemptionRow(
        number=one.number,
        order=one.order.number,
        offering=one.order.offering_version.name,
        provider=named(one.order.provider),
        enterprise=named(one.order.enterprise),
        state=one.state,
        submitted_at=one.submitted_at,
        resubmitted_at=one.resubmitted_at,
        due_on=due_on(one, one.order),
        refers=sum(each["outcome"] != Outcome.PASS.value for each in one.checks),
        invoices=tuple(
            UsedInvoice(
                number=each.invoice.number,
                issued_on=each.invoice.day,
                amount=each.invoice.amount,
                used=each.used,
            )
            for each in billed_of(one)
        ),
        amount=one.amount,
        redeemed=one.redeemed,
        decided_at=one.decided_at,
    )


def due_on(claim: RedemptionClaim, order: Order) -> date | None:
    """The last day on which somebody must act on the claim; None once it is decided."""
    if claim.state is RedemptionState.RETURNED and claim.due_on:
        return claim.due_on
    return last_day(order) if claim.state is RedemptionState.SUBMITTED else None
