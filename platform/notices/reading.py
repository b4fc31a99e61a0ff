"""Read models of public notices."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from foundation.reading import ReadModel
from notices.models import NoticeState, PublicNotice


class NoticeRow(ReadModel):
    """A public notice, and until when anybody may object."""

    number: str
    title: str
    issuer: str
    opens_on: date
    closes_on: date
    state: NoticeState


def notice_rows(_session: Session, notices: Sequence[PublicNotice]) -> list[NoticeRow]:
    """Notices in their order."""
    return [
        NoticeRow(
            number=one.number,
            title=one.title,
            issuer=one.issuer,
            opens_on=one.opens_on,
            closes_on=one.closes_on,
            state=one.state,
        )
        for one in notices
    ]
