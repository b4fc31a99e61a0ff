"""The full truth tables: every state × event × role against what is written out here by hand."""

from itertools import product

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from vouchers.models import ClaimState, ProgrammeState, VoucherState
from vouchers.states import CLAIM, MOVEMENTS, PROGRAMME, Movement, Wallet, ensure_movement, state_of
from vouchers.wallets import after

BOTH = "officer reviewer"
PROGRAMME_TRUTH = {
    ("draft", "check"): ("checked", "reviewer"),
    ("checked", "send_back"): ("draft", "reviewer"),
    ("checked", "announce"): ("announced", BOTH),
    ("announced", "open"): ("open", f"{BOTH} system"),
    ("open", "close"): ("closed", f"{BOTH} system"),
    ("closed", "settle"): ("settled", "reviewer system"),
}
CLAIM_TRUTH = {
    ("queued", "allot"): ("allotted", "system"),
    ("queued", "wait"): ("waiting", "system"),
    ("queued", "refuse"): ("not_eligible", "system"),
    ("queued", "lapse"): ("lapsed", "system"),
    ("waiting", "allot"): ("allotted", "system"),
    ("waiting", "refuse"): ("not_eligible", "system"),
    ("waiting", "lapse"): ("lapsed", "system"),
}
SIDES = "enterprise_member enterprise_manager provider_member provider_manager"
OFFICES = "officer reviewer inspector"
USABLE = "issued held partly_redeemed"
MOVEMENT_TRUTH = {
    "hold": (USABLE, "enterprise_member enterprise_manager system"),
    "release": ("held", f"{SIDES} {OFFICES} system"),
    "release_part": ("held", f"{OFFICES} system"),
    "redeem": ("held", f"{OFFICES} system"),
    "expire": (USABLE, "system"),
    "reclaim": (USABLE, "officer reviewer system"),
    "revoke": (USABLE, "reviewer"),
    "undo_redeem": (
        "held partly_redeemed redeemed expired reclaimed revoked used_expired used_reclaimed used_revoked",
        "officer reviewer",
    ),
    "undo_reclaim": ("held", "officer reviewer"),
    "undo_release_part": ("held", "officer reviewer"),
}


@pytest.mark.parametrize(
    ("table", "states", "events", "truth"),
    [
        (PROGRAMME, ProgrammeState, ["check", "send_back", "announce", "open", "close", "settle"], PROGRAMME_TRUTH),
        (CLAIM, ClaimState, ["allot", "wait", "refuse", "lapse"], CLAIM_TRUTH),
    ],
)
def test_state_table(table, states, events, truth):
    assert set(table.events) == set(events)
    assert set(table.labels) == set(states)
    for state, event, role in product(states, events, Role):
        to, roles = truth.get((state.value, event), (None, ""))
        if role.value in roles.split():
            assert table.next(state, event, role).value == to
        else:
            with pytest.raises(NotAllowed if to else Conflict):
                table.next(state, event, role)


def test_movements_of_a_voucher():
    assert (
        {movement.value for movement in MOVEMENTS} == set(MOVEMENT_TRUTH) == {movement.value for movement in Movement}
    )
    for movement, state, role in product(Movement, VoucherState, Role):
        states, roles = (words.split() for words in MOVEMENT_TRUTH[movement.value])
        if state.value not in states:
            with pytest.raises(Conflict):
                ensure_movement(state, movement, role)
        elif role.value not in roles:
            with pytest.raises(NotAllowed):
                ensure_movement(state, movement, role)
        else:
            ensure_movement(state, movement, role)


# held, available, redeemed, returned (each: is there any?) -> state; "ending" is how money went back, "used" that some was used.
STATE_TRUTH = {
    (1, 1, 1, 1): "held",
    (1, 1, 1, 0): "held",
    (1, 1, 0, 1): "held",
    (1, 1, 0, 0): "held",
    (1, 0, 1, 1): "held",
    (1, 0, 1, 0): "held",
    (1, 0, 0, 1): "held",
    (1, 0, 0, 0): "held",
    (0, 1, 1, 1): "partly_redeemed",
    (0, 1, 1, 0): "partly_redeemed",
    (0, 1, 0, 1): "issued",
    (0, 1, 0, 0): "issued",
    (0, 0, 1, 1): "used",
    (0, 0, 1, 0): "redeemed",
    (0, 0, 0, 1): "ending",
    (0, 0, 0, 0): "redeemed",
}


@pytest.mark.parametrize(
    ("ending", "unused", "used"),
    [
        ("expire", "expired", "used_expired"),
        ("reclaim", "reclaimed", "used_reclaimed"),
        ("revoke", "revoked", "used_revoked"),
    ],
)
def test_the_state_follows_from_the_amounts(ending, unused, used):
    for amounts in product((0, 1), repeat=4):
        held, available, redeemed, returned = amounts
        expected = STATE_TRUTH[amounts]
        wallet = Wallet(available=available * 7, held=held * 5, redeemed=redeemed * 3, returned=returned * 2)
        words = {"ending": unused, "used": used}
        assert state_of(wallet, Movement(ending)).value == words.get(expected, expected), amounts


@pytest.mark.parametrize(
    ("movement", "expected"),
    [
        ("hold", Wallet(6, 9, 3, 2)),
        ("release", Wallet(14, 1, 3, 2)),
        ("redeem", Wallet(10, 1, 7, 2)),
        ("expire", Wallet(6, 5, 3, 6)),
        ("reclaim", Wallet(6, 5, 3, 6)),
        ("revoke", Wallet(6, 5, 3, 6)),
        ("undo_redeem", Wallet(10, 8, 0, 2)),
        ("undo_reclaim", Wallet(12, 5, 3, 0)),
    ],
)
def test_amounts_after_a_movement(movement, expected):
    before = Wallet(available=10, held=5, redeemed=3, returned=2)
    amount = {"undo_redeem": 3, "undo_reclaim": 2}.get(movement, 4)
    assert after(before, Movement(movement), amount) == expected
    assert expected.face == before.face
    with pytest.raises(ValueError, match="does not fit"):
        after(before, Movement(movement), 11)
