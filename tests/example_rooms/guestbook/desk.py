"""What lies on a desk, and what a search finds."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from foundation.actors import ENTERPRISE, Actor
from foundation.clock import now
from foundation.desk import DeskItem
from foundation.rooms import Found


def waiting(_session: Session, actor: Actor) -> list[DeskItem]:
    if actor.role not in ENTERPRISE:
        return []
    return [DeskItem("在留言簿上签名", "第一页", "guestbook.index", {}, since=now() - timedelta(days=1))]


def nothing(_session: Session, _actor: Actor) -> list[Any]:
    return []


def found(_session: Session, _actor: Actor, words: str) -> list[Found]:
    return [Found("留言", words, "留言簿", "guestbook.index")]
