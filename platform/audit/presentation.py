"""The trail as templates/components/case.html takes it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext

from audit.models import AuditEvent
from foundation.i18n import retold


def _told(event: AuditEvent) -> str | None:
    return retold(event.note, gettext) if event.note else None


def history_rows(
    events: Iterable[AuditEvent],
    words: Mapping[str, str],
    *,
    note: Callable[[AuditEvent], str | None] = _told,
) -> list[dict[str, Any]]:
    """What was done to a thing, in the order given; ``words`` say (as msgids) what each verb of its actions means.

    ``note`` tells what was said with it; by default in the reader's language where it was chosen from a list.
    """
    return [
        {
            "at": event.at,
            "who": event.person,
            "organisation": event.organisation,
            "what": gettext(words.get(event.action.partition(".")[2], event.action)),
            "note": note(event),
            "before": None,
            "after": None,
        }
        for event in events
    ]
