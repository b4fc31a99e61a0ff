"""A state table refuses what it does not name."""

from enum import StrEnum

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from foundation.states import StateTable


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


TABLE = StateTable(
    "doors",
    {Door.OPEN: "开", Door.SHUT: "关"},
    {
        (Door.OPEN, "close"): (Door.SHUT, [Role.OFFICER]),
        (Door.SHUT, "open"): (Door.OPEN, {Role.OFFICER, Role.REVIEWER}),
    },
)


@pytest.mark.parametrize("state", Door)
@pytest.mark.parametrize("event", ["open", "close", "paint"])
@pytest.mark.parametrize("role", [Role.OFFICER, Role.REVIEWER, Role.PAYER])
def test_every_state_event_and_role(state: Door, event: str, role: Role) -> None:
    legal = {
        (Door.OPEN, "close", Role.OFFICER): Door.SHUT,
        (Door.SHUT, "open", Role.OFFICER): Door.OPEN,
        (Door.SHUT, "open", Role.REVIEWER): Door.OPEN,
    }
    to = legal.get((state, event, role))
    assert TABLE.allowed(state, event, role) is (to is not None)
    if to is not None:
        assert TABLE.next(state, event, role) is to
        return
    known = any((state, event) == key[:2] for key in legal)
    with pytest.raises(NotAllowed if known else Conflict):
        TABLE.next(state, event, role)


def test_the_refusal_says_where_the_thing_stands() -> None:
    with pytest.raises(Conflict, match="关"):
        TABLE.next(Door.SHUT, "close", Role.OFFICER)
    assert (TABLE.states, TABLE.events) == ((Door.OPEN, Door.SHUT), ("close", "open"))
