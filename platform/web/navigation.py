"""The left navigation: what the rooms offer each role, at most seven entries, in the order of their weights."""

from dataclasses import dataclass

from flask import Flask, request, url_for
from flask_babel import gettext

from accounts.current import actor_or_none
from foundation.actors import Actor
from foundation.rooms import NavEntry
from web.house import house
from web.security import csp_nonce


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as the template shows it."""

    label: str
    url: str
    icon: str
    active: bool


def entries() -> list[ShownEntry]:
    """The entries for whoever is asking."""
    person = actor_or_none()
    return [
        ShownEntry(gettext(one.label), url_for(one.endpoint), one.icon, request.path.startswith(one.below))
        for one in house().navigation
        if _is_for(one, person)
    ]


def _is_for(entry: NavEntry, person: Actor | None) -> bool:
    return entry.visitors if person is None else person.role in entry.roles


def install(app: Flask) -> None:
    """What every template may rely on."""

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"navigation": entries(), "current_actor": actor_or_none(), "csp_nonce": csp_nonce}
