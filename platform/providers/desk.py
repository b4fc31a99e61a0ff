"""What certifications and offerings put on a desk."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.clock import now
from foundation.desk import SHOWN, DeskItem, Figure, Lying, Task, task, task_called
from foundation.i18n import N_
from providers import turns
from providers.models import Certification, CertificationState, OfferingVersion
from providers.queries import has_applied, waiting_certifications, waiting_versions

C = CertificationState
_APPLY: Final = task("certification.apply", N_("申请认定"), N_("申请"))
_APPLIED: Final = task("certification.applied", N_("认定申请"))
_IN_REVIEW: Final = task("offering.in_review", N_("服务产品审核"))
_PROVIDER_TASKS: Final = (turns.FILL_IN, turns.SUPPLEMENT, turns.RENEW)
_BUREAU_TASKS: Final[Mapping[Role, Collection[Task]]] = {
    Role.OFFICER: (turns.TAKE, turns.FIRST_REVIEW),
    Role.REVIEWER: (turns.SECOND_REVIEW, turns.CERTIFY),
}
_BLOCKS: Final = {C.RENEWAL_DUE: N_("有效期届满后，服务产品从目录撤下")}
_WAITING_FOR: Final[Mapping[Task, str]] = {
    turns.TAKE: N_("主管部门初审"),
    turns.FIRST_REVIEW: N_("主管部门"),
    turns.SECOND_REVIEW: N_("主管部门"),
    turns.NOTICE_RUNS: N_("公示期与主管部门复审"),
    turns.CERTIFY: N_("公示期与主管部门复审"),
}


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """What this person has to do."""
    if actor.role in PROVIDER:
        if not has_applied(session, actor):
            return Lying([_first_step(actor)])
        return _certifications(session, actor, _PROVIDER_TASKS, most).plus(
            _versions(session, actor, turns.MEND, N_("修改之前不能上架"), most)
        )
    tasks = _BUREAU_TASKS.get(actor.role)
    if tasks is None:
        return Lying()
    return _certifications(session, actor, tasks, most).plus(
        _versions(session, actor, turns.REVIEW, N_("审核之前目录里不显示"), most)
    )


def _first_step(actor: Actor) -> DeskItem:
    """Where a provider begins that has just registered."""
    return DeskItem(
        task=_APPLY,
        title=actor.organisation_name or "",
        endpoint="providers.certifications",
        arguments={},
        since=now(),
        blocks=N_("认定之前不能发布服务产品"),
    )


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """What a provider waits for."""
    if actor.role not in PROVIDER:
        return Lying()
    applied = waiting_certifications(session, actor, [*_WAITING_FOR], most)
    in_review = waiting_versions(session, actor, turns.REVIEW, most)
    return Lying(
        [_item(one, _APPLIED, holder=_WAITING_FOR[task_called(one.waits_task or "")]) for one in applied.rows],
        applied.total,
    ).plus(Lying([_version(one, _IN_REVIEW, None, holder=N_("主管部门")) for one in in_review.rows], in_review.total))


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """None: the figures of a desk are about orders and money."""
    return []


def _certifications(session: Session, actor: Actor, tasks: Collection[Task], most: int) -> Lying:
    found = waiting_certifications(session, actor, tasks, most)
    return Lying([_item(one, task_called(one.waits_task or "")) for one in found.rows], found.total)


def _versions(session: Session, actor: Actor, task: Task, blocks: str, most: int) -> Lying:
    found = waiting_versions(session, actor, task, most)
    return Lying([_version(one, task, blocks) for one in found.rows], found.total)


def _item(certification: Certification, task: Task, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=certification.organisation.name,
        endpoint="providers.certification",
        arguments={"number": certification.number},
        since=certification.waits_since or certification.created_at,
        due=certification.due_at,
        blocks=_BLOCKS.get(certification.state, N_("认定之前不能发布服务产品")) if holder is None else None,
        holder=holder,
    )


def _version(version: OfferingVersion, task: Task, blocks: str | None, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=version.name,
        endpoint="providers.offering",
        arguments={"number": version.offering.number},
        since=version.waits_since or version.created_at,
        due=version.due_at,
        blocks=blocks,
        holder=holder,
        amount=version.charged_price,
    )
