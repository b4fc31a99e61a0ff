"""Everybody's desk in the demonstration: each task has a verb of its own on its button."""

from demonstration_loaded import Loaded
from factories import actor_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Membership, User
from web.desk_verbs import VERBS
from web.desks import desk


def test_each_task_has_a_verb(told: Session, loaded: Loaded) -> None:
    tasks = set()
    for account in loaded.accounts:
        found = told.scalars(
            select(Membership).join(User, User.id == Membership.user_id).where(User.email == account.email)
        )
        for membership in found.unique():
            tasks |= {item.task for item in desk(told, actor_of(membership)).mine}
    assert len(tasks) > 12, "the demonstration shows many tasks"
    assert tasks - VERBS.keys() == set()
