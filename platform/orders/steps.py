"""Taking a step: the state, its line in the progress (办件进度), the deadline of the next one, and who hears of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from audit.changes import change_state
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import now
from orders.deadlines import due_in, stalls
from orders.events import order_changed
from orders.models import Order, OrderStep
from orders.states import ORDER, STALLING
from vouchers.terms import Terms, terms_of


def take(
    session: Session,
    actor: Actor,
    order: Order,
    event: str,
    *,
    note: str | None = None,
    due_at: datetime | None = None,
) -> OrderStep:
    """Move a locked ``order`` by ``event`` of ``states.ORDER``; ``due_at`` is the deadline of the state it comes to.

    Raises Conflict when the event does not fit the state and NotAllowed when the role may not.
    Money does not move here: an exit goes through ``ending.end``.
    """
    change_state(session, actor, order, ORDER, event, note=note, flush=False)
    moment = now()
    order.since = moment
    order.due_at = due_at
    step = write(session, actor, order, event, note=note)
    order_changed.send(order, event=event)
    return step


def write(session: Session, actor: Actor, order: Order, event: str, *, note: str | None = None) -> OrderStep:
    """Add a line to the progress without a change of state, such as an uploaded agreement.

    Each line shows that somebody is at it, so the term after which an order counts as left lying begins anew.
    """
    order.stalled_at = stalls(order, terms_of(order.voucher.programme_version)) if order.state in STALLING else None
    step = line_of(actor, order, event, note=note)
    session.add(step)
    session.flush()
    return step


def begin(session: Session, actor: Actor, order: Order, *, facts: Mapping[str, object], terms: Terms | None) -> None:
    """Write a new order with its first step, and where ``terms`` are given with the one by which it gets its place.

    All of it goes to the database together, with the trail.
    """
    lines = [line_of(actor, order, "place")]
    record(session, actor, "order.place", order, after=facts)
    if terms is not None:
        change_state(session, SYSTEM, order, ORDER, "give_slot", flush=False)
        order.due_at = due_in(order.state, terms)
        lines.append(line_of(SYSTEM, order, "give_slot"))
    session.add_all([order, *lines])
    session.flush()
    for line in lines:
        order_changed.send(order, event=line.event)


def line_of(actor: Actor, order: Order, event: str, *, note: str | None = None) -> OrderStep:
    """A line of the progress as it is to be added."""
    return OrderStep(
        order=order,
        event=event,
        state=order.state,
        at=now(),
        person=actor.name,
        organisation=actor.office,
        note=note,
    )
