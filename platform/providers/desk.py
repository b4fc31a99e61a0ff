"""What certifications and offerings put on a desk."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.clock import at, now
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from providers.models import Certification, CertificationState, OfferingState, OfferingVersion
from providers.queries import notice_of, waiting_certifications, waiting_versions
from providers.terms import terms

C = CertificationState
_PROVIDER_TASKS: Final = {
    C.DRAFT: N_("填完并提交认定申请"),
    C.MORE_INFORMATION: N_("补充认定材料"),
    C.RENEWAL_DUE: N_("申请认定续期"),
}
_OFFICER_TASKS: Final = {C.SUBMITTED: N_("受理认定申请"), C.IN_REVIEW: N_("初审认定申请")}
_REVIEWER_TASKS: Final = {C.IN_REVIEW: N_("复审认定申请"), C.PUBLIC_NOTICE: N_("公示期满，办理认定")}
_BLOCKS: Final = {C.RENEWAL_DUE: N_("有效期届满后，服务产品从目录撤下")}
_WAITING_FOR: Final = {
    C.SUBMITTED: N_("主管部门初审"),
    C.IN_REVIEW: N_("主管部门"),
    C.PUBLIC_NOTICE: N_("公示期与主管部门复审"),
}


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """What this person has to do."""
    if actor.role in PROVIDER:
        if not waiting_certifications(session, actor, [*CertificationState]):
            return [_first_step(actor)]
        versions = waiting_versions(session, actor, [OfferingState.CHANGES_REQUESTED])
        return [
            *(
                _item(one, _PROVIDER_TASKS[one.state])
                for one in waiting_certifications(session, actor, [*_PROVIDER_TASKS])
            ),
            *(_version(one, N_("按审核意见修改服务产品"), N_("修改之前不能上架")) for one in versions),
        ]
    if actor.role is Role.OFFICER:
        tasks = _OFFICER_TASKS
    elif actor.role is Role.REVIEWER:
        tasks = _REVIEWER_TASKS
    else:
        return []
    mine = (one for one in waiting_certifications(session, actor, [*tasks]) if _is_mine(session, actor, one))
    versions = waiting_versions(session, actor, [OfferingState.IN_REVIEW])
    return [
        *(_item(one, tasks[one.state]) for one in mine),
        *(_version(one, N_("审核服务产品"), N_("审核之前目录里不显示")) for one in versions),
    ]


def _first_step(actor: Actor) -> DeskItem:
    """Where a provider begins that has just registered."""
    return DeskItem(
        task=N_("申请认定"),
        title=actor.organisation_name or "",
        endpoint="providers.certifications",
        arguments={},
        since=now(),
        blocks=N_("认定之前不能发布服务产品"),
    )


def others(session: Session, actor: Actor) -> list[DeskItem]:
    """What a provider waits for."""
    if actor.role not in PROVIDER:
        return []
    return [
        *(
            _item(one, N_("认定申请"), holder=_WAITING_FOR[one.state])
            for one in waiting_certifications(session, actor, [*_WAITING_FOR])
        ),
        *(
            _version(one, N_("服务产品审核"), None, holder=N_("主管部门"))
            for one in waiting_versions(session, actor, [OfferingState.IN_REVIEW])
        ),
    ]


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None: the figures of a desk are about orders and money."""
    return []


def _is_mine(session: Session, actor: Actor, certification: Certification) -> bool:
    """The officer has it until it is recommended, then the reviewer; a public notice waits until it has ended."""
    if certification.state is C.IN_REVIEW:
        return (certification.recommendation is None) is (actor.role is Role.OFFICER)
    if certification.state is C.PUBLIC_NOTICE:
        notice = notice_of(session, certification)
        return notice is not None and notice.state.value == "closed"
    return True


def _item(certification: Certification, task: str, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=certification.organisation.name,
        endpoint="providers.certification",
        arguments={"number": certification.number},
        since=_since(certification),
        due=at(certification.due_on, 23, 59) if certification.due_on else None,
        blocks=_BLOCKS.get(certification.state, N_("认定之前不能发布服务产品")) if holder is None else None,
        holder=holder,
    )


def _since(certification: Certification) -> datetime:
    """A renewal waits since its reminder, everything else since it was submitted."""
    if certification.state is C.RENEWAL_DUE and certification.valid_to is not None:
        return at(certification.valid_to - timedelta(days=terms().renewal_reminder_days))
    return certification.submitted_at or certification.created_at


def _version(version: OfferingVersion, task: str, blocks: str | None, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=version.name,
        endpoint="providers.offering",
        arguments={"number": version.offering.number},
        since=version.created_at,
        blocks=blocks,
        holder=holder,
        amount=version.charged_price,
    )
