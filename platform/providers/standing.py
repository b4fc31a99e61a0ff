"""The life of a certificate: reminder, expiry, suspension, return and revocation; offerings come and go with it."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from audit.changes import change_state
from foundation.actors import SYSTEM, Actor
from foundation.clock import today
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.locking import lock_row, lock_rows
from foundation.periodic import Due
from providers.access import hold_for_bureau
from providers.catalogue_source import OFFERINGS
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
    queue_indexing(session, OFFERINGS, ids)


def turning() -> Due:
    """Certificates to remind of or to end, and applications whose answer is overdue."""
    day, state = today(), Certification.state
    return select(Certification.id).where(
        or_(
            and_(state.in_(_RUNNING), Certification.valid_to < day),
            and_(state == CertificationState.CERTIFIED, Certification.valid_to <= _reminded_on(day)),
            and_(state == CertificationState.MORE_INFORMATION, Certification.due_on < day),
        )
    )


def turn_with_the_clock(session: Session, certification_id: UUID) -> bool:
    """Remind before the end, expire after it, or refuse what was not answered in time; says whether it did anything."""
    # Looked at again under the lock: a bureau may have decided meanwhile.
    certification = lock_row(session, Certification, certification_id)
    event = _event(certification, today())
    if event is None:
        return False
    change_state(session, SYSTEM, certification, CERTIFICATION, event)
    if event == "expire":
        refresh_offerings(session, certification.organisation_id)
    return True


def _event(certification: Certification, day: date) -> str | None:
    """What the clock does with a certification."""
    state, last = certification.state, certification.valid_to
    if state is CertificationState.MORE_INFORMATION:
        return "lapse" if certification.due_on is not None and certification.due_on < day else None
    if state not in _RUNNING or last is None:
        return None
    if last < day:
        return "expire"
    return "remind" if state is CertificationState.CERTIFIED and last <= _reminded_on(day) else None


def _reminded_on(day: date) -> date:
    """The last day of the certificates that are reminded of on ``day``."""
    return day + timedelta(days=terms().renewal_reminder_days)


def _end(session: Session, actor: Actor, certification: Certification, event: str, note: str) -> Actor:
    actor = hold_for_bureau(session, actor, certification)
    if not note.strip():
        raise BadInput(N_("请写明理由，服务机构会看到"), field="note")
    change_state(session, actor, certification, CERTIFICATION, event, note=note)
    certification.decision_note = note
    session.flush()
    refresh_offerings(session, certification.organisation_id)
    return actor
