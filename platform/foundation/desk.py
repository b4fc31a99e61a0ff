"""What lies on a person's desk: what waits for me, and what I wait for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from foundation.actors import Actor
from foundation.i18n import N_

ANY: Final = N_("办理")
"""What the button of a task without a verb of its own says."""

SHOWN: Final = 20
"""How many things each list of the home page shows; the page of the whole list has the rest."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done, known everywhere by its ``id``, such as ``orders.deliver``.

    ``words`` and ``verb`` (msgids) are for people only: what is to be done, and what the button beside it says, short
    enough for a phone. Nothing is decided by them.
    """

    id: str
    words: str
    verb: str


_TASKS: dict[str, Task] = {}


def task(name: str, words: str, verb: str = ANY) -> Task:
    """Declare a task, once in the program; ValueError where another one has the same id."""
    if name in _TASKS:
        raise ValueError(f"two tasks are called {name}")
    _TASKS[name] = Task(name, words, verb)
    return _TASKS[name]


def task_called(name: str) -> Task:
    """The task with this id; KeyError where none was declared."""
    return _TASKS[name]


def tasks() -> tuple[Task, ...]:
    """All tasks that were declared."""
    return tuple(_TASKS.values())


@dataclass(frozen=True, slots=True)
class DeskItem:
    """A thing that waits; ``endpoint`` and ``arguments`` lead to it. ``blocks`` is a msgid with ``params``."""

    task: Task
    title: str
    endpoint: str
    arguments: Mapping[str, Any]
    since: datetime
    due: datetime | None = None
    blocks: str | None = None
    holder: str | None = None
    amount: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def urgency(self) -> datetime:
        """What is sorted by: the deadline, where there is none the moment since when it waits."""
        return self.due or self.since


class Lying(list[DeskItem]):
    """Things of one kind on a desk, the most urgent ones first, and how many there are in all (``total``)."""

    def __init__(self, items: Iterable[DeskItem] = (), total: int | None = None) -> None:
        super().__init__(items)
        self.total = len(self) if total is None else total

    def plus(self, other: "Lying") -> "Lying":
        """Both kinds together; the totals add up."""
        return Lying([*self, *other], self.total + other.total)


Items = Callable[[Session, Actor, int], Lying]
"""Gives the first so many things of a kind that lie on a person's desk, and how many there are in all."""


class Tone(StrEnum):
    """How a line at the head of a desk is shown."""

    OK = "ok"
    ACT = "act"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Standing:
    """A line at the head of a desk that tells how something of the whole installation stands, such as the last proof.

    ``words`` is a msgid with ``params``, ``at`` the moment of which it tells; ``endpoint`` leads to more.
    """

    tone: Tone
    words: str
    at: datetime
    endpoint: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One of at most three figures on a desk; ``amount`` in fen where it is money, else ``count``."""

    label: str
    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    count: int | None = None
    amount: int | None = None


@dataclass(slots=True)
class Desk:
    """A person's home: the most urgent first, with exact totals."""

    mine: Lying = field(default_factory=Lying)
    others: Lying = field(default_factory=Lying)
    figures: list[Figure] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
