"""The trail as templates/components/case.html takes it."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flask_babel import gettext

from audit.reading import HistoryEvent
from foundation.i18n import retold

# As ``Actor.office`` writes it.
_BY_DELEGATION: Final = re.compile(r"(.+)（受(.+)委托办理）")


def office_told(organisation: str) -> str:
    """A recorded organisation in the reader's language: who acted, and for whom where that was by delegation."""
    found = _BY_DELEGATION.fullmatch(organisation)
    if found is None:
        return organisation
    return str(gettext("由%(office)s受%(principal)s委托办理", office=found[1], principal=found[2]))


def _told(event: HistoryEvent) -> str | None:
    return retold(event.note, gettext) if event.note else None


def history_rows(
    events: Iterable[HistoryEvent],
    words: Mapping[str, str],
    *,
    note: Callable[[HistoryEvent], str | None] = _told,
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
