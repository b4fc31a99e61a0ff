"""Tables of programmes, claims and vouchers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation, Region
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules


class ProgrammeState(StrEnum):
    """A voucher programme from its draft to its last settlement."""

    DRAFT = "draft"
    CHECKED = "checked"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"


class Programme(Timestamped, Base):
    """A voucher programme (服务券项目) of a bureau; its rules stand in versions, its money in the ledger."""

    __tablename__ = "programmes"
    __table_args__ = (
        # Whoever drafts a programme does not check it.
        CheckConstraint("drafted_by_id <> checked_by_id", name="two_people"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    summary: Mapped[str]
    bureau_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    treasury_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"))
    scheme_id: Mapped[str]
    state: Mapped[ProgrammeState] = mapped_column(default=ProgrammeState.DRAFT)
    drafted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    bureau: Mapped[Organisation] = relationship(foreign_keys=[bureau_id], lazy="joined")
    treasury: Mapped[Organisation] = relationship(foreign_keys=[treasury_id])
    region: Mapped[Region] = relationship(lazy="joined")
    versions: Mapped[list["ProgrammeVersion"]] = relationship(
        back_populates="programme", order_by="ProgrammeVersion.version"
    )


class ProgrammeVersion(Timestamped, Base):
    """The rules of a programme from a moment on; a change binds only new claims (``terms``: vouchers/terms.py)."""

    __tablename__ = "programme_versions"
    __table_args__ = (UniqueConstraint("programme_id", "version", name="uq_programme_versions_version"),)

    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    version: Mapped[int]
    terms: Mapped[dict[str, Any]]
    announced_at: Mapped[datetime | None]
    programme: Mapped[Programme] = relationship(back_populates="versions")


class Duty(StrEnum):
    """What a person does in a programme: judge who and what is entitled, or release money; never both."""

    ELIGIBILITY = "eligibility"
    PAYMENT = "payment"


class ProgrammeDuty(Timestamped, Base):
    """The one duty of a person in a programme.

    Decisions refer to (person, programme, duty) by foreign key, and a person has one row a programme: so the database
    itself refuses a payment approved by somebody who judged eligibility, whatever the code does.
    """

    __tablename__ = "programme_duties"
    __table_args__ = (
        UniqueConstraint("user_id", "programme_id", name="uq_programme_duties_one_duty"),
        UniqueConstraint("user_id", "programme_id", "duty", name="uq_programme_duties_reference"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    duty: Mapped[Duty]


class ClaimState(StrEnum):
    """DESIGN.md section 6, voucher claim."""

    QUEUED = "queued"
    ALLOTTED = "allotted"
    WAITING = "waiting"
    NOT_ELIGIBLE = "not_eligible"
    LAPSED = "lapsed"


class VoucherClaim(Waits, Timestamped, Base):
    """An enterprise's claim (申领) in the queue of a programme. Amounts in fen.

    ``priority`` 0 goes before 1 at the same moment; title and reason are what the register and the rules said then.
    """

    __tablename__ = "voucher_claims"
    __table_args__ = (
        # One open claim an enterprise: a double click queues once.
        Index(
            "uq_voucher_claims_open",
            "programme_id",
            "enterprise_id",
            unique=True,
            postgresql_where=text("state IN ('queued', 'waiting')"),
        ),
        Index("ix_voucher_claims_queue", "programme_id", "state", "queued_at", "priority"),
        CheckConstraint("requested > 0", name="requested_positive"),
        CheckConstraint("allotted BETWEEN 0 AND requested", name="allotted_within"),
        *waits_rules("voucher_claims"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    programme_version_id: Mapped[UUID] = mapped_column(ForeignKey("programme_versions.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.QUEUED)
    title: Mapped[str]
    priority: Mapped[int]
    requested: Mapped[int]
    allotted: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    programme: Mapped[Programme] = relationship()
    programme_version: Mapped[ProgrammeVersion] = relationship()
    enterprise: Mapped[Organisation] = relationship()


class VoucherState(StrEnum):
    """DESIGN.md section 6, voucher."""

    ISSUED = "issued"
    HELD = "held"
    PARTLY_REDEEMED = "partly_redeemed"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    RECLAIMED = "reclaimed"
    REVOKED = "revoked"
    # A part was redeemed, and this is how the rest ended.
    USED_EXPIRED = "used_expired"
    USED_RECLAIMED = "used_reclaimed"
    USED_REVOKED = "used_revoked"


class Voucher(Timestamped, Base):
    """A service voucher (服务券) of ``face`` fen; what is left to use is the balance of its ledger account."""

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint("face > 0", name="face_positive"),
        Index("ix_vouchers_enterprise", "enterprise_id", "state"),
        Index("ix_vouchers_expiry", "state", "expires_on"),
        # The list of vouchers, newest first.
        Index("ix_vouchers_newest", "issued_at", "id"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("voucher_claims.id"), unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"), index=True)
    programme_version_id: Mapped[UUID] = mapped_column(ForeignKey("programme_versions.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_accounts.id"), unique=True)
    face: Mapped[int]
    state: Mapped[VoucherState] = mapped_column(default=VoucherState.ISSUED)
    issued_at: Mapped[datetime]
    expires_on: Mapped[date]
    programme: Mapped[Programme] = relationship()
    programme_version: Mapped[ProgrammeVersion] = relationship()


explain("uq_voucher_claims_open", N_("贵单位在这个项目中已有一份排队中的申领"), remedy=N_("在“服务券”页面查看排队位置"))
explain("ck_programmes_two_people", N_("起草人不能审核自己起草的项目"), remedy=N_("请由另一位工作人员审核"))
explain(
    "uq_programme_duties_one_duty",
    N_("您在这个项目中已承担另一项职责：审核资格的人不能批准付款，反之亦然"),
    remedy=N_("请由另一位工作人员办理"),
)
