"""Read models of one certification with everything of it, and of an application beside its form."""

from collections.abc import Iterable
from datetime import date

from audit.models import AuditEvent
from audit.reading import HistoryEvent, history_events
from files.models import Attachment
from files.reading import AttachedFile, attached
from foundation.actors import Actor, Role
from foundation.reading import Moment, ReadModel
from notices.models import NoticeState, PublicNotice
from providers.models import Certification, CertificationState
from providers.public_reading import PublicProvider, public_provider
from providers.queries import is_own
from providers.rules import WRITABLE
from providers.states import CERTIFICATION


class NoticeOfCertification(ReadModel):
    """The public notice about a certification, and how many have objected."""

    number: str
    state: NoticeState
    objections: int


class CertificationCase(ReadModel):
    """Everything of one certification for one reader: ``deeds`` are what the reader can do as the bureau.

    ``writable`` says whether the reader fills it in, ``requested`` are keys of facts that the bureau asked about,
    ``answered_by`` is the version of the rules that answered it when it was filed. The history is oldest first.
    """

    number: str
    provider: PublicProvider
    level: str
    state: CertificationState
    created_at: Moment
    submitted_at: Moment | None
    resubmitted_at: Moment | None
    due_on: date | None
    valid_from: date | None
    valid_to: date | None
    recommendation: str | None
    decision_note: str | None
    requested: tuple[str, ...]
    answered_by: str | None
    notice: NoticeOfCertification | None
    writable: bool
    deeds: frozenset[str]
    files: tuple[AttachedFile, ...]
    history: tuple[HistoryEvent, ...]


class CertificationToFill(ReadModel):
    """An application beside its form; ``decision_note`` and ``requested`` are what the bureau asked about."""

    number: str
    provider: str
    state: CertificationState
    decision_note: str | None
    due_on: date | None
    requested: tuple[str, ...]
    files: tuple[AttachedFile, ...]


def certification_case(
    actor: Actor,
    found: Certification,
    *,
    acts: bool,
    notice: PublicNotice | None,
    events: Iterable[AuditEvent],
    files: Iterable[Attachment],
) -> CertificationCase:
    """One certification as ``actor`` sees it; ``acts`` says whether the actor decides in the provider's region."""
    return CertificationCase(
        number=found.number,
        provider=public_provider(found.organisation),
        level=found.level,
        state=found.state,
        created_at=found.created_at,
        submitted_at=found.submitted_at,
        resubmitted_at=found.resubmitted_at,
        due_on=found.due_on,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        recommendation=found.recommendation,
        decision_note=found.decision_note,
        requested=tuple(found.requested or ()),
        answered_by=found.answer["version"] if found.answer else None,
        notice=None
        if notice is None
        else NoticeOfCertification(number=notice.number, state=notice.state, objections=len(notice.objections)),
        writable=is_own(actor, found.organisation_id) and found.state in WRITABLE,
        deeds=_review_deeds(actor, found) if acts else frozenset(),
        files=tuple(attached(file) for file in files),
        history=history_events(events),
    )


def certification_to_fill(found: Certification, files: Iterable[Attachment]) -> CertificationToFill:
    """An application as its form shows it."""
    return CertificationToFill(
        number=found.number,
        provider=found.organisation.name,
        state=found.state,
        decision_note=found.decision_note,
        due_on=found.due_on,
        requested=tuple(found.requested or ()),
        files=tuple(attached(file) for file in files),
    )


def _review_deeds(actor: Actor, found: Certification) -> frozenset[str]:
    """What this person of the bureau can do now."""
    if actor.role not in {Role.OFFICER, Role.REVIEWER}:
        return frozenset()
    deeds = {event for event in CERTIFICATION.events if CERTIFICATION.allowed(found.state, event, actor.role)}
    if found.recommendation is None:
        deeds.discard("open_notice")
    if actor.user_id == found.first_reviewer_id:
        deeds -= {"open_notice", "certify", "reject"}
    return frozenset(deeds - {"replace"})
