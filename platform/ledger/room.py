"""The ledger: its job, and what it proves of itself."""

from typing import Final

from foundation.rooms import Room
from ledger.proof import PROVES

ROOM: Final = Room(name="ledger", place=15, acts=("ledger.jobs",), proves=PROVES)
