"""Tables of claims for redemption and their invoices."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from orders.models import Order
from policies.models import RuleVersion
from vouchers.models import Duty


class RedemptionState(StrEnum):
    """A claim for redemption on its way to a decision."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    SETTLED = "settled"
    REJECTED = "rejected"


class RedemptionClaim(Waits, Timestamped, Base):
    """A provider's claim (核销申请) for an amount of what a finished order holds, with invoice, checks and decision.

    ``amount`` is what is asked for, ``redeemed`` what the decision made payable of it, in fen. The first claim of an
    order has the order's number, the further ones that number with ``-2``, ``-3``.
    ``checks`` are the answers of the list in verification/checks.py as they were at the last submission. ``undone`` counts
    how often its redemption was taken back, so that each redemption has a transfer of its own.
    """

    __tablename__ = "redemption_claims"
    __table_args__ = (
        # An invoice number counts once over all programmes and years; a rejected claim frees it.
        Index(
            "uq_redemption_claims_invoice",
            "invoice_number",
            unique=True,
            postgresql_where=text("state <> 'rejected' AND duplicate_of_id IS NULL"),
        ),
        # Numbers are compared as text, so only the one spelling of verification/invoices.py may be stored.
        CheckConstraint(
            "invoice_number ~ '^([0-9]{20}|([0-9]{10}|[0-9]{12})-[0-9]{8})$'", name="invoice_number_in_one_form"
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        # What was redeemed is there exactly while the claim is verified or settled, and never more than was asked for.
        CheckConstraint(
            "(redeemed IS NULL OR redeemed BETWEEN 1 AND amount) "
            "AND (redeemed IS NOT NULL) = (state IN ('verified', 'settled'))",
            name="redeemed_within",
        ),
        Index("ix_redemption_claims_queue", "state", "submitted_at"),
        # See vouchers.models.ProgrammeDuty: who verifies a claim judges eligibility, and so never approves payment.
        ForeignKeyConstraint(
            ["decided_by_id", "programme_id", "duty"],
            ["programme_duties.user_id", "programme_duties.programme_id", "programme_duties.duty"],
            name="fk_redemption_claims_duty",
        ),
        CheckConstraint("duty = 'eligibility'", name="duty_is_eligibility"),
        *waits_rules("redemption_claims"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    amount: Mapped[int]
    redeemed: Mapped[int | None]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    state: Mapped[RedemptionState] = mapped_column(default=RedemptionState.SUBMITTED)
    invoice_number: Mapped[str]
    invoice_date: Mapped[date]
    invoice_amount: Mapped[int]
    invoice_seller: Mapped[str]
    invoice_buyer: Mapped[str]
    self_checked: Mapped[bool]
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"))
    checks: Mapped[list[Any]]
    # What those answers were given to, and the list as it stood then; unknown for claims from before these were kept.
    facts: Mapped[dict[str, Any] | None]
    checklist_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
    # The same invoice in another spelling, found at an earlier claim when numbers were put into one form.
    duplicate_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("redemption_claims.id"))
    # When it was first filed, and when it was last filed again.
    submitted_at: Mapped[datetime]
    resubmitted_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None]
    duty: Mapped[Duty] = mapped_column(default=Duty.ELIGIBILITY)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[str | None]
    undone: Mapped[int] = mapped_column(default=0)
    order: Mapped[Order] = relationship()
    checklist: Mapped[RuleVersion | None] = relationship()

    @property
    def rests_on(self) -> tuple[UUID | None, dict[str, Any] | None]:
        """The list and the facts of its answers, for what is decided about it."""
        return self.checklist_id, self.facts


explain("uq_redemption_claims_number", N_("这份订单刚有另一份核销申请"), remedy=N_("刷新页面查看最新进度"))
explain("ck_redemption_claims_invoice_number_in_one_form", N_("发票号码的写法不对"), field="number")
explain(
    "uq_redemption_claims_invoice",
    N_("这张发票已经用于另一份核销申请"),
    field="number",
    remedy=N_("核对发票号码；一张发票只能核销一次"),
)
