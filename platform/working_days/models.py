"""Tables of the years whose notice was entered here."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation.clock import now
from foundation.constraints import explain
from foundation.database import Base
from foundation.i18n import N_


class DayKind(StrEnum):
    """What a notice says of a day: free, or a weekend day on which one works (调休上班)."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


class CalendarYear(Base):
    """A year whose notice was entered: by which document, by whom and when; entering it again replaces its days."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(unique=True)
    # 文号 of the notice, such as 国办发明电〔2025〕7号.
    document: Mapped[str | None]
    # Counts up each time: other processes see by it that they must read the days anew.
    revision: Mapped[int] = mapped_column(default=1)
    entered_by: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(default=now)
    days: Mapped[list["CalendarDay"]] = relationship(order_by="CalendarDay.day", cascade="all, delete-orphan")


class CalendarDay(Base):
    """A day that the notice of its year names."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        # The days of a year come from that year's notice alone.
        CheckConstraint("extract(year FROM day) = year", name="in_its_year"),
        # Only a Saturday or Sunday can be made a working day; any other day is one already.
        CheckConstraint("kind = 'holiday' OR extract(isodow FROM day) > 5", name="workday_on_a_weekend"),
    )

    day: Mapped[date] = mapped_column(unique=True)
    year: Mapped[int] = mapped_column(ForeignKey("calendar_years.year"), index=True)
    kind: Mapped[DayKind]
    name: Mapped[str]


explain("uq_calendar_years_year", N_("另一位管理员刚刚录入了这一年"), remedy=N_("刷新页面，核对后再试"))
