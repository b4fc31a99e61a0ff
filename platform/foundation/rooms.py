"""What a package says about itself in its ``room.py``: pages, doors, words, things, desk, navigation, finders, jobs.

The shell collects the rooms (``web/rooms.py``) and edits nothing for a new one. A ``room.py`` imports its own package and
what lies below it; modules that only the pages or a worker need are named as text, so that a command that reads the
rooms imports no views.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from foundation.actors import Actor, Role
from foundation.desk import Figure, Items, Standing
from foundation.proofs import Proving
from foundation.states import StateTable

Roles = frozenset[Role] | None
"""Who may open a page; None is everybody, signed in or not."""

PUBLIC: Final[Roles] = None

Codes = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""The word (msgid) of each code; a function where the words are data that is read when it is asked for."""


@dataclass(frozen=True, slots=True)
class WhoAsks:
    """How the pages of a room below the accounts learn who asks: a signed-in person, or None for a visitor."""

    person: Callable[[], Actor]
    person_or_none: Callable[[], Actor | None]


@dataclass(frozen=True, slots=True)
class NavEntry:
    """An entry of the left navigation for the people in ``roles``, and for visitors where ``visitors`` is set.

    ``below`` are the paths at whose pages it is the present entry; entries stand in the order of ``weight``.
    """

    label: str
    endpoint: str
    icon: str
    below: tuple[str, ...]
    weight: int
    roles: frozenset[Role] = frozenset()
    visitors: bool = False


@dataclass(frozen=True, slots=True)
class ThingKind:
    """A kind of thing that the audit trail is about; its table is that of the first column of ``names``.

    ``names`` selects id and number (or name). ``page`` is the endpoint that shows it, by its number, or by its id in the
    argument ``by_id``. ``numbered`` things are found by what is typed into the field for numbers, and those of ``also`` by
    another number too, that of what they belong to.
    """

    names: Select[UUID, str]
    page: str | None = None
    by_id: str | None = None
    numbered: bool = False
    also: Select[UUID, str] | None = None

    @property
    def table(self) -> str:
        """The name of its table, as events record it."""
        return str(self.names.selected_columns[0].table.name)


def no_standing(_session: Session, _actor: Actor) -> list[Standing]:
    """Most rooms have nothing to say at the head of a desk."""
    return []


@dataclass(frozen=True, slots=True)
class RoomDesk:
    """What a room puts on a person's home: what waits for the person, what the person waits for, figures, and how the
    installation stands.

    Lists are cut after the number that they are asked for, and say how many there are in all.
    """

    waiting: Items
    others: Items
    figures: Callable[[Session, Actor], list[Figure]]
    standing: Callable[[Session, Actor], list[Standing]] = no_standing


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of the search over everything: what it is (msgid), its name, a detail, and where it leads (None: nowhere)."""

    kind: str
    title: str
    detail: str
    endpoint: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


MOST_FOUND: Final = 10
"""Hits that a finder gives at most."""

Finder = Callable[[Session, Actor, str], list[Found]]
"""Answers typed words with what the person may see, the first ``MOST_FOUND``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A package as the shell sees it. All words are msgids."""

    # The name of the package.
    name: str
    # The order in which desks, finders and the words of the trail are shown: a lower place comes first.
    place: int
    # Modules that act without being called, as text: jobs, subscribers, what fills a registry.
    acts: tuple[str, ...] = ()
    # Blueprints as "module:name"; a function there makes it and is given a ``WhoAsks``.
    blueprints: tuple[str, ...] = ()
    # The endpoints that each group of roles may open: every endpoint of the room, in exactly one group.
    access: Mapping[Roles, tuple[str, ...]] = field(default_factory=dict)
    # Endpoints that take one file from a visitor; from all others a visitor's form comes without files.
    files_of_visitors: tuple[str, ...] = ()
    # What the audit trail calls each deed.
    deeds: Mapping[str, str] = field(default_factory=dict)
    # What it calls the export of a list, by the thing of its ``Listing``: the deed ``order.export`` is "order" here.
    exports: Mapping[str, str] = field(default_factory=dict)
    # The words for recorded keys: those whose values are fen, and all others.
    money: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    # The words for recorded values, by key ("mode"), or by thing and key ("attachment.kind") where that is narrower.
    codes: Mapping[str, Codes] = field(default_factory=dict)
    # Whose states the trail tells in words.
    states: tuple[StateTable, ...] = ()
    things: tuple[ThingKind, ...] = ()
    # Things as id and path of the region to which they belong; also of things below this room, where it knows more.
    regions: tuple[Select[UUID, str], ...] = ()
    desk: RoomDesk | None = None
    navigation: tuple[NavEntry, ...] = ()
    finders: tuple[Finder, ...] = ()
    # What ``huiqi ledger verify`` holds against the room's rows.
    proves: Proving = field(default_factory=Proving)
