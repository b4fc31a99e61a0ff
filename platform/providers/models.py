"""Tables of certifications and offerings."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from policies.models import RuleVersion


class CertificationState(StrEnum):
    """DESIGN.md section 6."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    MORE_INFORMATION = "more_information"
    PUBLIC_NOTICE = "public_notice"
    CERTIFIED = "certified"
    RENEWAL_DUE = "renewal_due"
    EXPIRED = "expired"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Certification(Waits, Timestamped, Base):
    """A provider's application to be a certified platform (公共服务示范平台), and the certificate it becomes."""

    __tablename__ = "certifications"
    __table_args__ = (
        # One application at a time; it may run beside a certificate that is about to end.
        Index(
            "uq_certifications_application",
            "organisation_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'submitted', 'in_review', 'more_information', 'public_notice')"),
        ),
        # One certificate at a time: a second one would make "certified?" ambiguous.
        Index(
            "uq_certifications_certificate",
            "organisation_id",
            unique=True,
            postgresql_where=text("state IN ('certified', 'renewal_due', 'suspended')"),
        ),
        # First and second review are two people (SPRING's voucher fraud: one executive covered both).
        CheckConstraint("first_reviewer_id <> second_reviewer_id", name="two_reviewers"),
        # See accounts.models.RegionalDuty: whoever decides here releases no money in the region.
        ForeignKeyConstraint(
            ["first_reviewer_id", "region_id"],
            ["regional_duties.user_id", "regional_duties.region_id"],
            name="fk_certifications_first_duty",
        ),
        ForeignKeyConstraint(
            ["second_reviewer_id", "region_id"],
            ["regional_duties.user_id", "regional_duties.region_id"],
            name="fk_certifications_second_duty",
        ),
        # A missing region would switch the foreign keys off.
        CheckConstraint("region_id IS NOT NULL OR first_reviewer_id IS NULL", name="first_duty_somewhere"),
        CheckConstraint("region_id IS NOT NULL OR second_reviewer_id IS NULL", name="second_duty_somewhere"),
        CheckConstraint("valid_to > valid_from", name="period"),
        # An organisation's own, on its pages and wherever it is asked whether it is certified.
        Index("ix_certifications_organisation_id", "organisation_id"),
        # The list of certifications, newest first.
        Index("ix_certifications_newest", "created_at", "id"),
        *waits_rules("certifications"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    level: Mapped[str]
    ruleset_id: Mapped[str]
    state: Mapped[CertificationState] = mapped_column(default=CertificationState.DRAFT)
    facts: Mapped[dict[str, Any]]
    # The rule set as it stood at the last submission (before one: when the draft was begun), its answer and the facts that
    # it was asked about: the decision can be replayed. Unknown for some that were filed before this was kept.
    rules_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
    answer: Mapped[dict[str, Any] | None]
    answered_facts: Mapped[dict[str, Any] | None]
    # When it was first filed, and when more information was last filed.
    submitted_at: Mapped[datetime | None]
    resubmitted_at: Mapped[datetime | None]
    first_reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    second_reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # Where the reviewers decided: the provider's region.
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    recommendation: Mapped[str | None]
    decision_note: Mapped[str | None]
    # Keys of the facts that the bureau asked about, and until when the provider may answer.
    requested: Mapped[list[Any] | None]
    due_on: Mapped[date | None]
    # Where that day was counted and not chosen: from which day, and how many working days.
    due_from: Mapped[date | None]
    due_working_days: Mapped[int | None]
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("public_notices.id"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    rules: Mapped[RuleVersion | None] = relationship()

    @property
    def rests_on(self) -> tuple[UUID | None, dict[str, Any] | None]:
        """The rules and the facts of its answer, for what is decided about it."""
        return self.rules_id, self.answered_facts


class BreakKind(StrEnum):
    """Why a certificate does not hold although its period runs."""

    SUSPENDED = "suspended"
    REVOKED = "revoked"


class CertificateBreak(Base):
    """Days on which a certificate did not hold: from a suspension to its end, or from a revocation on.

    Claims are judged by the days of agreement and service, so the dates must outlive the certificate's present state.
    """

    __tablename__ = "certificate_breaks"
    __table_args__ = (
        # A certificate is suspended or revoked once at a time.
        Index(
            "uq_certificate_breaks_running", "certification_id", unique=True, postgresql_where=text("ends_on IS NULL")
        ),
        CheckConstraint("ends_on >= begins_on", name="period"),
    )

    certification_id: Mapped[UUID] = mapped_column(ForeignKey("certifications.id"), index=True)
    kind: Mapped[BreakKind]
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]

    def covers(self, day: date) -> bool:
        """Whether the certificate did not hold on ``day``, or not for all of it."""
        return self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)


class OfferingState(StrEnum):
    """DESIGN.md section 6; the state of one version of an offering."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    LISTED = "listed"
    SUPERSEDED = "superseded"
    DELISTED = "delisted"


class Offering(Timestamped, Base):
    """A service that a provider lists; what it says stands in its versions."""

    __tablename__ = "offerings"

    number: Mapped[str] = mapped_column(unique=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    # Counts up with every change that the index must see; the index keeps the highest (search/engine.py).
    revision: Mapped[int] = mapped_column(default=1)
    provider: Mapped[Organisation] = relationship(lazy="joined")
    versions: Mapped[list["OfferingVersion"]] = relationship(
        back_populates="offering", order_by="OfferingVersion.version"
    )


class OrdersPeriod(StrEnum):
    """Over which time an enterprise's orders of an offering are counted: all of it, or the calendar year in China."""

    EVER = "ever"
    YEAR = "year"


class OfferingVersion(Waits, Timestamped, Base):
    """What an offering says and costs; the 13 columns of 服务产品情况统计表 (北京 2021-05-10 通知 附件2). Prices in fen.

    Once listed it is frozen: an edit is a new version, and orders keep theirs.
    """

    __tablename__ = "offering_versions"
    __table_args__ = (
        UniqueConstraint("offering_id", "version", name="uq_offering_versions_version"),
        # One version of an offering is in the shop window.
        Index("uq_offering_versions_listed", "offering_id", unique=True, postgresql_where=text("state = 'listed'")),
        # One version of an offering is being written or reviewed.
        Index(
            "uq_offering_versions_open",
            "offering_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'in_review', 'changes_requested')"),
        ),
        CheckConstraint("list_price >= 0 AND charged_price >= 0 AND charged_price <= list_price", name="prices"),
        CheckConstraint("slots > 0", name="slots_positive"),
        # A market figure that the bureau accepts in place of the stated one is a decision: with a reason and a day.
        CheckConstraint(
            "(accepted_market_price IS NULL) = (accepted_reason IS NULL)"
            " AND (accepted_market_price IS NULL) = (accepted_at IS NULL)",
            name="accepted_with_reason",
        ),
        # What is or was listed keeps the price rule, so that no claim can fail for its price.
        CheckConstraint(
            "state NOT IN ('listed', 'superseded') OR list_price <= coalesce(accepted_market_price, market_price)",
            name="not_above_market",
        ),
        CheckConstraint("orders_per_enterprise > 0", name="orders_positive"),
        # A number without its period, or a period without a number, limits nothing that one could check.
        CheckConstraint("(orders_per_enterprise IS NULL) = (orders_period IS NULL)", name="orders_limit_whole"),
        # See accounts.models.RegionalDuty: whoever decides here releases no money in the region.
        ForeignKeyConstraint(
            ["reviewer_id", "region_id"],
            ["regional_duties.user_id", "regional_duties.region_id"],
            name="fk_offering_versions_duty",
        ),
        # A missing region would switch the foreign key off.
        CheckConstraint("region_id IS NOT NULL OR reviewer_id IS NULL", name="duty_somewhere"),
        # The list of offerings, newest first.
        Index("ix_offering_versions_newest", "created_at", "id"),
        *waits_rules("offering_versions"),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey("offerings.id"))
    version: Mapped[int]
    state: Mapped[OfferingState] = mapped_column(default=OfferingState.DRAFT)
    name: Mapped[str]
    category: Mapped[str]
    # The point-to-point kind (data/categories.yaml), where the service is one.
    kind: Mapped[str | None]
    # 服务商名称: the full name of whoever delivers, where that is not the provider alone.
    supplier: Mapped[str | None]
    content: Mapped[str]
    # own | integrated | single_third_party: a third party needs a tripartite contract.
    mode: Mapped[str]
    # online | offline | both
    channel: Mapped[str]
    frequency: Mapped[str]
    # How often an enterprise may order it, where that is limited: what ``frequency`` announces in words is held by these.
    orders_per_enterprise: Mapped[int | None]
    orders_period: Mapped[OrdersPeriod | None]
    list_price: Mapped[int]
    charged_price: Mapped[int]
    # What the provider states; the figure that counts is ``counted_market_price``.
    market_price: Mapped[int]
    price_basis: Mapped[str]
    yearly_revenue: Mapped[int | None]
    effect: Mapped[str]
    yearly_enterprises: Mapped[int | None]
    remark: Mapped[str | None]
    website: Mapped[str | None]
    delivery_days: Mapped[int]
    slots: Mapped[int | None]
    source: Mapped[str | None]
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # Where the reviewer decided: the provider's region.
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str | None]
    # The market figure that the bureau accepts in place of the stated one.
    accepted_market_price: Mapped[int | None]
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None]
    accepted_reason: Mapped[str | None]
    offering: Mapped[Offering] = relationship(back_populates="versions", lazy="joined")

    @property
    def counted_market_price(self) -> int:
        """The market figure that counts, in fen: what the bureau accepted, else what the provider states."""
        return self.market_price if self.accepted_market_price is None else self.accepted_market_price


explain(
    "uq_certifications_application",
    N_("贵单位已有一份正在办理的认定申请"),
    remedy=N_("在“认定”页面查看它的进度"),
)
explain(
    "uq_certifications_certificate",
    N_("这家机构已有一份有效的认定"),
    remedy=N_("在“认定”页面查看它的有效期"),
)
explain("ck_certifications_two_reviewers", N_("初审人不能复审同一份申请"), remedy=N_("请由另一位复审人员办理"))
explain("ck_offering_versions_prices", N_("收费价格不能高于标准价格"), field="charged_price")
explain("ck_offering_versions_not_above_market", N_("标准价格高于市场同类价格"), field="list_price")
explain("ck_offering_versions_orders_positive", N_("应为不小于 1 的整数"), field="orders_per_enterprise")
explain("ck_offering_versions_orders_limit_whole", N_("填写次数时须选择按什么期间计算"), field="orders_per_enterprise")
explain("uq_offering_versions_open", N_("这项服务已有一个修改稿"), remedy=N_("打开已有的修改稿继续填写"))
