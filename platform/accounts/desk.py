"""What accounts put on a desk: people who ask to join."""

from sqlalchemy.orm import Session

from accounts.queries import requests_to_join
from foundation.actors import Actor, Role
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_

_MANAGERS = frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER})


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """People who wait to be admitted by this manager."""
    if actor.role not in _MANAGERS:
        return []
    return [
        DeskItem(
            task=N_("同意加入本单位"),
            title=request.user.name,
            endpoint="accounts.members",
            arguments={},
            since=request.created_at,
            blocks=N_("同意之前，对方不能登录"),
        )
        for request in requests_to_join(session, actor)
    ]


def others(_session: Session, _actor: Actor) -> list[DeskItem]:
    """Nothing: who asks to join cannot sign in yet."""
    return []


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None."""
    return []
