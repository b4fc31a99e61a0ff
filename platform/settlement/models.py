"""Tables of settlement batches, statements and payments. A trigger refuses UPDATE and DELETE on issued statements."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from orders.models import Order
from policies.models import RuleVersion
from verification.models import RedemptionClaim
from vouchers.models import Duty, Programme


class BatchState(StrEnum):
    """DESIGN.md section 6, settlement batch."""

    DRAFT = "draft"
    CALCULATED = "calculated"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PAYING = "paying"
    PAID = "paid"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Batch(Waits, Timestamped, Base):
    """Verified orders of a programme, calculated by a scheme, approved and paid together (批次).

    ``case`` is the scheme's input and ``result`` its answer, so that the calculation can be replayed by anybody with
    ``huiqi schemes simulate``. ``parameters`` hold what the maker typed: the envelope, awards, parts decided. Those who
    calculated and handed over, approved and paid are kept each for itself; ``sent_back`` is what the treasury said last.
    """

    __tablename__ = "batches"
    __table_args__ = (
        # Maker, checker and payer are three people; whoever calculated is a maker as much as whoever handed it over.
        CheckConstraint("calculated_by_id <> checker_id AND reviewed_by_id <> checker_id", name="maker_is_not_checker"),
        CheckConstraint(
            "checker_id <> payer_id AND calculated_by_id <> payer_id AND reviewed_by_id <> payer_id",
            name="payer_is_third",
        ),
        # See vouchers.models.ProgrammeDuty: who judged eligibility in the programme never approves its payment.
        ForeignKeyConstraint(
            ["checker_id", "programme_id", "checker_duty"],
            ["programme_duties.user_id", "programme_duties.programme_id", "programme_duties.duty"],
            name="fk_batches_checker_duty",
        ),
        ForeignKeyConstraint(
            ["payer_id", "programme_id", "checker_duty"],
            ["programme_duties.user_id", "programme_duties.programme_id", "programme_duties.duty"],
            name="fk_batches_payer_duty",
        ),
        CheckConstraint("checker_duty = 'payment'", name="checker_duty_is_payment"),
        # And who made a batch stands on the side of eligibility for good, also after somebody else calculated it anew.
        ForeignKeyConstraint(
            ["calculated_by_id", "programme_id", "maker_duty"],
            ["programme_duties.user_id", "programme_duties.programme_id", "programme_duties.duty"],
            name="fk_batches_calculator_duty",
        ),
        ForeignKeyConstraint(
            ["reviewed_by_id", "programme_id", "maker_duty"],
            ["programme_duties.user_id", "programme_duties.programme_id", "programme_duties.duty"],
            name="fk_batches_reviewer_duty",
        ),
        CheckConstraint("maker_duty = 'eligibility'", name="maker_duty_is_eligibility"),
        Index("ix_batches_programme", "programme_id", "state"),
        # The list of batches, newest first.
        Index("ix_batches_newest", "created_at", "id"),
        *waits_rules("batches"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    scheme_id: Mapped[str]
    scheme_version: Mapped[str]
    # The scheme as it stood when the batch was last calculated; unknown for a version from before they were kept.
    rules_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    state: Mapped[BatchState] = mapped_column(default=BatchState.DRAFT)
    parameters: Mapped[dict[str, Any]]
    case: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    left_out: Mapped[list[Any]]
    total: Mapped[int] = mapped_column(default=0)
    calculated_by_id: Mapped[UUID | None]
    reviewed_by_id: Mapped[UUID | None]
    maker_duty: Mapped[str] = mapped_column(String(40), default=Duty.ELIGIBILITY.value)
    sent_back: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    checker_id: Mapped[UUID | None]
    checker_duty: Mapped[Duty] = mapped_column(default=Duty.PAYMENT)
    approved_at: Mapped[datetime | None]
    payer_id: Mapped[UUID | None]
    paid_at: Mapped[datetime | None]
    programme: Mapped[Programme] = relationship()
    rules: Mapped[RuleVersion | None] = relationship()
    orders: Mapped[list["BatchOrder"]] = relationship(back_populates="batch")
    awards: Mapped[list["BatchAward"]] = relationship(back_populates="batch")
    statements: Mapped[list["Statement"]] = relationship(back_populates="batch", order_by="Statement.number")

    @property
    def rests_on(self) -> tuple[UUID | None, dict[str, Any] | None]:
        """The scheme and the case, for what is decided about it."""
        return self.rules_id, self.case


class BatchOrder(Base):
    """A claim of an order in a batch and what the batch pays for it; a claim is settled in one batch only. Amounts in fen.

    ``withheld`` is what the maker decided, with a reason, not to pay of it (全额或部分额度补助).
    """

    __tablename__ = "batch_orders"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("withheld >= 0", name="withheld_not_negative"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), index=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("redemption_claims.id"), unique=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    amount: Mapped[int]
    withheld: Mapped[int] = mapped_column(default=0)
    batch: Mapped[Batch] = relationship(back_populates="orders")
    order: Mapped[Order] = relationship()
    claim: Mapped[RedemptionClaim] = relationship()


class BatchAward(Base):
    """What a batch awards a provider on top of the subsidy (绩效奖励): percent, the maker's reason, and fen."""

    __tablename__ = "batch_awards"
    __table_args__ = (
        UniqueConstraint("batch_id", "provider_id", name="uq_batch_awards_provider"),
        CheckConstraint("share > 0 AND share <= 20", name="share_allowed"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        # Nobody is awarded anything without a word why.
        CheckConstraint("length(reason) >= 2", name="reason_given"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    share: Mapped[Decimal] = mapped_column(Numeric(4, 2))
    reason: Mapped[str]
    amount: Mapped[int]
    batch: Mapped[Batch] = relationship(back_populates="awards")


class StatementIssuer(Base):
    """Who issues statements under which code: two bureaus of one region would otherwise give the same numbers."""

    __tablename__ = "statement_issuers"
    __table_args__ = (
        UniqueConstraint("issuer_id", name="uq_statement_issuers_issuer"),
        UniqueConstraint("code", name="uq_statement_issuers_code"),
    )

    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    code: Mapped[str]


class StatementSeries(Base):
    """The last number of an issuer and year; locked while a statement is numbered, so that no number is missing."""

    __tablename__ = "statement_series"
    __table_args__ = (UniqueConstraint("issuer_id", "year", name="uq_statement_series_year"),)

    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0)


class Statement(Timestamped, Base):
    """An issued settlement statement (结算单): immutable, hashed; corrected only by a linked red-letter statement."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("issuer_id", "year", "sequence", name="uq_statements_sequence"),
        # A statement is reversed at most once.
        UniqueConstraint("corrects_id", name="uq_statements_corrects"),
        # The list of statements, newest first: an authority's and a provider's.
        Index("ix_statements_newest", "issued_at", "number"),
        Index("ix_statements_payee_newest", "organisation_id", "issued_at", "number"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batches.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("statements.id"))
    total: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[datetime]
    batch: Mapped[Batch] = relationship(back_populates="statements")
    organisation: Mapped[Organisation] = relationship(foreign_keys=[organisation_id])
    issuer: Mapped[Organisation] = relationship(foreign_keys=[issuer_id])


class StatementFile(Timestamped, Base):
    """The printed form of a statement (PDF): planned when it is issued, made after that is committed, then unchangeable.

    ``address`` stands in its QR code; empty where the file was made before addresses were kept.
    """

    __tablename__ = "statement_files"
    __table_args__ = (
        UniqueConstraint("statement_id", name="uq_statement_files_statement"),
        CheckConstraint("num_nonnulls(blob_id, sha256, printed_at) IN (0, 3)", name="whole"),
        Index("ix_statement_files_unprinted", "created_at", postgresql_where=text("blob_id IS NULL")),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    address: Mapped[str]
    blob_id: Mapped[UUID | None] = mapped_column(ForeignKey("blobs.id"))
    sha256: Mapped[str | None]
    printed_at: Mapped[datetime | None]


class PaymentState(StrEnum):
    """How an attempt to pay a statement ended."""

    PAID = "paid"
    REJECTED = "rejected"


class Payment(Base):
    """An attempt to pay a statement: how it ended, to which account it went, the bank's ``reference`` where it is known.

    ``amount`` is fen. A rejected attempt moves nothing in the ledger; the next one has the next number.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("statement_id", "attempt", name="uq_payments_attempt"),
        # A statement is paid once, whatever the code does.
        Index("uq_payments_paid", "statement_id", unique=True, postgresql_where=text("state = 'paid'")),
        CheckConstraint("attempt >= 1", name="attempt_counted"),
        CheckConstraint("amount > 0", name="amount_positive"),
        # Nobody is told that a payment came back without being told why.
        CheckConstraint("(state = 'rejected') = (reason IS NOT NULL)", name="rejected_with_reason"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    attempt: Mapped[int]
    state: Mapped[PaymentState]
    amount: Mapped[int]
    reference: Mapped[str | None]
    reason: Mapped[str | None]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    statement: Mapped[Statement] = relationship()


explain("ck_batches_maker_is_not_checker", N_("制单人不能审批自己的批次"), remedy=N_("请由另一位工作人员审批"))
explain("ck_batches_payer_is_third", N_("付款人不能是制单人或审批人"), remedy=N_("请由另一位工作人员付款"))
explain("uq_batch_orders_claim_id", N_("有订单已在另一个结算批次中"), remedy=N_("重新计算本批次"))
