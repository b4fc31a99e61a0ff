"""The read model of what was done to a thing, as the history on its case page shows it."""

from collections.abc import Iterable

from audit.models import AuditEvent
from foundation.reading import Moment, ReadModel


class HistoryEvent(ReadModel):
    """A deed as it was recorded: ``person``, ``organisation`` and ``note`` are what was written then.

    The states are codes of the thing's own states, where the deed recorded any.
    """

    at: Moment
    person: str
    organisation: str
    action: str
    note: str | None
    state_before: str | None
    state_after: str | None


def history_events(events: Iterable[AuditEvent]) -> tuple[HistoryEvent, ...]:
    """Deeds in the order given."""
    return tuple(
        HistoryEvent(
            at=each.at,
            person=each.person,
            organisation=each.organisation,
            action=each.action,
            note=each.note,
            state_before=(each.before or {}).get("state"),
            state_after=(each.after or {}).get("state"),
        )
        for each in events
    )
