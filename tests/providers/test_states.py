"""The full truth tables: every state × event × role against what is written out here by hand."""

from itertools import product

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from notices.states import NOTICE
from providers.states import CERTIFICATION, EVENTS, OFFERING

SIDE = "provider_member provider_manager"
BOTH = "officer reviewer"
CERTIFICATION_TRUTH = {
    ("draft", "submit"): ("submitted", SIDE),
    ("submitted", "take"): ("in_review", "officer"),
    ("in_review", "request_information"): ("more_information", BOTH),
    ("more_information", "submit"): ("in_review", SIDE),
    ("more_information", "lapse"): ("rejected", "system"),
    ("in_review", "recommend"): ("in_review", "officer"),
    ("in_review", "reject"): ("rejected", "reviewer"),
    ("in_review", "open_notice"): ("public_notice", "reviewer"),
    ("public_notice", "uphold_objection"): ("in_review", "system"),
    ("public_notice", "certify"): ("certified", "reviewer"),
    ("certified", "remind"): ("renewal_due", "system"),
    ("certified", "expire"): ("expired", "system"),
    ("renewal_due", "expire"): ("expired", "system"),
    ("suspended", "expire"): ("expired", "system"),
    ("renewal_due", "replace"): ("expired", "reviewer"),
    ("certified", "suspend"): ("suspended", "reviewer"),
    ("renewal_due", "suspend"): ("suspended", "reviewer"),
    ("suspended", "reinstate"): ("certified", "reviewer"),
    ("certified", "revoke"): ("revoked", "reviewer"),
    ("renewal_due", "revoke"): ("revoked", "reviewer"),
    ("suspended", "revoke"): ("revoked", "reviewer"),
}
OFFERING_TRUTH = {
    ("draft", "submit"): ("in_review", SIDE),
    ("changes_requested", "submit"): ("in_review", SIDE),
    ("in_review", "withdraw"): ("draft", SIDE),
    ("in_review", "approve"): ("listed", BOTH),
    ("in_review", "request_changes"): ("changes_requested", BOTH),
    ("listed", "supersede"): ("superseded", BOTH),
    ("listed", "delist"): ("delisted", f"{SIDE} {BOTH}"),
    ("draft", "discard"): ("delisted", SIDE),
    ("changes_requested", "discard"): ("delisted", SIDE),
}
NOTICE_TRUTH = {("open", "close"): ("closed", f"{BOTH} system")}


@pytest.mark.parametrize(
    ("table", "truth"),
    [(CERTIFICATION, CERTIFICATION_TRUTH), (OFFERING, OFFERING_TRUTH), (NOTICE, NOTICE_TRUTH)],
)
def test_truth_table(table, truth):
    assert set(table.labels) == set(type(table.states[0]))
    assert {event for _, event in truth} == set(table.events)
    for state, event, role in product(table.states, table.events, Role):
        to, roles = truth.get((state.value, event), (None, ""))
        if role.value in roles.split():
            assert table.next(state, event, role).value == to
        else:
            with pytest.raises(NotAllowed if to else Conflict):
                table.next(state, event, role)


@pytest.mark.parametrize("table", [CERTIFICATION, OFFERING])
def test_every_event_has_its_words(table):
    assert {f"{table.name}.{event}" for event in table.events} <= set(EVENTS)
