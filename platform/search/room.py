"""The indexes: only jobs, the pages belong to whoever searches."""

from typing import Final

from foundation.rooms import Room

ROOM: Final = Room(
    name="search",
    place=150,
    acts=("search.jobs",),
)
