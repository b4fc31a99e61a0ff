"""Who is asking in this request. The web shell sets it; views read it."""

from contextvars import ContextVar
from uuid import UUID

from foundation.actors import Actor
from foundation.errors import NotFound
from foundation.i18n import N_

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def set_actor(value: Actor | None) -> None:
    """Set by the web shell at the start of each request."""
    _actor.set(value)


def actor_or_none() -> Actor | None:
    """The signed-in person, or None for a visitor."""
    return _actor.get()


def actor() -> Actor:
    """The signed-in person; the access list has made sure that there is one."""
    found = _actor.get()
    if found is None:
        raise RuntimeError("this route needs a signed-in person: see the access lists of its room.py")
    return found


def own_organisation() -> UUID:
    """The organisation for which the person acts."""
    found = actor().organisation_id
    if found is None:
        raise RuntimeError("this route needs a person with an organisation: see the access lists of its room.py")
    return found


def not_here() -> NotFound:
    """The same answer for what does not exist and for what belongs to somebody else."""
    return NotFound(N_("没有找到这条记录"), remedy=N_("请核对编号，或从列表进入"))
