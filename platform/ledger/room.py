"""The ledger: its job."""

from typing import Final

from foundation.rooms import Room

ROOM: Final = Room(name="ledger", place=15, acts=("ledger.jobs",))
