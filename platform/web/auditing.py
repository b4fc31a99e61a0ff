"""What an auditor sees of the trail: what people of the region did, and what anybody did to the region's things."""

from typing import Any

from sqlalchemy.orm import Session

from accounts.queries import organisations_below
from audit.models import AuditEvent
from audit.queries import events
from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.desk import SHOWN, Figure, Lying
from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.pages import Page
from web.things import thing_below


def trail_of(session: Session, actor: Actor, **asked: Any) -> Page[AuditEvent]:
    """The events of the auditor's region; ``asked`` as in ``audit.queries.events``.

    What concerns no thing, as the removal of old events, belongs to the whole country.
    """
    path = actor.region_path
    whole_country = path.count("/") == 1
    return events(session, organisations_below(path), of_things=thing_below(path), of_house=whole_country, **asked)


def event_of(session: Session, actor: Actor, number: int) -> AuditEvent:
    """One event of the auditor's region by its number; NotFound for any other."""
    found = trail_of(session, actor, sequence=number).rows
    if not found:
        raise NotFound(N_("没有这条办理记录"))
    return found[0]


def waiting(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing: an auditor only reads."""
    return Lying()


def others(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing."""
    return Lying()


def figures(session: Session, actor: Actor) -> list[Figure]:
    """For the auditor what was recorded today."""
    if actor.role is not Role.AUDITOR:
        return []
    day = today()
    days = {"first": day.isoformat(), "last": day.isoformat()}
    recorded = trail_of(session, actor, first=day, last=day).total
    return [Figure(N_("今天的操作记录"), "web.audit", days, count=recorded)]
