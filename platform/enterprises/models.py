"""Tables of titles and facts."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_


class TitleLevel(StrEnum):
    """The tiers of good small and medium enterprises, highest first."""

    KEY_LITTLE_GIANT = "key_little_giant"
    LITTLE_GIANT = "little_giant"
    SRDI = "srdi"
    INNOVATIVE = "innovative"


class Title(Timestamped, Base):
    """A title in the bureau's register: what counts on a day is this row, never what a user ticks."""

    __tablename__ = "titles"
    __table_args__ = (
        UniqueConstraint("organisation_id", "level", "valid_from", name="uq_titles_grant"),
        CheckConstraint("valid_to >= valid_from", name="period"),
        # See accounts.models.RegionalDuty: whoever decides about a title releases no money in the region.
        ForeignKeyConstraint(
            ["registered_by_id", "region_id"],
            ["regional_duties.user_id", "regional_duties.region_id"],
            name="fk_titles_registering_duty",
        ),
        ForeignKeyConstraint(
            ["revoked_by_id", "region_id"],
            ["regional_duties.user_id", "regional_duties.region_id"],
            name="fk_titles_revoking_duty",
        ),
        # A missing region would switch the foreign keys off.
        CheckConstraint("region_id IS NOT NULL OR registered_by_id IS NULL", name="registering_duty_somewhere"),
        CheckConstraint("region_id IS NOT NULL OR revoked_by_id IS NULL", name="revoking_duty_somewhere"),
        Index("ix_titles_on_day", "organisation_id", "valid_from", "valid_to"),
        # The register of titles, newest first.
        Index("ix_titles_newest", "valid_from", "id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    level: Mapped[TitleLevel]
    batch: Mapped[str]
    document: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    revoked_on: Mapped[date | None]
    # Who decided, and where: the enterprise's region. Titles from before the register knew its authors have none.
    registered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    organisation: Mapped[Organisation] = relationship()


class DatedFact(Timestamped, Base):
    """One fact about an organisation as of a day, and where it comes from; a newer row replaces, nothing is edited."""

    __tablename__ = "dated_facts"
    __table_args__ = (Index("ix_dated_facts_latest", "organisation_id", "key", "as_of"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    key: Mapped[str]
    value: Mapped[dict[str, Any]]
    as_of: Mapped[date]
    source: Mapped[str]
    user_id: Mapped[UUID | None]


explain("uq_titles_grant", N_("这个称号从这一天起已经登记"), field="valid_from")
