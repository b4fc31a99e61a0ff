"""Whose turn a request for a second person is: the office's whose person asked, until somebody else of it answers."""

from typing import Final

from sqlalchemy.orm import object_session

from accounts.models import Organisation, SecondPersonRequest
from foundation.desk import task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns

SECOND_PERSON: Final = task("second_person.answer", N_("复核"), N_("复核"))
"""Desks name it by its deed; this is what all of them are."""


def turn_of(request: SecondPersonRequest) -> Turn | None:
    """By the outcome; the office's kind says which side that is."""
    session = object_session(request)
    if request.outcome is not None or session is None:
        return None
    office = session.get_one(Organisation, request.organisation_id)
    return Turn(Party(office.kind.value), SECOND_PERSON, office.id)


turns(SecondPersonRequest, turn_of)
