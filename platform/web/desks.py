"""The home desk: what each room says about a person's work, put together oldest first."""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import now
from foundation.desk import Desk, DeskItem
from web.desk_verbs import ANY, VERBS
from web.filters import age, yuan
from web.house import house

SHOWN: Final = 20


def desk(session: Session, actor: Actor) -> Desk:
    """What waits for the person and what the person waits for, oldest first, and at most three figures."""
    made = Desk()
    for room in house().desks:
        made.mine.extend(room.waiting(session, actor))
        made.others.extend(room.others(session, actor))
        made.figures.extend(room.figures(session, actor))
    made.mine = sorted(made.mine, key=lambda item: item.due or item.since)
    made.others = sorted(made.others, key=lambda item: item.since)
    made.figures = made.figures[:3]
    return made


def shown(desk: Desk) -> dict[str, Any]:
    """The desk as templates/components/desk.html takes it: with translated words, links and ages."""
    return {
        "mine": [
            {
                "title": f"{gettext(item.task)}{gettext('：')}{item.title}",
                "url": url_for(item.endpoint, **item.arguments),
                "blocks": gettext(item.blocks) % item.params if item.blocks else None,
                "deadline": _last_moment(item),
                # How long is left where there is a deadline, else how long it has waited.
                "age": age(_last_moment(item) or item.since),
                "late": item.due is not None and item.due < now(),
                "amount": item.amount,
                "number": _number(item),
                "action": gettext(VERBS.get(item.task, ANY)),
            }
            for item in desk.mine[:SHOWN]
        ],
        # A person with a hundred claims sees the most urgent ones, and that there are more.
        "more": max(0, len(desk.mine) - SHOWN),
        "others": [
            {
                "title": f"{gettext(item.task)}{gettext('：')}{item.title}",
                "url": url_for(item.endpoint, **item.arguments),
                "holder": gettext(item.holder) if item.holder else None,
                "number": _number(item),
                "deadline": _last_moment(item),
                "late": item.due is not None and item.due < now(),
                "age": age(item.since),
                "state": None,
            }
            for item in desk.others[:SHOWN]
        ],
        # Nothing under way and no money: the page says where to begin.
        "starting": not desk.others and not any(figure.amount or figure.count for figure in desk.figures),
        "numbers": [
            {
                "label": gettext(figure.label),
                "value": yuan(figure.amount) if figure.amount is not None else str(figure.count or 0),
                "url": url_for(figure.endpoint, **figure.arguments),
                "note": None,
            }
            for figure in desk.figures
        ],
    }


def _last_moment(item: DeskItem) -> datetime | None:
    """A deadline at midnight belongs to the day that ends with it."""
    return item.due - timedelta(seconds=1) if item.due is not None else None


def _number(item: DeskItem) -> str | None:
    """The case's number, which tells similar items apart; None where the title already contains it."""
    number = str(item.arguments.get("number") or "")
    return number if number and number not in item.title else None
