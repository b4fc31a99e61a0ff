"""The read model of a year of the calendar that was entered here."""

from foundation.reading import Moment, ReadModel
from working_days.models import CalendarYear


class EnteredYear(ReadModel):
    """By which document (文号) a year was entered, by whom and when."""

    year: int
    document: str | None
    entered_by: str
    entered_at: Moment


def entered(year: CalendarYear | None) -> EnteredYear | None:
    """The read model of an entered year; None for one that was not."""
    if year is None:
        return None
    return EnteredYear(year=year.year, document=year.document, entered_by=year.entered_by, entered_at=year.entered_at)
