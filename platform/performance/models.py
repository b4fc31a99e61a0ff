"""Tables of performance-target tables; actuals have no table: they are computed from the records."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Organisation
from foundation.constraints import explain
from foundation.database import Base, Timestamped
from foundation.i18n import N_
from foundation.waiting import Waits, waits_rules
from policies.models import RuleVersion


class TargetState(StrEnum):
    """DESIGN.md section 6, target table."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ACTUALS_FILED = "actuals_filed"
    ASSESSED = "assessed"
    SUPERSEDED = "superseded"


class TargetTable(Waits, Timestamped, Base):
    """A provider's performance-target table (绩效目标表) for one year; approved, it is a frozen version."""

    __tablename__ = "target_tables"
    __table_args__ = (
        UniqueConstraint("organisation_id", "template_id", "year", "version", name="uq_target_tables_version"),
        # One table in force for an organisation, template and year.
        Index(
            "uq_target_tables_in_force",
            "organisation_id",
            "template_id",
            "year",
            unique=True,
            postgresql_where=text("state IN ('approved', 'actuals_filed', 'assessed')"),
        ),
        # Whoever files a table does not approve it.
        CheckConstraint("submitted_by_id <> approved_by_id", name="two_people"),
        # The list of tables, newest first.
        Index("ix_target_tables_newest", "year", "created_at"),
        *waits_rules("target_tables"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    template_id: Mapped[str]
    template_version: Mapped[str]
    # The template as it stood when the table was begun; unknown for tables from before versions were kept.
    rules_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_versions.id"))
    year: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[TargetState] = mapped_column(default=TargetState.DRAFT)
    change_reason: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    rules: Mapped[RuleVersion | None] = relationship()
    rows: Mapped[list["TargetRow"]] = relationship(back_populates="table", lazy="selectin")

    @property
    def rests_on(self) -> tuple[UUID | None, None]:
        """The template, for what is decided about it; what was filled in is frozen itself."""
        return self.rules_id, None


class TargetRow(Base):
    """Baseline and target of one row; an absent row was dropped because the service is not offered."""

    __tablename__ = "target_rows"
    __table_args__ = (
        UniqueConstraint("table_id", "row_id", name="uq_target_rows_row"),
        CheckConstraint("baseline >= 0 AND target >= 0", name="not_negative"),
        CheckConstraint("baseline_part <= baseline AND target_part <= target", name="part_within_whole"),
    )

    table_id: Mapped[UUID] = mapped_column(ForeignKey("target_tables.id"))
    row_id: Mapped[str]
    baseline: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    target: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    # "Of which" figures, such as inventions among patents.
    baseline_part: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    target_part: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    table: Mapped[TargetTable] = relationship(back_populates="rows")


explain("ck_target_rows_part_within_whole", N_("“其中”的数不能大于总数"))
explain("ck_target_tables_two_people", N_("填报人不能审批自己填报的目标表"))
