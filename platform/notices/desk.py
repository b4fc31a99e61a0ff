"""What public notices put on a desk: objections without an answer."""

from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.clock import at
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from notices.queries import unanswered


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """Objections that this bureau has to answer."""
    return [
        DeskItem(
            task=N_("答复异议"),
            title=objection.notice.title,
            endpoint="notices.notice",
            arguments={"number": objection.notice.number},
            since=objection.created_at,
            due=at(objection.notice.closes_on, 23, 59),
            blocks=N_("答复之前，公示不能结束"),
        )
        for objection in unanswered(session, actor)
    ]


def others(_session: Session, _actor: Actor) -> list[DeskItem]:
    """Nothing: a notice waits for its last day, not for a person."""
    return []


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None."""
    return []
