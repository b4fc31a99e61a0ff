"""Where an order stands (办件进度): the line of its steps, whose turn it is, since when and until when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, Actor, Role
from foundation.desk import Task, task_called
from foundation.i18n import N_
from foundation.waiting import Party
from orders import turns
from orders.deadlines import stalled
from orders.models import Order, OrderState
from orders.states import ENDED, ORDER
from orders.turns import AMENDING, FILING

_S = OrderState


@dataclass(frozen=True, slots=True)
class Held:
    """Whose turn it is, what is to be done, and who that is by name; a place in line is the provider's to give."""

    party: Party
    task: Task
    holder: str


def side_of(actor: Actor) -> Party | None:
    """The side on which this person stands; None for whoever only looks."""
    if actor.role in ENTERPRISE:
        return Party.ENTERPRISE
    if actor.role in PROVIDER:
        return Party.PROVIDER
    return Party.BUREAU if actor.role in BUREAU else None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the line; ``key`` is a key of ``STAGES``, or the state in which the order ended."""

    key: str
    state: Literal["done", "current", "todo", "failed"]
    at: datetime | None = None
    holder: str | None = None


STAGES: Final = {
    "place": N_("下单"),
    "give_slot": N_("取得名额"),
    "dock": N_("对接"),
    "sign": N_("签订协议"),
    "deliver": N_("服务"),
    "confirm": N_("确认成效"),
    "claim": N_("申请核销"),
    "verify": N_("核销"),
    "settle": N_("结算"),
}
"""The steps of the line, by the event that completes them."""

_STAGES: Final[Mapping[str, tuple[tuple[str, ...], tuple[OrderState, ...]]]] = {
    "place": (("place",), ()),
    "give_slot": (("give_slot",), (_S.PLACED,)),
    "dock": (("dock", "upload_agreement"), (_S.DOCKING,)),
    "sign": (("sign",), (_S.DOCKING,)),
    "deliver": (("deliver",), (_S.CONTRACTED, _S.IN_SERVICE)),
    "confirm": (("confirm",), (_S.DELIVERED,)),
    "claim": (("claim",), (_S.CONFIRMED, _S.RETURNED)),
    "verify": (("verify",), (_S.CLAIMED,)),
    "settle": (("settle",), (_S.VERIFIED,)),
}
"""The events that complete a step, and the states in which it is the present one."""


def turn(order: Order) -> Held | None:
    """Whose turn it is, as it is stored with the order; None for an order that has come to its end."""
    if order.waits_task is None:
        return None
    holders = {
        Party.ENTERPRISE: order.enterprise,
        Party.PROVIDER: order.provider,
        Party.BUREAU: order.programme.bureau,
        Party.CLOCK: order.provider,
    }
    return Held(order.waits_for, task_called(order.waits_task), holders[order.waits_for].name)


def line(order: Order) -> list[Stage]:
    """The steps: done ones with their day, the present one with holder and age, those to come; a cut where it ended."""
    times = {step.event: step.at for step in order.steps}
    present = turn(order)
    # A disputed order stands where it stood.
    state = _S(order.state_before_dispute) if order.state_before_dispute else order.state
    stages: list[Stage] = []
    reached = True
    for key, (events, current) in _STAGES.items():
        at = max((times[event] for event in events if event in times), default=None)
        now_here = state in current and (state is not _S.DOCKING or _docking_stage(events, times))
        if now_here:
            stages.append(Stage(key, "current", order.since, present.holder if present else None))
            reached = False
        elif at is not None and reached:
            stages.append(Stage(key, "done", at))
        elif order.state in ENDED:
            stages.append(Stage(order.state, "failed", order.since))
            break
        else:
            stages.append(Stage(key, "todo"))
            reached = False
    return stages


def _docking_stage(events: tuple[str, ...], times: dict[str, datetime]) -> bool:
    docked = "dock" in times or "upload_agreement" in times
    return docked if "sign" in events else not docked


_Check = Callable[[Order], bool]

_ACTIONS: Final[dict[str, tuple[frozenset[Role], _Check]]] = {
    "dock": (PROVIDER, lambda order: order.waits_task == turns.DOCK.id),
    "fail_docking": (PROVIDER, lambda order: order.state is _S.DOCKING),
    "upload_agreement": (PROVIDER, lambda order: order.state is _S.DOCKING),
    "confirm_agreement": (ENTERPRISE, lambda order: order.waits_task == turns.CONFIRM_AGREEMENT.id),
    "file_record": (PROVIDER, lambda order: order.state in FILING),
    "amend_record": (PROVIDER, lambda order: order.state in AMENDING),
    "answer_record": (ENTERPRISE, lambda order: order.state in AMENDING),
    "deliver": (PROVIDER, lambda order: order.state is _S.IN_SERVICE),
    "confirm": (ENTERPRISE, lambda order: order.state is _S.DELIVERED),
    "claim": (PROVIDER, lambda order: (order.state, "claim") in ORDER.transitions),
    "cancel": (ENTERPRISE | PROVIDER, lambda order: (order.state, "cancel") in ORDER.transitions),
    "dispute": (ENTERPRISE | PROVIDER, lambda order: (order.state, "dispute") in ORDER.transitions),
    "end_stalled": (BUREAU - {Role.INSPECTOR}, stalled),
    "decide": (BUREAU - {Role.INSPECTOR}, lambda order: order.state is _S.DISPUTED),
}


_CONTRACTING: Final = frozenset({"dock", "upload_agreement", "confirm_agreement"})


def actions(actor: Actor, order: Order, *, may_contract: bool = True) -> frozenset[str]:
    """What this person can do with the order now; the verbs check it again.

    ``may_contract``: whether the provider's certificate lets it make agreements (``standing.may_contract``).
    """
    found = frozenset(name for name, (roles, fits) in _ACTIONS.items() if actor.role in roles and fits(order))
    return found if may_contract else found - _CONTRACTING
