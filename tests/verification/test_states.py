"""Truth table of claims for redemption: every state, event and role against what is written here by hand."""

from itertools import product

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from verification.models import RedemptionState
from verification.states import EVENTS, REDEMPTION, TONES

_S = RedemptionState
_OFFICER = {Role.OFFICER}
_OFFICE = {Role.OFFICER, Role.REVIEWER}
_PROVIDER = {Role.PROVIDER_MEMBER, Role.PROVIDER_MANAGER}

EXPECTED = {
    (_S.SUBMITTED, "verify"): (_S.VERIFIED, _OFFICER),
    (_S.SUBMITTED, "return"): (_S.RETURNED, _OFFICER),
    (_S.SUBMITTED, "reject"): (_S.REJECTED, _OFFICER),
    (_S.VERIFIED, "undo"): (_S.SUBMITTED, _OFFICE),
    (_S.VERIFIED, "settle"): (_S.SETTLED, {Role.BUDGET_HOLDER, Role.PAYER, Role.SYSTEM}),
    (_S.RETURNED, "resubmit"): (_S.SUBMITTED, _PROVIDER),
    (_S.RETURNED, "lapse"): (_S.REJECTED, {Role.SYSTEM}),
}
EVENT_NAMES = ["verify", "return", "reject", "resubmit", "lapse", "undo", "settle"]


@pytest.mark.parametrize(("state", "event", "role"), list(product(_S, EVENT_NAMES, Role)))
def test_truth_table(state: RedemptionState, event: str, role: Role) -> None:
    expected = EXPECTED.get((state, event))
    if expected is None:
        with pytest.raises(Conflict):
            REDEMPTION.next(state, event, role)
    elif role not in expected[1]:
        with pytest.raises(NotAllowed):
            REDEMPTION.next(state, event, role)
    else:
        assert REDEMPTION.next(state, event, role) is expected[0]


def test_every_state_and_event_has_words() -> None:
    assert set(REDEMPTION.labels) == set(_S) == set(TONES)
    assert {"submit", *REDEMPTION.events} == set(EVENTS)
