"""What one person may not do alone (复核): one asks with a reason, another person of the same office carries it out.

A room calls ``ask`` from the verb of the first person and ``carry_out`` from the verb of the second, which then does the
deed in the same transaction. Deeds are named as in the audit trail, such as ``programme.close``.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import SecondPersonOutcome, SecondPersonRequest
from accounts.turns import SECOND_PERSON
from audit.decisions import decide
from audit.trail import record
from foundation.actors import Actor
from foundation.clock import now
from foundation.constraints import as_domain_error
from foundation.database import Base
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row


def ask(
    session: Session,
    actor: Actor,
    subject: Base,
    deed: str,
    *,
    reason: str,
    facts: Mapping[str, Any] | None = None,
) -> SecondPersonRequest:
    """Ask another person of the actor's office to carry out ``deed`` on ``subject``; nothing happens to it yet.

    ``facts`` are JSON values that the deed will need, such as an amount in fen. BadInput without a reason; Conflict while
    the same request is open.
    """
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明原因，复核人据此决定"), field="reason")
    request = SecondPersonRequest(
        deed=deed,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        organisation_id=actor.organisation_id,
        reason=reason.strip(),
        facts=dict(facts or {}),
        asked_by_id=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(request)
            session.flush()
    except IntegrityError as error:
        raise as_domain_error(error) from error
    record(session, actor, "second_person.ask", subject, after={"deed": deed, **request.facts}, note=request.reason)
    return request


def carry_out(session: Session, actor: Actor, subject: Base, deed: str) -> SecondPersonRequest:
    """Note that the actor carries out what somebody else asked for, and return what was asked; the caller does the deed.

    Conflict when nothing is asked; NotAllowed for whoever asked and for people of another office.
    """
    request = _locked(session, subject, deed)
    if request.organisation_id != actor.organisation_id:
        raise NotAllowed(N_("只有提出单位的另一位工作人员可以复核"))
    if request.asked_by_id == actor.user_id:
        raise NotAllowed(N_("提出人不能自己复核"), remedy=N_("请由另一位工作人员复核"))
    _decide(session, actor, request, SecondPersonOutcome.CARRIED_OUT)
    return request


def decline(session: Session, actor: Actor, subject: Base, deed: str, *, reason: str) -> SecondPersonRequest:
    """Say no to what somebody else asked for; whoever asked takes it back instead. The reason stands in the trail.

    The caller has made sure that the thing is the actor's to decide about. It may be another office that asked, as a
    delegate: once its delegation is over nobody else could answer, and the open request would bar every new one.
    """
    request = _locked(session, subject, deed)
    if len(reason.strip()) < 2:
        raise BadInput(N_("写明不同意的原因"), field="reason")
    if request.asked_by_id == actor.user_id:
        _decide(session, actor, request, SecondPersonOutcome.WITHDRAWN)
        record(session, actor, "second_person.withdraw", subject, after={"deed": deed}, note=reason.strip())
    else:
        _decide(session, actor, request, SecondPersonOutcome.DECLINED)
        decide(session, actor, "second_person.decline", subject, after={"deed": deed}, note=reason.strip())
    return request


def asked_for(session: Session, subject: Base, deed: str) -> SecondPersonRequest | None:
    """The open request for ``deed`` on ``subject``, or None."""
    return session.scalar(_open(subject, deed))


def waiting_for_second_person(session: Session, actor: Actor, deeds: Collection[str]) -> Sequence[SecondPersonRequest]:
    """Open requests of the actor's office for these deeds that somebody else asked for, oldest first; for desks."""
    query = (
        select(SecondPersonRequest)
        .where(
            SecondPersonRequest.waits_for_id == actor.organisation_id,
            SecondPersonRequest.waits_task == SECOND_PERSON.id,
            SecondPersonRequest.deed.in_(deeds),
            SecondPersonRequest.asked_by_id != actor.user_id,
        )
        .order_by(SecondPersonRequest.waits_since, SecondPersonRequest.id)
    )
    return session.scalars(query).all()


def _open(subject: Base, deed: str) -> Select[SecondPersonRequest]:
    return select(SecondPersonRequest).where(
        SecondPersonRequest.subject_id == subject.id,
        SecondPersonRequest.deed == deed,
        SecondPersonRequest.outcome.is_(None),
    )


def _locked(session: Session, subject: Base, deed: str) -> SecondPersonRequest:
    """Two people who answer at once: the second finds the request answered."""
    request = asked_for(session, subject, deed)
    if request is not None:
        request = lock_row(session, SecondPersonRequest, request.id)
    if request is None or request.outcome is not None:
        raise Conflict(N_("没有待复核的申请，或已由他人办理"), remedy=N_("刷新页面查看最新进度"))
    return request


def _decide(session: Session, actor: Actor, request: SecondPersonRequest, outcome: SecondPersonOutcome) -> None:
    request.outcome, request.decided_by_id, request.decided_at = outcome, actor.user_id, now()
    session.flush()
