"""What a person had typed when the session had ended is kept, and given back after signing in."""

from typing import Final
from urllib.parse import unquote
from uuid import UUID

from flask import current_app, request
from flask import session as cookie
from flask_wtf.csrf import validate_csrf
from sqlalchemy.orm import Session
from wtforms.validators import ValidationError

from accounts.sessions import last_person
from foundation.actors import Actor
from foundation.clock import now
from foundation.unit_of_work import commit_anyway
from web.jobs import PARKED_FOR
from web.models import ParkedForm

# Parts of field names whose values are never kept.
_SECRET: Final = ("csrf_token", "submission_id", "password", "code")


def park(session: Session) -> str:
    """Keep the form of this request, if it is one, and return the path to come back to after signing in.

    Only a form of ours (it carries this browser's token) from a person whose session was here: else another site could
    fill in what a person sends next. The id travels in the signed cookie, so nobody else can fetch the form.
    """
    if request.method != "POST":
        return request.full_path.rstrip("?")
    fields = {key: values for key, values in request.form.lists() if not any(part in key for part in _SECRET)}
    back = request.path
    if request.referrer and request.referrer.startswith(request.host_url):
        back = "/" + request.referrer.removeprefix(request.host_url)
    owner = last_person(session)
    if fields and owner is not None and _ours():
        form = ParkedForm(path=unquote(back.partition("?")[0]), fields=fields, user_id=owner)
        session.add(form)
        session.flush()
        cookie["parked"] = str(form.id)
        commit_anyway(session)
    return back


def _ours() -> bool:
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return True
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        return False
    return True


def parked_fields(session: Session, person: Actor) -> dict[str, list[str]] | None:
    """The fields that this person parked for this page; they are given out once, when the page is shown again."""
    if request.method != "GET" or "parked" not in cookie:
        return None
    form = session.get(ParkedForm, UUID(cookie["parked"]))
    if form is None or form.path != request.path or form.user_id != person.user_id or form.at < now() - PARKED_FOR:
        return None
    cookie.pop("parked")
    return {key: list(values) for key, values in form.fields.items()}
