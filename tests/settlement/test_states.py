"""Truth table of batches: every state, event and role against what is written here by hand."""

from itertools import product

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from settlement.models import BatchState
from settlement.states import BATCH, EVENTS, TONES

_B = BatchState
_MAKERS = {Role.OFFICER, Role.REVIEWER}
_TREASURY = {Role.BUDGET_HOLDER}
_PAYER = {Role.PAYER}

EXPECTED = {
    (_B.DRAFT, "calculate"): (_B.CALCULATED, _MAKERS),
    (_B.CALCULATED, "calculate"): (_B.CALCULATED, _MAKERS),
    (_B.CALCULATED, "review"): (_B.REVIEWED, _MAKERS),
    (_B.CALCULATED, "withdraw"): (_B.WITHDRAWN, _MAKERS),
    (_B.REVIEWED, "withdraw"): (_B.WITHDRAWN, _MAKERS),
    (_B.REVIEWED, "send_back"): (_B.CALCULATED, _TREASURY),
    (_B.REVIEWED, "approve"): (_B.APPROVED, _TREASURY),
    (_B.APPROVED, "pay_part"): (_B.PAYING, _PAYER),
    (_B.PAYING, "pay_part"): (_B.PAYING, _PAYER),
    (_B.APPROVED, "pay_rest"): (_B.PAID, _PAYER),
    (_B.PAYING, "pay_rest"): (_B.PAID, _PAYER),
    (_B.APPROVED, "close"): (_B.CLOSED, _TREASURY),
    (_B.PAYING, "close"): (_B.CLOSED, _TREASURY),
}
EVENT_NAMES = ["calculate", "review", "withdraw", "send_back", "approve", "pay_part", "pay_rest", "close"]


@pytest.mark.parametrize(("state", "event", "role"), list(product(_B, EVENT_NAMES, Role)))
def test_truth_table(state: BatchState, event: str, role: Role) -> None:
    expected = EXPECTED.get((state, event))
    if expected is None:
        with pytest.raises(Conflict):
            BATCH.next(state, event, role)
    elif role not in expected[1]:
        with pytest.raises(NotAllowed):
            BATCH.next(state, event, role)
    else:
        assert BATCH.next(state, event, role) is expected[0]


def test_every_state_and_event_has_words() -> None:
    assert set(BATCH.labels) == set(_B) == set(TONES)
    assert set(BATCH.events) == set(EVENTS)
