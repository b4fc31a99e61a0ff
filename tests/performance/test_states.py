"""Truth table of target tables: every state, event and role against what is written here by hand."""

from itertools import product

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from performance.models import TargetState
from performance.states import EVENTS, TARGET, TONES

_T = TargetState
_BUREAU = {Role.OFFICER, Role.REVIEWER}

EXPECTED = {
    (_T.DRAFT, "submit"): (_T.SUBMITTED, {Role.PROVIDER_MEMBER, Role.PROVIDER_MANAGER}),
    (_T.SUBMITTED, "approve"): (_T.APPROVED, _BUREAU),
    (_T.SUBMITTED, "send_back"): (_T.DRAFT, _BUREAU),
    (_T.APPROVED, "supersede"): (_T.SUPERSEDED, _BUREAU),
}
EVENT_NAMES = ["submit", "approve", "send_back", "supersede"]


@pytest.mark.parametrize(("state", "event", "role"), list(product(_T, EVENT_NAMES, Role)))
def test_truth_table(state: TargetState, event: str, role: Role) -> None:
    expected = EXPECTED.get((state, event))
    if expected is None:
        with pytest.raises(Conflict):
            TARGET.next(state, event, role)
    elif role not in expected[1]:
        with pytest.raises(NotAllowed):
            TARGET.next(state, event, role)
    else:
        assert TARGET.next(state, event, role) is expected[0]


def test_every_state_and_event_has_words() -> None:
    assert set(TARGET.labels) == set(_T) == set(TONES)
    assert {"create", "save", *TARGET.events} == set(EVENTS)
