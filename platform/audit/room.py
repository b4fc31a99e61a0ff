"""The audit trail: its jobs, and what the trail says of itself."""

from typing import Final

from foundation.i18n import N_
from foundation.rooms import Room

ROOM: Final = Room(
    name="audit",
    place=10,
    acts=("audit.jobs",),
    deeds={
        "audit.pruned": N_("删去超过保存期限的办理记录"),
    },
    changed={
        "events": N_("记录条数"),
        "up_to": N_("封存批次止于"),
    },
)
