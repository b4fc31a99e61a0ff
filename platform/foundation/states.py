"""State tables: ``(state, event) -> state, who may``, with a raising default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from foundation.actors import Role
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an event leads and which roles may cause it."""

    to: StrEnum
    who: frozenset[Role]


class StateTable:
    """The legal transitions of one thing; anything not in the table is refused.

    ``decisions`` are the events by which somebody in charge decides: each is kept with its reasons for good.
    """

    def __init__(
        self,
        name: str,
        labels: Mapping[StrEnum, str],
        transitions: Mapping[tuple[StrEnum, str], tuple[StrEnum, Iterable[Role]]],
        decisions: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.labels = dict(labels)
        self.transitions = {key: Transition(to, frozenset(who)) for key, (to, who) in transitions.items()}
        self.decisions = frozenset(decisions)
        if unknown := self.decisions - set(self.events):
            raise ValueError(f"{name}: no transition has the event {', '.join(sorted(unknown))}")

    @property
    def states(self) -> tuple[StrEnum, ...]:
        """All states, in the order of the normal way."""
        return tuple(self.labels)

    @property
    def events(self) -> tuple[str, ...]:
        """All events, each once, in the table's order."""
        return tuple(dict.fromkeys(event for _, event in self.transitions))

    def allowed(self, state: StrEnum, event: str, role: Role) -> bool:
        """Whether ``role`` may cause ``event`` in ``state``."""
        transition = self.transitions.get((state, event))
        return transition is not None and role in transition.who

    def next(self, state: StrEnum, event: str, role: Role) -> StrEnum:
        """The state after ``event``; Conflict when the event does not fit the state, NotAllowed for a wrong role."""
        transition = self.transitions.get((state, event))
        if transition is None:
            raise Conflict(
                N_("当前状态为“%(state)s”，这一步已不能进行"),
                remedy=N_("刷新页面查看最新进度和可以进行的操作"),
                state=self.labels[state],
                event=event,
            )
        if role not in transition.who:
            raise NotAllowed(N_("您的角色不能进行这一步"), remedy=N_("请由有权限的同事办理"))
        return transition.to
