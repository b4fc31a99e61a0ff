"""The state tables against tables written out by hand: every state, every event, every role."""

import pytest

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from foundation.states import StateTable
from orders.models import OrderState, RecordState
from orders.states import EVENTS, NORMAL_WAY, OCCUPYING, ORDER, RECORD

E = "enterprise_member enterprise_manager"
P = "provider_member provider_manager"
R = "officer reviewer"
S = "system"
T = "budget_holder payer"

ORDERS = f"""
placed      give_slot          docking     {S}
placed      cancel             cancelled   {E} {P}
placed      lapse              voided      {S}
docking     dock               docking     {P}
docking     fail_docking       voided      {P}
docking     cancel             cancelled   {E} {P}
docking     lapse              voided      {S}
docking     sign               contracted  {E} {P}
contracted  start_service      in_service  {P}
contracted  cancel             cancelled   {E} {P}
contracted  dispute            disputed    {E} {P}
in_service  deliver            delivered   {P}
in_service  dispute            disputed    {E} {P}
delivered   confirm            confirmed   {E}
delivered   dispute            disputed    {E} {P}
confirmed   claim              claimed     {P}
claimed     verify             verified    {R}
claimed     return             returned    {R}
claimed     reject             voided      {R}
returned    claim              claimed     {P}
returned    lapse              voided      {S}
verified    settle             settled     {T} {S}
verified    undo_verify        claimed     {R}
disputed    resume_contracted  contracted  {R}
disputed    resume_in_service  in_service  {R}
disputed    resume_delivered   delivered   {R}
disputed    end                cancelled   {R}
contracted  end_stalled        cancelled   {R}
in_service  end_stalled        cancelled   {R}
delivered   end_stalled        cancelled   {R}
confirmed   end_stalled        cancelled   {R}
claimed     verify_part        confirmed   {R}
confirmed   undo_verify        claimed     {R}
returned    rest_claimed       claimed     {R} {S}
returned    rest_confirmed     confirmed   {R} {S}
returned    rest_verified      verified    {R} {S}
returned    rest_settled       settled     {R} {S}
claimed     rest_confirmed     confirmed   {R} {S}
claimed     rest_verified      verified    {R} {S}
claimed     rest_settled       settled     {R} {S}
confirmed   rest_verified      verified    {R} {S}
confirmed   rest_settled       settled     {R} {S}
"""

RECORDS = f"""
draft      file     filed      {P}
filed      confirm  confirmed  {E}
filed      contest  contested  {E}
filed      amend    amended    {P}
contested  amend    amended    {P}
"""


def expected(text: str) -> dict[tuple[str, str], tuple[str, set[str]]]:
    rows = [line.split() for line in text.strip().splitlines()]
    return {(state, event): (to, set(who)) for state, event, to, *who in rows}


@pytest.mark.parametrize(("table", "text", "states"), [(ORDER, ORDERS, OrderState), (RECORD, RECORDS, RecordState)])
def test_full_truth_table(table: StateTable, text: str, states: type[OrderState] | type[RecordState]) -> None:
    truth = expected(text)
    events = {event for _, event in truth}
    assert set(table.events) == events
    assert set(table.states) == set(states)
    for state in states:
        for event in events:
            for role in Role:
                to, who = truth.get((state.value, event), (None, set()))
                if to is None:
                    with pytest.raises(Conflict):
                        table.next(state, event, role)
                elif role.value not in who:
                    with pytest.raises(NotAllowed):
                        table.next(state, event, role)
                else:
                    assert table.next(state, event, role).value == to


def test_every_event_has_words_for_the_history() -> None:
    assert set(ORDER.events) <= set(EVENTS)


def test_only_waiting_and_ended_orders_take_no_place() -> None:
    assert set(OrderState) - OCCUPYING == {OrderState.PLACED, OrderState.VOIDED, OrderState.CANCELLED}
    assert set(NORMAL_WAY) - OCCUPYING == {OrderState.PLACED}
