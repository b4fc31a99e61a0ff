"""Whose turn a certification and a version of an offering are: by their states; in review by the recommendation, and in
the public notice by whether that has ended.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from foundation.clock import at
from foundation.desk import Task, task
from foundation.i18n import N_
from foundation.waiting import Party, Turn, id_of, turns
from notices.models import NoticeState, PublicNotice
from providers.models import Certification, CertificationState, OfferingState, OfferingVersion

C = CertificationState
V = OfferingState

FILL_IN: Final = task("certification.fill_in", N_("填完并提交认定申请"), N_("填写"))
SUPPLEMENT: Final = task("certification.supplement", N_("补充认定材料"), N_("补充"))
RENEW: Final = task("certification.renew", N_("申请认定续期"), N_("续期"))
TAKE: Final = task("certification.take", N_("受理认定申请"), N_("受理"))
FIRST_REVIEW: Final = task("certification.first_review", N_("初审认定申请"), N_("初审"))
SECOND_REVIEW: Final = task("certification.second_review", N_("复审认定申请"), N_("复审"))
NOTICE_RUNS: Final = task("certification.notice_runs", N_("公示中"))
CERTIFY: Final = task("certification.certify", N_("公示期满，办理认定"), N_("发证"))
MEND: Final = task("offering.mend", N_("按审核意见修改服务产品"), N_("修改"))
REVIEW: Final = task("offering.review", N_("审核服务产品"), N_("审核"))

CERTIFICATIONS: Final[Mapping[CertificationState, tuple[Party, Task] | None]] = {
    C.DRAFT: (Party.PROVIDER, FILL_IN),
    C.SUBMITTED: (Party.BUREAU, TAKE),
    C.IN_REVIEW: (Party.BUREAU, FIRST_REVIEW),
    C.MORE_INFORMATION: (Party.PROVIDER, SUPPLEMENT),
    C.PUBLIC_NOTICE: (Party.CLOCK, NOTICE_RUNS),
    C.CERTIFIED: None,
    C.RENEWAL_DUE: (Party.PROVIDER, RENEW),
    C.EXPIRED: None,
    C.REJECTED: None,
    C.SUSPENDED: None,
    C.REVOKED: None,
}
OFFERINGS: Final[Mapping[OfferingState, tuple[Party, Task] | None]] = {
    # A draft is nobody's duty; its writer finds it in the list.
    V.DRAFT: None,
    V.IN_REVIEW: (Party.BUREAU, REVIEW),
    V.CHANGES_REQUESTED: (Party.PROVIDER, MEND),
    V.LISTED: None,
    V.SUPERSEDED: None,
    V.DELISTED: None,
}


def turn_of_certification(certification: Certification) -> Turn | None:
    """By state, recommendation and notice. Several offices of a region may be in charge, so a bureau is not named."""
    found = CERTIFICATIONS[certification.state]
    if certification.state is C.IN_REVIEW and certification.recommendation is not None:
        found = Party.BUREAU, SECOND_REVIEW
    if certification.state is C.PUBLIC_NOTICE and _notice_has_ended(certification):
        found = Party.BUREAU, CERTIFY
    if found is None:
        return None
    holder = id_of(certification, "organisation") if found[0] is Party.PROVIDER else None
    due = certification.due_on
    return Turn(*found, holder, at(due, 23, 59) if due else None)


def turn_of_version(version: OfferingVersion) -> Turn | None:
    """By the state; the provider is named where it is the provider's turn."""
    found = OFFERINGS[version.state]
    if found is None:
        return None
    return Turn(*found, id_of(version.offering, "provider") if found[0] is Party.PROVIDER else None)


def _notice_has_ended(certification: Certification) -> bool:
    session, notice_id = object_session(certification), certification.notice_id
    notice = session.get(PublicNotice, notice_id) if session is not None and notice_id is not None else None
    return notice is not None and notice.state is NoticeState.CLOSED


def _certified_by(session: Session, notice: PublicNotice) -> Iterable[Certification]:
    return session.scalars(select(Certification).where(Certification.notice_id == notice.id))


turns(Certification, turn_of_certification, {PublicNotice: _certified_by})
turns(OfferingVersion, turn_of_version)
