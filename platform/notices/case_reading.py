"""The read model of one public notice with its objections, as one reader may know them."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from files.models import Attachment
from files.reading import AttachedFile, attached
from foundation.clock import today
from foundation.reading import Moment, ReadModel
from notices.models import NoticeState, Objection, PublicNotice


class Objector(ReadModel):
    """What is told to the bureau in trust: who objects, why, and the evidence."""

    name: str
    contact: str
    text: str
    evidence: tuple[AttachedFile, ...]


class ObjectionOfNotice(ReadModel):
    """An objection; ``objector`` is null for whoever may not know, ``upheld`` is null until it is answered."""

    id: UUID
    at: Moment
    objector: Objector | None
    answer: str | None
    upheld: bool | None
    answered_at: Moment | None


class NoticeOfCase(ReadModel):
    """One notice for one reader: ``inside`` reads who objects, ``answering`` answers; anybody else objects while it is open."""

    number: str
    title: str
    body: str
    issuer: str
    opens_on: date
    closes_on: date
    state: NoticeState
    inside: bool
    answering: bool
    may_object: bool
    objections: tuple[ObjectionOfNotice, ...]


def notice_of_case(
    notice: PublicNotice, *, inside: bool, answering: bool, evidence: Mapping[UUID, Sequence[Attachment]]
) -> NoticeOfCase:
    """One notice, by what the reader may do; ``evidence`` is by objection and not looked at for who is not inside."""
    return NoticeOfCase(
        number=notice.number,
        title=notice.title,
        body=notice.body,
        issuer=notice.issuer,
        opens_on=notice.opens_on,
        closes_on=notice.closes_on,
        state=notice.state,
        inside=inside,
        answering=answering,
        may_object=notice.state is NoticeState.OPEN and notice.closes_on >= today(),
        objections=tuple(_objection(each, evidence.get(each.id, ()) if inside else None) for each in notice.objections),
    )


def _objection(objection: Objection, evidence: Sequence[Attachment] | None) -> ObjectionOfNotice:
    return ObjectionOfNotice(
        id=objection.id,
        at=objection.created_at,
        objector=None
        if evidence is None
        else Objector(
            name=objection.name,
            contact=objection.contact,
            text=objection.text,
            evidence=tuple(attached(file) for file in evidence),
        ),
        answer=objection.answer,
        upheld=objection.upheld,
        answered_at=objection.answered_at,
    )
