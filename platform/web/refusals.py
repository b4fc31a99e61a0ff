"""Pages and deeds that were refused to a signed-in person are told in the trail, where the shell answers."""

from functools import partial
from http import HTTPStatus
from typing import Final

from flask import g, request

from accounts import noted
from accounts.current import actor_or_none
from foundation.actions import when_refused
from foundation.errors import DomainError
from foundation.unit_of_work import afterwards

_NOTED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


def note_refusal(status: int) -> None:
    """Note it once this request's transaction was rolled back. Another's record and none at all read the same, here too.

    An address that no page has is no refusal, and a visitor is sent to sign in and refused nothing.
    """
    person, session = actor_or_none(), g.get("db")
    if status not in _NOTED or person is None or session is None or request.endpoint is None:
        return
    found = status == HTTPStatus.FORBIDDEN
    afterwards(session, partial(noted.refused, actor=person, found=found, path=request.path))


def note_refused_form(error: DomainError) -> None:
    """The same for a deed that is refused in its form; what a field names (a wrong password) is to be typed again."""
    if error.status == HTTPStatus.FORBIDDEN and error.field is None:
        note_refusal(error.status)


when_refused.append(note_refused_form)
