"""The read model of what was done to a thing, as the history on its case page shows it."""

from collections.abc import Iterable

from audit.models import AuditEvent
from foundation.reading import Moment, Money, ReadModel


class HistoryEvent(ReadModel):
    """A deed as it was recorded: ``person``, ``organisation`` and ``note`` are what was written then.

    The states are codes of the thing's own states, ``deed`` is what a second person was asked for, ``amount`` what was
    moved, where any was recorded.
    """

    at: Moment
    person: str
    organisation: str
    action: str
    note: str | None
    state_before: str | None
    state_after: str | None
    deed: str | None
    amount: Money | None


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
            deed=(each.after or {}).get("deed"),
            amount=(each.after or {}).get("amount"),
        )
        for each in events
    )
