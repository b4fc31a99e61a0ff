"""The ledger: its job, and what it proves of itself."""

from typing import Final

from foundation.i18n import N_
from foundation.rooms import Room
from ledger.proof import PROVES

ROOM: Final = Room(
    name="ledger",
    place=15,
    acts=("ledger.jobs",),
    deeds={"ledger.post": N_("资金划转")},
    changed={"transfers": N_("划转")},
    proves=PROVES,
)
