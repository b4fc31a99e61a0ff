"""Routes that only a test has, open to everybody."""

from flask import Flask

from foundation.rooms import PUBLIC, Room
from web.house import furnish
from web.rooms import collect, whole_house


def open_to_all(app: Flask, *endpoints: str) -> None:
    """Let everybody open these endpoints of ``app``, as a room of the test's own."""
    room = Room(name="the test's own", place=999, access={PUBLIC: endpoints})
    furnish(app, collect([*whole_house().rooms, room]))
