"""What the bureau does with an application: take, ask for more, recommend, publish, certify or refuse."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.changes import change_state
from foundation.actors import SYSTEM, Actor
from foundation.clock import add_working_days, today
from foundation.errors import BadInput, Conflict
from foundation.i18n import N_
from notices.events import notice_closed
from notices.models import NoticeState, PublicNotice
from notices.publishing import publish, upheld
from providers.access import hold_for_bureau
from providers.models import Certification, CertificationState
from providers.rules import rules_behind
from providers.standing import refresh_offerings
from providers.states import CERTIFICATION
from providers.terms import LEVELS, rules_of, terms


def take_up(session: Session, actor: Actor, certification: Certification) -> None:
    """An officer takes the application on."""
    actor = hold_for_bureau(session, actor, certification)
    change_state(session, actor, certification, CERTIFICATION, "take")
    certification.first_reviewer_id = actor.user_id
    session.flush()


def request_information(
    session: Session, actor: Actor, certification: Certification, *, note: str, facts: Collection[str], due_on: date
) -> None:
    """Ask the provider for more until ``due_on``; BadInput for no reason, an unknown fact, or a day that has passed."""
    actor = hold_for_bureau(session, actor, certification)
    _ensure_said(note, "note", N_("请写明需要补充什么"))
    if due_on <= today():
        raise BadInput(N_("补充期限须晚于今天"), field="due_on")
    if unknown := set(facts) - set(rules_of(certification.ruleset_id).facts):
        raise BadInput(N_("不是本次认定的事实项：%(key)s"), field="facts", key=min(unknown))
    change_state(session, actor, certification, CERTIFICATION, "request_information", note=note)
    certification.decision_note = note
    certification.requested = sorted(facts)
    certification.due_on = due_on
    counted = due_on == answer_by()
    certification.due_from = today() if counted else None
    certification.due_working_days = terms().answer_working_days if counted else None
    certification.recommendation = None
    session.flush()


def recommend(session: Session, actor: Actor, certification: Certification, *, note: str) -> None:
    """First review: the officer puts the case before the reviewer with an opinion."""
    actor = hold_for_bureau(session, actor, certification)
    _ensure_said(note, "note", N_("请写明初审意见"))
    change_state(session, actor, certification, CERTIFICATION, "recommend", note=note)
    certification.first_reviewer_id = actor.user_id
    certification.recommendation = note
    session.flush()


def open_notice(session: Session, actor: Actor, certification: Certification) -> PublicNotice:
    """Second review: publish the result before it is decided. Conflict without a recommendation, or by the same person."""
    actor = hold_for_bureau(session, actor, certification)
    CERTIFICATION.next(certification.state, "open_notice", actor.role)
    if certification.recommendation is None:
        raise Conflict(N_("还没有初审意见，不能公示"), remedy=N_("请初审人员先填写初审意见"))
    _ensure_second(actor, certification)
    change_state(session, actor, certification, CERTIFICATION, "open_notice")
    certification.second_reviewer_id = actor.user_id
    organisation = certification.organisation
    level = LEVELS[certification.level]
    notice = publish(
        session,
        actor,
        subject=certification,
        title=f"关于拟认定{organisation.name}为{level}的公示",
        body=(
            f"经审核，{organisation.name}（统一社会信用代码 {organisation.uscc}）符合"
            f"{rules_behind(certification).document}规定的条件，拟认定为{level}，现予公示。"
        ),
        working_days=terms().notice_working_days,
    )
    certification.notice_id = notice.id
    certification.due_on = notice.closes_on
    session.flush()
    return notice


def certify(session: Session, actor: Actor, certification: Certification) -> None:
    """Certify for three years, after a public notice that ended without an upheld objection; replaces an older certificate."""
    actor = hold_for_bureau(session, actor, certification)
    CERTIFICATION.next(certification.state, "certify", actor.role)
    _ensure_second(actor, certification)
    notice = session.get_one(PublicNotice, certification.notice_id)
    if notice.state is not NoticeState.CLOSED:
        raise Conflict(
            N_("公示到 %(day)s 结束，在此之前不能认定"),
            remedy=N_("公示期满且异议全部答复后再办理"),
            day=notice.closes_on,
        )
    if upheld(notice):
        raise Conflict(N_("有异议成立，不能认定"), remedy=N_("退回审核或不予认定"))
    for older in session.scalars(
        select(Certification).where(
            Certification.organisation_id == certification.organisation_id,
            Certification.state == CertificationState.RENEWAL_DUE,
        )
    ):
        change_state(session, actor, older, CERTIFICATION, "replace")
    change_state(session, actor, certification, CERTIFICATION, "certify")
    certification.second_reviewer_id = actor.user_id
    certification.valid_from = today()
    certification.valid_to = _last_day(today(), terms().valid_years)
    certification.due_on = None
    session.flush()
    refresh_offerings(session, certification.organisation_id)


def reject(session: Session, actor: Actor, certification: Certification, *, note: str) -> None:
    """Refuse the application with the reason, by the reviewer."""
    actor = hold_for_bureau(session, actor, certification)
    CERTIFICATION.next(certification.state, "reject", actor.role)
    _ensure_said(note, "note", N_("请写明不予认定的理由"))
    _ensure_second(actor, certification)
    change_state(session, actor, certification, CERTIFICATION, "reject", note=note)
    certification.second_reviewer_id = actor.user_id
    certification.decision_note = note
    session.flush()


def answer_by() -> date:
    """The day that is proposed for answering a request for more information."""
    return add_working_days(today(), terms().answer_working_days)


@notice_closed.connect
def _back_to_review(notice: PublicNotice, *, session: Session, **_facts: Any) -> None:
    """An upheld objection ends the public notice without a certificate."""
    if notice.subject_type != Certification.__tablename__ or not upheld(notice):
        return
    certification = session.get_one(Certification, notice.subject_id)
    certification.recommendation = None
    certification.due_on = None
    change_state(session, SYSTEM, certification, CERTIFICATION, "uphold_objection", note=notice.number)


def _ensure_second(actor: Actor, certification: Certification) -> None:
    if actor.user_id == certification.first_reviewer_id:
        raise Conflict(N_("初审人不能复审同一份申请"), remedy=N_("请由另一位复审人员办理"))


def _ensure_said(text: str, field: str, message: str) -> None:
    if not text.strip():
        raise BadInput(message, field=field)
    if len(text) > 1000:
        raise BadInput(N_("最多 %(most)s 字"), field=field, most=1000)


def _last_day(first: date, years: int) -> date:
    """The day before the anniversary; of 29 February before 1 March."""
    leap = (first.month, first.day) == (2, 29)
    anniversary = date(first.year + years, 3, 1) if leap else first.replace(year=first.year + years)
    return anniversary - timedelta(days=1)
