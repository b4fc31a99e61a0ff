"""What a person had typed when the session had ended is kept, and given back after signing in."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import request
from flask import session as cookie
from sqlalchemy import delete
from sqlalchemy.orm import Session

from foundation.clock import now
from foundation.unit_of_work import commit_anyway
from web.models import ParkedForm

KEPT: Final = timedelta(days=1)
# Parts of field names whose values are never kept.
_SECRET: Final = ("csrf_token", "submission_id", "password", "code")


def park(session: Session) -> str:
    """Keep the form of this request, if it is one, and return the path to come back to after signing in.

    The id travels in the signed cookie of this browser, so nobody else can fetch the form.
    """
    if request.method != "POST":
        return request.full_path.rstrip("?")
    fields = {key: values for key, values in request.form.lists() if not any(part in key for part in _SECRET)}
    back = request.path
    if request.referrer and request.referrer.startswith(request.host_url):
        back = "/" + request.referrer.removeprefix(request.host_url)
    if fields:
        form = ParkedForm(path=back.partition("?")[0], fields=fields)
        session.add(form)
        session.execute(delete(ParkedForm).where(ParkedForm.at < now() - KEPT))
        session.flush()
        cookie["parked"] = str(form.id)
        commit_anyway(session)
    return back


def parked_fields(session: Session) -> dict[str, list[str]] | None:
    """The fields parked for this page by this browser; they are given out once the page is shown again."""
    if request.method != "GET" or "parked" not in cookie:
        return None
    form = session.get(ParkedForm, UUID(cookie["parked"]))
    if form is None or form.path != request.path:
        return None
    cookie.pop("parked")
    return {key: list(values) for key, values in form.fields.items()}
