"""All that the shell hears of this room."""

from typing import Final

from foundation.actors import ENTERPRISE
from foundation.rooms import NavEntry, Room, RoomDesk
from guestbook import desk

ROOM: Final = Room(
    name="guestbook",
    place=300,
    acts=("guestbook.jobs",),
    blueprints=("guestbook.views:blueprint",),
    access={ENTERPRISE: ("guestbook.index", "guestbook.sign")},
    deeds={"guestbook.sign": "在留言簿上签名"},
    changed={"words": "留言"},
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(NavEntry("留言簿", "guestbook.index", "book", ("/guestbook",), weight=200, roles=ENTERPRISE),),
    finders=(desk.found,),
)
