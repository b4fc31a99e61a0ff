"""Tables of public notices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.database import Base, Timestamped
from foundation.waiting import Waits, waits_rules


class NoticeState(StrEnum):
    """Open until the last day has passed and every objection has its answer."""

    OPEN = "open"
    CLOSED = "closed"


class PublicNotice(Timestamped, Base):
    """What a bureau announces (公示) about a thing, and until when anybody may object."""

    __tablename__ = "public_notices"
    __table_args__ = (
        CheckConstraint("closes_on >= opens_on", name="period"),
        # The list of notices, newest first.
        Index("ix_public_notices_newest", "opens_on", "id"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(index=True)
    title: Mapped[str]
    body: Mapped[str]
    issuer: Mapped[str]
    # The bureau whose notice it is: it answers objections. Organisations stand above, so there is no foreign key.
    bureau_id: Mapped[UUID] = mapped_column(index=True)
    region_path: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    # How many working days it is open: by them its last day is counted again when the year's calendar comes.
    working_days: Mapped[int]
    state: Mapped[NoticeState] = mapped_column(default=NoticeState.OPEN)
    objections: Mapped[list["Objection"]] = relationship(back_populates="notice", order_by="Objection.created_at")


class Objection(Waits, Timestamped, Base):
    """A real-name objection with evidence, and its answer; the notice cannot lead on while one is unanswered."""

    __tablename__ = "objections"
    __table_args__ = waits_rules("objections")

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("public_notices.id"), index=True)
    name: Mapped[str]
    contact: Mapped[str]
    text: Mapped[str]
    answer: Mapped[str | None]
    upheld: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    notice: Mapped[PublicNotice] = relationship(back_populates="objections")
