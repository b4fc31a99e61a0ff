"""The life of a certificate: reminder, expiry, suspension, return and revocation; offerings come and go with it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.changes import change_state
from foundation.actors import SYSTEM, Actor
from foundation.clock import today
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.locking import lock_rows
from providers.access import hold_for_bureau
from providers.certificate_days import begin_break, end_break
from providers.events import certification_revoked, certification_suspended
from providers.models import BreakKind, Certification, CertificationState, Offering, OfferingState, OfferingVersion
from providers.states import CERTIFICATION
from providers.terms import terms
from search.jobs import queue_indexing

_RUNNING = (CertificationState.CERTIFIED, CertificationState.RENEWAL_DUE, CertificationState.SUSPENDED)


def suspend(session: Session, actor: Actor, certification: Certification, *, note: str) -> None:
    """Suspend a certificate: its offerings leave the catalogue and nobody can order from the provider."""
    actor = _end(session, actor, certification, "suspend", note)
    begin_break(session, certification, BreakKind.SUSPENDED)
    certification_suspended.send(certification, session=session, actor=actor)


def reinstate(session: Session, actor: Actor, certification: Certification, *, note: str) -> None:
    """End a suspension; the offerings are back in the catalogue."""
    _end(session, actor, certification, "reinstate", note)
    end_break(session, certification)


def revoke(session: Session, actor: Actor, certification: Certification, *, note: str) -> None:
    """Revoke a certificate for good."""
    actor = _end(session, actor, certification, "revoke", note)
    begin_break(session, certification, BreakKind.REVOKED)
    certification_revoked.send(certification, session=session, actor=actor)


def refresh_offerings(session: Session, provider_id: UUID) -> None:
    """Have all listed offerings of a provider indexed anew: its standing decides whether they are found."""
    ids = session.scalars(
        select(Offering.id)
        .join(OfferingVersion, OfferingVersion.offering_id == Offering.id)
        .where(Offering.provider_id == provider_id, OfferingVersion.state == OfferingState.LISTED)
    ).all()
    for offering in lock_rows(session, Offering, ids):
        offering.revision += 1
    session.flush()
    queue_indexing(session, ids)


def turn_with_the_clock(session: Session) -> None:
    """Remind before the end, expire after it, and refuse what was not answered in time."""
    day = today()
    for certification in _locked(session, _RUNNING):
        if certification.valid_to is None:
            continue
        if certification.valid_to < day:
            change_state(session, SYSTEM, certification, CERTIFICATION, "expire")
            refresh_offerings(session, certification.organisation_id)
        elif (
            certification.state is CertificationState.CERTIFIED
            and certification.valid_to - timedelta(days=terms().renewal_reminder_days) <= day
        ):
            change_state(session, SYSTEM, certification, CERTIFICATION, "remind")
    for application in _locked(session, (CertificationState.MORE_INFORMATION,)):
        if application.due_on is not None and application.due_on < day:
            change_state(session, SYSTEM, application, CERTIFICATION, "lapse")


def _locked(session: Session, states: tuple[CertificationState, ...]) -> list[Certification]:
    ids = session.scalars(select(Certification.id).where(Certification.state.in_(states))).all()
    # Looked at again under the lock: a bureau may have decided meanwhile.
    return [one for one in lock_rows(session, Certification, ids) if one.state in states]


def _end(session: Session, actor: Actor, certification: Certification, event: str, note: str) -> Actor:
    actor = hold_for_bureau(session, actor, certification)
    if not note.strip():
        raise BadInput(N_("请写明理由，服务机构会看到"), field="note")
    change_state(session, actor, certification, CERTIFICATION, event, note=note)
    certification.decision_note = note
    session.flush()
    refresh_offerings(session, certification.organisation_id)
    return actor
