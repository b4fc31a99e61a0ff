"""The calendar of working days."""

from typing import Final

from foundation.actors import Role
from foundation.i18n import N_
from foundation.rooms import NavEntry, Room, RoomDesk
from working_days import desk

ROOM: Final = Room(
    name="working_days",
    place=30,
    acts=(
        "working_days.jobs",
        "working_days.stored",
    ),
    blueprints=("working_days.views:make_blueprint",),
    access={
        frozenset({Role.ADMINISTRATOR}): (
            "working_days.index",
            "working_days.year",
            "working_days.enter",
        ),
    },
    deeds={
        "calendar.enter": N_("录入一年的放假安排"),
    },
    changed={
        "holidays": N_("放假日"),
        "workdays": N_("调休上班日"),
    },
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("放假安排"),
            "working_days.index",
            "calendar-event",
            ("/calendar",),
            weight=150,
            roles=frozenset({Role.ADMINISTRATOR}),
        ),
    ),
)
