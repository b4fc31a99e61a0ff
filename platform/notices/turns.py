"""Whose turn an objection is: the bureau's whose notice it is, until it is answered."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from foundation.clock import at
from foundation.desk import task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, turns
from notices.models import Objection, PublicNotice

ANSWER: Final = task("notice.answer", N_("答复异议"), N_("答复"))


def turn_of(objection: Objection) -> Turn | None:
    """By the answer; it is due on the notice's last day."""
    if objection.answer is not None:
        return None
    notice = objection.notice
    return Turn(Party.BUREAU, ANSWER, notice.bureau_id, at(notice.closes_on, 23, 59))


def _objections(_session: Session, notice: PublicNotice) -> Iterable[Objection]:
    return notice.objections


turns(Objection, turn_of, {PublicNotice: _objections})
