"""What public notices put on a desk: objections without an answer."""

from sqlalchemy.orm import Session

from foundation.actors import Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying
from foundation.i18n import N_
from notices.queries import unanswered
from notices.turns import ANSWER


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """Objections that this bureau has to answer."""
    if actor.role not in {Role.OFFICER, Role.REVIEWER}:
        return Lying()
    found = unanswered(session, actor, most)
    return Lying(
        [
            DeskItem(
                task=ANSWER,
                title=objection.notice.title,
                endpoint="notices.notice",
                arguments={"number": objection.notice.number},
                since=objection.waits_since or objection.created_at,
                due=objection.due_at,
                blocks=N_("答复之前，公示不能结束"),
            )
            for objection in found.rows
        ],
        found.total,
    )


def others(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing: a notice waits for its last day, not for a person."""
    return Lying()


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None."""
    return []
