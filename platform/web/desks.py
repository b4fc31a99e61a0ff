"""The home desk: what each room says about a person's work, put together oldest first."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import now
from foundation.desk import SHOWN, Desk, DeskItem, Items, Lying
from foundation.pages import PAGE_SIZE, Page, last_page
from web.filters import age, counted, yuan
from web.house import house


def desk(session: Session, actor: Actor) -> Desk:
    """The first things that wait for the person and that the person waits for, with exact totals; at most three figures."""
    figures = [figure for room in house().desks for figure in room.figures(session, actor)]
    standing = [line for room in house().desks for line in room.standing(session, actor)]
    return Desk(mine(session, actor, SHOWN), others(session, actor, SHOWN), figures[:3], standing)


def mine(session: Session, actor: Actor, most: int) -> Lying:
    """The ``most`` things that wait for the person most urgently, and how many wait in all."""
    return _first((room.waiting(session, actor, most) for room in house().desks), most, key=lambda item: item.urgency)


def others(session: Session, actor: Actor, most: int) -> Lying:
    """The ``most`` things that the person waits for longest, and how many there are in all."""
    return _first((room.others(session, actor, most) for room in house().desks), most, key=lambda item: item.since)


def page(session: Session, actor: Actor, lying: Items, number: int) -> Page[DeskItem]:
    """One page of a whole list (``mine`` or ``others``); too high a number gives the last page."""
    found = lying(session, actor, PAGE_SIZE)
    number = min(max(1, number), last_page(found.total))
    if number > 1:
        found = lying(session, actor, number * PAGE_SIZE)
    return Page(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], found.total, number)


def _first(parts: Iterable[Lying], most: int, key: Callable[[DeskItem], datetime]) -> Lying:
    """The first of all rooms are among the first ``most`` of each room."""
    found = reduce(Lying.plus, parts, Lying())
    return Lying(sorted(found, key=key)[:most], found.total)


def shown(desk: Desk) -> dict[str, Any]:
    """The desk as templates/components/desk.html takes it: with translated words, links and ages."""
    return {
        "standing": [
            {
                "tone": line.tone.value,
                "words": gettext(line.words) % line.params,
                "at": line.at,
                "url": url_for(line.endpoint),
            }
            for line in desk.standing
        ],
        "mine": mine_rows(desk.mine),
        "mine_total": desk.mine.total,
        "others": others_rows(desk.others),
        "others_total": desk.others.total,
        # Nothing under way and no money: the page says where to begin.
        "starting": not desk.others and not any(figure.amount or figure.count for figure in desk.figures),
        "numbers": [
            {
                "label": gettext(figure.label),
                "value": yuan(figure.amount) if figure.amount is not None else counted(figure.count or 0),
                "url": url_for(figure.endpoint, **figure.arguments),
                "note": None,
            }
            for figure in desk.figures
        ],
    }


def mine_rows(items: Iterable[DeskItem]) -> list[dict[str, Any]]:
    """What waits for the person, as the component takes it."""
    return [
        {
            "title": _title(item),
            "url": url_for(item.endpoint, **item.arguments),
            "blocks": gettext(item.blocks) % item.params if item.blocks else None,
            "deadline": _last_moment(item),
            # How long is left where there is a deadline, else how long it has waited.
            "age": age(_last_moment(item) or item.since),
            "late": item.due is not None and item.due < now(),
            "amount": item.amount,
            "number": _number(item),
            "action": gettext(item.task.verb),
        }
        for item in items
    ]


def others_rows(items: Iterable[DeskItem]) -> list[dict[str, Any]]:
    """What the person waits for, as the component takes it."""
    return [
        {
            "title": _title(item),
            "url": url_for(item.endpoint, **item.arguments),
            "holder": gettext(item.holder) if item.holder else None,
            "number": _number(item),
            "deadline": _last_moment(item),
            "late": item.due is not None and item.due < now(),
            "age": age(item.since),
            "state": None,
        }
        for item in items
    ]


def _title(item: DeskItem) -> str:
    return f"{gettext(item.task.words)}{gettext('：')}{item.title}"


def _last_moment(item: DeskItem) -> datetime | None:
    """A deadline at midnight belongs to the day that ends with it."""
    return item.due - timedelta(seconds=1) if item.due is not None else None


def _number(item: DeskItem) -> str | None:
    """The case's number, by which one of forty like it is told apart; None where the title has it already."""
    number = str(item.arguments.get("number") or "")
    return number if number and number not in item.title else None
