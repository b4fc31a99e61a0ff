"""The nightly proofs."""

from typing import Final

from foundation.actors import STAFF
from foundation.rooms import Room, RoomDesk
from proofs import desk

ROOM: Final = Room(
    name="proofs",
    place=145,
    acts=("proofs.jobs",),
    blueprints=("proofs.views:blueprint",),
    access={STAFF: ("proofs.index",)},
    desk=RoomDesk(desk.waiting, desk.others, desk.figures, desk.standing),
)
