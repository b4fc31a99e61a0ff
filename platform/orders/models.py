"""Tables of orders, agreements, service records and confirmations."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from providers.models import OfferingVersion
from vouchers.models import Programme, Voucher


class OrderState(StrEnum):
    """DESIGN.md section 6, order."""

    PLACED = "placed"
    DOCKING = "docking"
    CONTRACTED = "contracted"
    IN_SERVICE = "in_service"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CLAIMED = "claimed"
    VERIFIED = "verified"
    SETTLED = "settled"
    RETURNED = "returned"
    DISPUTED = "disputed"
    VOIDED = "voided"
    CANCELLED = "cancelled"


_PRICES: Final = ["charged_price", "deduction", "own_share"]


class Order(Waits, Timestamped, Base):
    """A service ordered with a voucher. Amounts in fen; everything that was agreed is frozen at ordering.

    ``deduction`` is held on the voucher, ``own_share`` is what the enterprise pays itself:
    list_price = discount + deduction + own_share, with discount = list_price − charged_price.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("deduction > 0", name="deduction_positive"),
        CheckConstraint("own_share >= 0", name="own_share_not_negative"),
        CheckConstraint("charged_price = deduction + own_share", name="price_adds_up"),
        CheckConstraint("charged_price <= list_price", name="prices"),
        # The list of orders, newest first: an authority's, an enterprise's, a provider's; its sums are read from the others.
        Index("ix_orders_placed", "placed_at", "id"),
        Index("ix_orders_enterprise_placed", "enterprise_id", "placed_at", "id"),
        Index("ix_orders_provider_placed", "provider_id", "placed_at", "id"),
        Index("ix_orders_enterprise", "enterprise_id", "state"),
        Index("ix_orders_provider", "provider_id", "state", postgresql_include=_PRICES),
        Index("ix_orders_programme", "programme_id", "state", postgresql_include=_PRICES),
        Index("ix_orders_queue", "offering_id", "state", "placed_at"),
        Index("ix_orders_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_orders_stalled", "stalled_at", postgresql_where=text("stalled_at IS NOT NULL")),
        # What an enterprise and a provider wait for, the longest waiting first.
        Index(
            "ix_orders_enterprise_waits", "enterprise_id", "waits_since", postgresql_where=text("waits_for <> 'nobody'")
        ),
        Index("ix_orders_provider_waits", "provider_id", "waits_since", postgresql_where=text("waits_for <> 'nobody'")),
        *waits_rules("orders"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"), index=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    offering_id: Mapped[UUID] = mapped_column(ForeignKey("offerings.id"))
    offering_version_id: Mapped[UUID] = mapped_column(ForeignKey("offering_versions.id"))
    enterprise_title: Mapped[str]
    list_price: Mapped[int]
    charged_price: Mapped[int]
    market_price: Mapped[int]
    deduction: Mapped[int]
    own_share: Mapped[int]
    needs: Mapped[str | None]
    state: Mapped[OrderState] = mapped_column(default=OrderState.PLACED)
    # The state to return to when a dispute is resolved.
    state_before_dispute: Mapped[str | None]
    placed_at: Mapped[datetime]
    # Since when the present step runs, whose deadline is ``due_at``: shown with its age, acted on by a job.
    since: Mapped[datetime]
    # From when on the bureau may end an order that both sides leave lying; moved on by every step that either side takes.
    stalled_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]
    programme: Mapped[Programme] = relationship()
    voucher: Mapped[Voucher] = relationship()
    enterprise: Mapped[Organisation] = relationship(foreign_keys=[enterprise_id])
    provider: Mapped[Organisation] = relationship(foreign_keys=[provider_id])
    offering_version: Mapped[OfferingVersion] = relationship()
    steps: Mapped[list["OrderStep"]] = relationship(order_by="OrderStep.at, OrderStep.id", back_populates="order")
    agreement: Mapped["Agreement | None"] = relationship(back_populates="order")
    records: Mapped[list["ServiceRecord"]] = relationship(order_by="ServiceRecord.created_at", back_populates="order")
    confirmation: Mapped["Confirmation | None"] = relationship(back_populates="order")


class OrderStep(Base):
    """A step that an order has taken (办件进度): when, by whom, and what was said."""

    __tablename__ = "order_steps"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    event: Mapped[str]
    state: Mapped[OrderState]
    at: Mapped[datetime]
    person: Mapped[str]
    organisation: Mapped[str]
    note: Mapped[str | None]
    order: Mapped[Order] = relationship(back_populates="steps")


class Agreement(Timestamped, Base):
    """The service agreement (服务协议) of an order; it binds once each side has confirmed it itself."""

    __tablename__ = "agreements"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), unique=True)
    number: Mapped[str]
    tripartite: Mapped[bool]
    third_party: Mapped[str | None]
    signed_on: Mapped[date]
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"))
    provider_confirmed_at: Mapped[datetime | None]
    provider_confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    enterprise_confirmed_at: Mapped[datetime | None]
    enterprise_confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    order: Mapped[Order] = relationship(back_populates="agreement")


class RecordState(StrEnum):
    """DESIGN.md section 6, service record."""

    DRAFT = "draft"
    FILED = "filed"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"
    AMENDED = "amended"


class ServiceRecord(Timestamped, Base):
    """What was delivered (服务记录); ``measures`` are the figures that feed target indicators, as decimal strings.

    A change is a new version of the same ``line``; the old one stays as ``amended``.
    """

    __tablename__ = "service_records"
    __table_args__ = (
        UniqueConstraint("order_id", "line", "version", name="uq_service_records_version"),
        Index("ix_service_records_delivered", "delivered_on", "state"),
        # The register of records, newest delivery first.
        Index("ix_service_records_newest", "delivered_on", "id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    line: Mapped[int]
    version: Mapped[int]
    state: Mapped[RecordState]
    delivered_on: Mapped[date]
    place: Mapped[str]
    channel: Mapped[str]
    delivered_by: Mapped[str]
    description: Mapped[str]
    result: Mapped[str]
    measures: Mapped[dict[str, Any]]
    filed_at: Mapped[datetime | None]
    contest_reason: Mapped[str | None]
    order: Mapped[Order] = relationship(back_populates="records")


RATINGS: Final = {5: N_("非常满意"), 4: N_("满意"), 3: N_("基本满意"), 2: N_("不满意"), 1: N_("非常不满意")}
"""The five levels of 好差评."""


class Confirmation(Timestamped, Base):
    """The enterprise's confirmation of the result (成效确认) and its rating (好差评), five levels; one an order."""

    __tablename__ = "confirmations"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), unique=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    rating: Mapped[int]
    comment: Mapped[str | None]
    order: Mapped[Order] = relationship(back_populates="confirmation")
    letter: Mapped["ConfirmationLetter | None"] = relationship(back_populates="confirmation")


class ConfirmationLetter(Base):
    """What the confirmation letter (成效确认函) says, as it stood when the enterprise confirmed; never rewritten.

    ``content`` is the canonical form without the address for checking, ``content_hash`` its SHA-256. Orders that were
    confirmed before letters were kept have none.
    """

    __tablename__ = "confirmation_letters"

    confirmation_id: Mapped[UUID] = mapped_column(ForeignKey("confirmations.id"), unique=True)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    confirmation: Mapped[Confirmation] = relationship(back_populates="letter")


explain("uq_agreements_order_id", N_("这份订单已经上传过服务协议"), remedy=N_("刷新页面，核对已有的协议"))
explain("uq_confirmations_order_id", N_("这份订单已经确认和评价过"))
explain("uq_confirmation_letters_confirmation_id", N_("这份订单已经确认和评价过"))
explain("uq_service_records_version", N_("这条服务记录刚被同事修改过"), remedy=N_("刷新页面，在最新版本上修改"))
