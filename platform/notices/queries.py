"""Reads of public notices."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from files.access import files_of
from files.models import Attachment
from foundation.actors import STAFF, Actor, Role
from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.pages import Page, page_of
from foundation.waiting import urgency
from notices.models import NoticeState, Objection, PublicNotice
from notices.office import acts_for
from notices.turns import ANSWER


def notices(session: Session, *, state: NoticeState | None, number: int) -> Page[PublicNotice]:
    """All notices, newest first: they are public."""
    query = select(PublicNotice).options(selectinload(PublicNotice.objections))
    if state is not None:
        query = query.where(PublicNotice.state == state)
    return page_of(session, query.order_by(PublicNotice.opens_on.desc(), PublicNotice.id.desc()), number)


def notice_by_number(session: Session, number: str) -> PublicNotice:
    """The notice with that number."""
    query = select(PublicNotice).where(PublicNotice.number == number).options(selectinload(PublicNotice.objections))
    notice = session.scalar(query)
    if notice is None:
        raise NotFound(N_("没有这份公示"), remedy=N_("请核对编号，或从公示列表进入"))
    return notice


def objection_of(session: Session, notice: PublicNotice, objection_id: UUID) -> Objection:
    """An objection of this notice."""
    objection = session.get(Objection, objection_id)
    if objection is None or objection.notice_id != notice.id:
        raise NotFound(N_("没有这条异议"))
    return objection


def may_read_objections(actor: Actor | None, notice: PublicNotice) -> bool:
    """Who objects trusts the bureau with name and evidence: nobody else reads them."""
    return actor is not None and actor.role in STAFF and actor.sees_region(notice.region_path)


def may_answer(session: Session, actor: Actor | None, notice: PublicNotice) -> bool:
    """Whether the person answers the notice's objections: the own bureau's, or by delegation."""
    if actor is None or actor.role not in {Role.OFFICER, Role.REVIEWER}:
        return False
    own = select(PublicNotice.id).where(PublicNotice.id == notice.id, acts_for(actor, PublicNotice.bureau_id))
    return session.scalar(own) is not None


def evidence_of(session: Session, notice: PublicNotice) -> dict[UUID, list[Attachment]]:
    """The evidence of each objection."""
    return files_of(session, Objection.__tablename__, [objection.id for objection in notice.objections])


def may_see_evidence(session: Session, actor: Actor, objection_id: UUID) -> bool:
    """Authoriser of the files of objections."""
    objection = session.get(Objection, objection_id)
    return objection is not None and may_read_objections(actor, objection.notice)


def unanswered(session: Session, actor: Actor, most: int) -> Page[Objection]:
    """Objections that wait for this bureau, the most urgent first."""
    query = (
        select(Objection)
        .join(Objection.notice)
        .where(Objection.waits_task == ANSWER.id, acts_for(actor, PublicNotice.bureau_id))
        .options(selectinload(Objection.notice))
        .order_by(urgency(Objection), Objection.id)
    )
    return page_of(session, query, 1, most)
