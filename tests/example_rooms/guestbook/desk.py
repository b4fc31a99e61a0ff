"""What lies on a desk, and what a search finds."""

from datetime import timedelta

from sqlalchemy.orm import Session

from foundation.actors import ENTERPRISE, Actor
from foundation.clock import now
from foundation.desk import DeskItem, Figure, Lying, task
from foundation.rooms import Found

SIGN = task("guestbook.sign", "在留言簿上签名")


def waiting(_session: Session, actor: Actor, _most: int) -> Lying:
    if actor.role not in ENTERPRISE:
        return Lying()
    return Lying([DeskItem(SIGN, "第一页", "guestbook.index", {}, since=now() - timedelta(days=1))])


def others(_session: Session, _actor: Actor, _most: int) -> Lying:
    return Lying()


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    return []


def found(_session: Session, _actor: Actor, words: str) -> list[Found]:
    return [Found("留言", words, "留言簿", "guestbook.index")]
