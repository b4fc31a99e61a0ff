"""Whether a provider held a certificate on the days that matter to a claim, and if not, why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.locking import lock_rows
from providers.models import BreakKind, CertificateBreak, Certification, CertificationState

GRANTED = Certification.valid_from.is_not(None)
OWN_BREAK = CertificateBreak.certification_id == Certification.id
"""Which rows ``uncertified_of`` looks at, for larger queries."""

_RUNNING = frozenset({CertificationState.CERTIFIED, CertificationState.RENEWAL_DUE})


@dataclass(frozen=True, slots=True)
class Uncertified:
    """A day without a certificate; ``kind`` says what took it away, None when there was none to begin with."""

    day: date
    kind: BreakKind | None = None
    begins_on: date | None = None
    ends_on: date | None = None


def uncertified(session: Session, provider_id: UUID, days: Collection[date]) -> list[Uncertified]:
    """Those of ``days`` on which the provider held no certificate, in order; both end days of a suspension count."""
    query = select(Certification, CertificateBreak).outerjoin(CertificateBreak, OWN_BREAK)
    rows = session.execute(query.where(Certification.organisation_id == provider_id, GRANTED)).all()
    return uncertified_of([row[0] for row in rows], [row[1] for row in rows if row[1]], days)


def uncertified_of(
    certificates: Iterable[Certification], breaks: Iterable[CertificateBreak], days: Collection[date]
) -> list[Uncertified]:
    """The same from a provider's granted certificates and their breaks, in any order and number. Pure."""
    granted = sorted(set(certificates), key=lambda each: each.id)
    broken = sorted(set(breaks), key=lambda each: each.begins_on)
    looked = [_look(day, granted, broken) for day in sorted(set(days))]
    return [each for each in looked if each is not None]


def begin_break(session: Session, certification: Certification, kind: BreakKind) -> None:
    """The certificate stops holding today: suspended, or revoked for good. The certification must be locked."""
    end_break(session, certification)
    session.add(CertificateBreak(certification_id=certification.id, kind=kind, begins_on=today()))
    session.flush()


def end_break(session: Session, certification: Certification) -> None:
    """The certificate's suspension ends today, where one runs."""
    ids = session.scalars(
        select(CertificateBreak.id).where(
            CertificateBreak.certification_id == certification.id, CertificateBreak.ends_on.is_(None)
        )
    ).all()
    for found in lock_rows(session, CertificateBreak, ids):
        found.ends_on = today()
    session.flush()


def _look(
    day: date, certificates: Collection[Certification], breaks: Collection[CertificateBreak]
) -> Uncertified | None:
    missing = Uncertified(day)
    for certificate in certificates:
        if not (
            certificate.valid_from and certificate.valid_to and certificate.valid_from <= day <= certificate.valid_to
        ):
            continue
        broken = next((each for each in breaks if each.certification_id == certificate.id and each.covers(day)), None)
        if broken is not None:
            missing = Uncertified(day, broken.kind, broken.begins_on, broken.ends_on)
        elif day < today() or certificate.state in _RUNNING:
            return None
    return missing
