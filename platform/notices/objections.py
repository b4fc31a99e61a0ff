"""Objections: in one's real name, with evidence, and never without an answer."""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from audit.decisions import decide
from audit.trail import record
from files.intake import Upload, take
from foundation.actors import SYSTEM, Actor, Role
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, Faults, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row
from notices.models import NoticeState, Objection, PublicNotice
from notices.office import decides_for
from notices.publishing import close, may_close

LONGEST: Final = 2000
"""Characters of an objection and of its answer."""


def object_to(
    session: Session,
    actor: Actor | None,
    notice: PublicNotice,
    *,
    name: str,
    contact: str,
    text: str,
    evidence: Upload | None,
    ip: str | None,
) -> Objection:
    """File an objection; anybody may, ``actor`` None is a visitor. Faults by field where name, contact, reason or evidence
    is missing, Conflict when the notice has ended.
    """
    faults = [
        BadInput(message, field=field)
        for field, value, message in (
            ("name", name, N_("请填写真实姓名或单位全称，匿名异议不予受理")),
            ("contact", contact, N_("请填写联系电话或邮箱，答复将告知您")),
            ("text", text, N_("请写明异议的事实和理由")),
        )
        if not value.strip()
    ]
    if evidence is None:
        faults.append(BadInput(N_("请上传证据材料，没有证据的异议不予受理"), field="evidence"))
    if len(text) > LONGEST:
        faults.append(BadInput(N_("最多 %(most)s 字"), field="text", most=LONGEST))
    if faults or evidence is None:
        raise Faults(faults)
    notice = lock_row(session, PublicNotice, notice.id)
    if notice.state is not NoticeState.OPEN or notice.closes_on < today():
        raise Conflict(N_("公示已经结束，不再受理异议"), remedy=N_("可以向公示单位书面反映"))
    objection = Objection(notice=notice, name=name, contact=contact, text=text)
    session.add(objection)
    session.flush()
    person = actor or replace(SYSTEM, name=name, organisation_name="", ip=ip)
    take(session, person, evidence, subject=objection, kind="evidence", field="evidence")
    record(session, person, "notice.object", notice, after={"objection": str(objection.id)}, note=text)
    return objection


def answer(session: Session, actor: Actor, objection: Objection, *, text: str, upheld: bool) -> None:
    """Answer an objection, by the bureau whose notice it is; the last answer after the last day closes the notice."""
    if actor.role not in {Role.OFFICER, Role.REVIEWER} or not actor.sees_region(objection.notice.region_path):
        raise NotAllowed(N_("异议由公示单位答复"))
    actor = decides_for(session, actor, objection.notice.bureau_id)
    if not text.strip():
        raise BadInput(N_("请填写答复，写明核查的经过和结论"), field="answer")
    if len(text) > LONGEST:
        raise BadInput(N_("最多 %(most)s 字"), field="answer", most=LONGEST)
    notice = lock_row(session, PublicNotice, objection.notice_id)
    session.refresh(objection)
    if objection.answer is not None:
        raise Conflict(N_("这条异议已经答复"), remedy=N_("刷新页面查看答复"))
    objection.answer = text
    objection.upheld = upheld
    objection.answered_at = now()
    session.flush()
    decide(session, actor, "notice.answer", notice, after={"objection": str(objection.id), "upheld": upheld}, note=text)
    if may_close(notice, today()):
        close(session, actor, notice)
