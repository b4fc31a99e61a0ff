"""Tables of claims for redemption and their invoices."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from files.models import Attachment
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from orders.models import Order
from policies.models import RuleVersion
from vouchers.models import Duty

WITHIN: Final = ("claim_invoices_within", "invoices_within", "redemption_claims_within")
"""The constraint triggers by which no more is used of an invoice than it has."""


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
        CheckConstraint("amount > 0", name="amount_positive"),
        # What was redeemed is there exactly while the claim is verified or settled, and never more than was asked for.
        CheckConstraint(
            "(redeemed IS NULL OR redeemed BETWEEN 1 AND amount) "
            "AND (redeemed IS NOT NULL) = (state IN ('verified', 'settled'))",
            name="redeemed_within",
        ),
        # How many wait is counted from the index alone.
        Index("ix_redemption_claims_queue", "state", "submitted_at", postgresql_include=["programme_id"]),
        # The list of claims: those that wait first, then by the first filing.
        Index("ix_redemption_claims_waiting_first", text("(state <> 'submitted')"), "submitted_at", "id"),
        # What is verified and in no batch yet, and its money, is read from the index alone.
        Index(
            "ix_redemption_claims_verified",
            "state",
            "id",
            postgresql_include=["programme_id", "order_id", "redeemed", "decided_at"],
        ),
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
    self_checked: Mapped[bool]
    checks: Mapped[list[Any]]
    # What those answers were given to, and the list as it stood then; unknown for claims from before these were kept.
    facts: Mapped[dict[str, Any] | None]
    checklist_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
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
    billed: Mapped[list["ClaimInvoice"]] = relationship(order_by="ClaimInvoice.id", cascade="all, delete-orphan")

    @property
    def rests_on(self) -> tuple[UUID | None, dict[str, Any] | None]:
        """The list and the facts of its answers, for what is decided about it."""
        return self.checklist_id, self.facts


class InvoiceRow(Timestamped, Base):
    """An invoice (发票) as it was stated by the first claim that used it: ``amount`` in fen with tax.

    A red letter (红字发票) names the invoice that it takes back in ``corrects_id`` and has a negative amount, as it is
    printed. ``blob_id`` is its file, the last one that was filed. What an invoice still has: verification/billing.py.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        # Numbers are compared as text, so only the one spelling of verification/invoices.py may be stored.
        CheckConstraint("number ~ '^([0-9]{20}|([0-9]{10}|[0-9]{12})-[0-9]{8})$'", name="number_in_one_form"),
        # Nothing but a red letter takes anything back, and a red letter never adds.
        CheckConstraint("amount <> 0 AND (amount < 0) = (corrects_id IS NOT NULL)", name="red_letter_negative"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    issued_on: Mapped[date]
    amount: Mapped[int]
    seller: Mapped[str]
    buyer: Mapped[str]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    blob_id: Mapped[UUID | None] = mapped_column(ForeignKey("blobs.id"))


class ClaimInvoice(Timestamped, Base):
    """How much of an invoice a claim uses, in fen, and the file as it lies at the claim's order.

    A claim that is not rejected takes its ``amount`` from what the invoice has. The constraint triggers
    ``claim_invoices_within``, ``invoices_within`` and ``redemption_claims_within`` refuse more than that, whoever writes.
    ``counts`` is false only for old claims that show an invoice which an earlier claim had used whole: they say so, and take
    nothing. ``stated`` is what a claim that counts no more had said, where that is not what the invoice says.
    """

    __tablename__ = "claim_invoices"
    __table_args__ = (
        UniqueConstraint("claim_id", "invoice_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("redemption_claims.id"))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), index=True)
    amount: Mapped[int]
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"))
    counts: Mapped[bool] = mapped_column(default=True)
    stated: Mapped[dict[str, Any] | None]
    invoice: Mapped[InvoiceRow] = relationship()
    attachment: Mapped[Attachment] = relationship()


explain("uq_redemption_claims_number", N_("这份订单刚有另一份核销申请"), remedy=N_("刷新页面查看最新进度"))
explain("ck_invoices_number_in_one_form", N_("发票号码的写法不对"), field="number")
explain("uq_invoices_number", N_("这张发票刚被另一份申请使用"), field="number", remedy=N_("刷新页面后再试"))
for _guard in WITHIN:
    explain(_guard, N_("发票剩余的金额不够"), field="number", remedy=N_("核对发票号码；一张发票的金额只能核销一次"))
