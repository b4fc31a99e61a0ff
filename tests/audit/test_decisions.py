"""What people decide is appended: every deciding event of every state table, with reasons and checks, in its order."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path

import factories as make
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import foundation
from accounts.models import Membership, MembershipState
from accounts.states import MEMBERSHIP
from audit.changes import change_state
from audit.decisions import decide, decisions_about
from audit.models import AuditEvent
from foundation.actors import STAFF, SYSTEM, Role
from foundation.clock import now, stopped
from foundation.states import StateTable

pytestmark = pytest.mark.clock

ROOT = Path(foundation.__path__[0]).parent
TABLES = {
    table.name: table
    for path in sorted(ROOT.glob("*/states.py"))
    if path.parent.name != "foundation"
    for table in vars(import_module(f"{path.parent.name}.states")).values()
    if isinstance(table, StateTable)
}
# Steps of an order follow what is decided about its claims; whoever sets a place in a line free decides nothing.
FOLLOWS = {
    "order": {
        *("verify", "verify_part", "return", "reject", "undo_verify", "settle"),
        *("rest_confirmed", "rest_claimed", "rest_verified", "rest_settled"),
    },
    "redemption": {"settle"},
    "batch": {"calculate", "pay_part", "pay_rest", "close"},
    "certification": {"take", "replace"},
    "offering": {"supersede"},
    "target_table": {"supersede"},
    "notice": {"close"},
    "programme": {"open", "settle"},
}
"""What people in office cause that is no decision: the mechanical part of one, or the noting of a fact."""


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_what_an_office_causes_is_a_decision_or_follows_from_one(table: StateTable) -> None:
    by_office = {event for (_, event), step in table.transitions.items() if step.who & (STAFF - {Role.AUDITOR})}
    assert by_office - table.decisions - FOLLOWS.get(table.name, set()) == set()
    assert table.decisions & FOLLOWS.get(table.name, set()) == set()


def test_a_table_cannot_name_an_event_that_it_lacks() -> None:
    class Light(StrEnum):
        OFF = "off"
        ON = "on"

    steps = {(Light.OFF, "switch"): (Light.ON, {Role.OFFICER})}
    with pytest.raises(ValueError, match="light: no transition has the event dim"):
        StateTable("light", {Light.OFF: "off", Light.ON: "on"}, steps, decisions=["switch", "dim"])


@pytest.fixture
def membership(session: Session) -> Membership:
    found = make.member(session, make.enterprise(session), Role.ENTERPRISE_MEMBER)
    found.state = MembershipState.REQUESTED
    session.flush()
    return found


def test_each_decision_stays_in_its_order_and_is_in_the_trail(session: Session, membership: Membership) -> None:
    manager = make.actor(session, membership.organisation, Role.ENTERPRISE_MANAGER)
    with stopped(now()):
        change_state(session, manager, membership, MEMBERSHIP, "admit", reasons=["known"], checks=[{"id": "mail"}])
        change_state(session, manager, membership, MEMBERSHIP, "end", note="已离职")
    made = decisions_about(session, "memberships", membership.id)
    assert [(each.event, each.reasons, each.checks, each.note) for each in made] == [
        ("memberships.admit", ["known"], [{"id": "mail"}], None),
        ("memberships.end", [], [], "已离职"),
    ]
    assert {(each.by_id, each.person, each.role) for each in made} == {
        (manager.user_id, manager.name, "enterprise_manager")
    }
    trail = session.query(AuditEvent.action).filter(AuditEvent.subject_id == membership.id)
    assert {action for (action,) in trail} >= {"memberships.admit", "memberships.end"}


def test_what_the_clock_does_is_nobodys_decision(session: Session, membership: Membership) -> None:
    membership.state = MembershipState.ACTIVE
    table = StateTable(
        "memberships",
        MEMBERSHIP.labels,
        {(MembershipState.ACTIVE, "end"): (MembershipState.ENDED, {Role.SYSTEM})},
        decisions=["end"],
    )
    change_state(session, SYSTEM, membership, table, "end")
    assert decisions_about(session, "memberships", membership.id) == []


@pytest.mark.parametrize("change", ["UPDATE decisions SET note = 'another'", "DELETE FROM decisions"])
def test_a_decision_cannot_be_rewritten(session: Session, membership: Membership, change: str) -> None:
    decide(session, make.actor(session, membership.organisation, Role.ENTERPRISE_MANAGER), "test.decide", membership)
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(change))
