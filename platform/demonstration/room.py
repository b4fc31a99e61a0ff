"""The page about the demonstration."""

from typing import Final

from foundation.rooms import PUBLIC, Room

ROOM: Final = Room(
    name="demonstration",
    place=140,
    blueprints=("demonstration.views:blueprint",),
    access={
        PUBLIC: ("demonstration.page",),
    },
)
