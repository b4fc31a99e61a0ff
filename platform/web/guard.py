"""Who is asking, and may they open this route: the access lists of the rooms are the enforcement itself.

Every endpoint stands in exactly one list, and what stands in none is refused. ``tests/web/test_access.py`` holds the lists
against the routes and walks every one of them as every role. Whose records a person sees is asked in verbs and queries:
here stands only which roles get through the door.
"""

from typing import Final

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, NotFound

from accounts.current import actor_or_none, set_actor
from accounts.sessions import awaits_code, current_sign_in, last_token, signed_in_actor
from files.kinds import LIMIT
from foundation.forms import offer_kept_fields
from web.house import house
from web.parking import park, parked_fields
from web.unit import once

# Visitors have no files to send, but one with an objection.
_STRANGERS_BYTES: Final = 256 * 1024


def install(app: Flask) -> None:
    """Before each request: the actor, the access list, and the form's submission id, in this order."""

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        set_actor(None)
        offer_kept_fields(None)
        # Neither needs to know the person, and the health check must answer even when the database is down.
        if request.endpoint in {"static", "web.healthz"}:
            return None
        set_actor(signed_in_actor())
        if last_token() is None:
            # Flask checks the limit later, when it reads the form.
            most = _STRANGERS_BYTES + (LIMIT if request.endpoint in house().files_of_visitors else 0)
            request.max_content_length = min(request.max_content_length or most, most)
        if request.endpoint is None:
            return None
        refusal = refuse(request.endpoint)
        if refusal is not None:
            return refusal
        person = actor_or_none()
        if person is not None:
            offer_kept_fields(parked_fields(g.db, person))
        return once()


def refuse(endpoint: str) -> ResponseReturnValue | None:
    """Sign-in page for a visitor, 403 for the wrong role, None when access is allowed."""
    access = house().access
    if endpoint not in access:
        raise NotFound
    roles = access[endpoint]
    if roles is None:
        return None
    person = actor_or_none()
    if person is None:
        way_in = "accounts.code" if awaits_code(current_sign_in()) else "accounts.sign_in"
        return redirect(url_for(way_in, next=park(g.db)), 303)
    if person.role not in roles:
        raise Forbidden
    return None
