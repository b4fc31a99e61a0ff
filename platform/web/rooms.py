"""Finds the rooms, and puts together what they say about themselves: the source of all that the shell shows and enforces."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Select

import foundation
from foundation.proofs import Proving, know
from foundation.rooms import Codes, Finder, NavEntry, Roles, Room, RoomDesk, ThingKind, WhoAsks

if TYPE_CHECKING:
    from flask import Blueprint

_Said = TypeVar("_Said")
_SOURCE_ROOT: Final = Path(foundation.__path__[0]).parent


@dataclass(frozen=True, slots=True)
class House:
    """All rooms, and what they say together."""

    rooms: tuple[Room, ...]
    access: Mapping[str, Roles]
    files_of_visitors: frozenset[str]
    deeds: Mapping[str, str]
    money: Mapping[str, str]
    changed: Mapping[str, str]
    codes: Mapping[str, tuple[Codes, ...]]
    things: Mapping[str, ThingKind]
    regions: tuple["Select[Any, Any]", ...]
    desks: tuple[RoomDesk, ...]
    navigation: tuple[NavEntry, ...]
    finders: tuple[Finder, ...]
    proves: Proving


def find_rooms(root: Path = _SOURCE_ROOT) -> tuple[Room, ...]:
    """The room of each package under ``root`` (default: the source root) that has a ``room.py``, in their order."""
    found: list[Room] = [import_module(f"{path.parent.name}.room").ROOM for path in sorted(root.glob("*/room.py"))]
    return in_order(found)


def in_order(rooms: Iterable[Room]) -> tuple[Room, ...]:
    """By place; rooms of one place by name."""
    return tuple(sorted(rooms, key=lambda room: (room.place, room.name)))


def collect(rooms: Iterable[Room]) -> House:
    """What ``rooms`` say together; ValueError where two of them say the same thing."""
    chosen = in_order(rooms)
    return House(
        rooms=chosen,
        files_of_visitors=frozenset(page for room in chosen for page in room.files_of_visitors),
        access=_once((page, roles) for room in chosen for roles, pages in room.access.items() for page in pages),
        deeds=_once(deed for room in chosen for deed in _deeds(room)),
        money=_once(word for room in chosen for word in room.money.items()),
        changed=_once(word for room in chosen for word in room.changed.items()),
        codes=_codes(chosen),
        things=_once((kind.table, kind) for room in chosen for kind in room.things),
        regions=tuple(query for room in chosen for query in room.regions),
        desks=tuple(room.desk for room in chosen if room.desk is not None),
        navigation=tuple(sorted((one for room in chosen for one in room.navigation), key=lambda one: one.weight)),
        finders=tuple(finder for room in chosen for finder in room.finders),
        proves=_proving(chosen),
    )


@cache
def whole_house() -> House:
    """The house of this installation; found once per process."""
    return collect(find_rooms())


def import_tables() -> None:
    """Import every ``models`` module: tables refer to each other by name, and the words for their constraints are there."""
    for models in sorted(_SOURCE_ROOT.glob("*/models.py")):
        import_module(f"{models.parent.name}.models")


def let_act(rooms: Iterable[Room]) -> None:
    """Import what acts without being called: jobs, subscribers, what fills a registry; jobs know what is proven."""
    rooms = tuple(rooms)
    import_tables()
    know(_proving(in_order(rooms)))
    for room in rooms:
        for module in room.acts:
            import_module(module)


def blueprints(rooms: Iterable[Room], who: WhoAsks) -> "list[Blueprint]":
    """The blueprints of ``rooms``, imported now; ``who`` is handed to the rooms that lie below the accounts."""
    return [_blueprint(each, who) for room in rooms for each in room.blueprints]


def _blueprint(name: str, who: WhoAsks) -> "Blueprint":
    module, _, attribute = name.partition(":")
    found = getattr(import_module(module), attribute)
    made: Blueprint = found(who) if inspect.isfunction(found) else found
    return made


def _proving(rooms: Iterable[Room]) -> Proving:
    chosen = tuple(rooms)
    return Proving(
        parties=tuple(query for room in chosen for query in room.proves.parties),
        proofs=tuple(proof for room in chosen for proof in room.proves.proofs),
        marked=_once(table for room in chosen for table in room.proves.marked.items()),
    )


def _deeds(room: Room) -> list[tuple[str, str]]:
    return [*room.deeds.items(), *((f"{thing}.export", words) for thing, words in room.exports.items())]


def _codes(rooms: Iterable[Room]) -> Mapping[str, tuple[Codes, ...]]:
    found: dict[str, list[Codes]] = {}
    for room in rooms:
        for key, codes in room.codes.items():
            found.setdefault(key, []).append(codes)
        for table in room.states:
            labels = {state.value: label for state, label in table.labels.items()}
            found.setdefault(f"{table.name}.state", []).append(labels)
    return MappingProxyType({key: tuple(codes) for key, codes in found.items()})


def _once(said: Iterable[tuple[str, _Said]]) -> Mapping[str, _Said]:
    """A dictionary in which nothing is said twice: the later room would silently overrule the earlier one."""
    found: dict[str, _Said] = {}
    for key, value in said:
        if key in found:
            raise ValueError(f"two rooms decide about {key}")
        found[key] = value
    return MappingProxyType(found)
