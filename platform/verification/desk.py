"""What claims put on a desk."""

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.clock import end_of
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from verification.models import RedemptionClaim, RedemptionState
from verification.queries import count, unclaimed, undo_requests, waiting_claims


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """For officers the claims to decide, and with reviewers the redemptions that a colleague asks to take back; for
    providers what was returned, and finished orders not yet claimed.
    """
    if actor.role is Role.OFFICER:
        submitted = waiting_claims(session, actor, RedemptionState.SUBMITTED)
        return [_item(actor, claim, N_("核验"), N_("核销以前服务机构收不到这笔款")) for claim in submitted] + _undo(
            session, actor
        )
    if actor.role is Role.REVIEWER:
        return _undo(session, actor)
    if actor.role not in PROVIDER:
        return []
    returned = waiting_claims(session, actor, RedemptionState.RETURNED)
    return [
        _item(actor, claim, N_("补正核销申请"), N_("逾期未补正的，申请作废，金额退回企业")) for claim in returned
    ] + [
        DeskItem(
            task=N_("申请核销"),
            title=f"{order.offering_version.name} · {order.enterprise.name}",
            endpoint="verification.claim",
            arguments={"number": order.number},
            since=order.since,
            due=order.due_at,
            blocks=N_("申请后主管部门才能核销"),
            amount=left,
        )
        for order, left in unclaimed(session, actor)
    ]


def others(session: Session, actor: Actor) -> list[DeskItem]:
    """A provider waits for the bureau, an officer for corrections."""
    if actor.role in PROVIDER:
        submitted = waiting_claims(session, actor, RedemptionState.SUBMITTED)
        return [_item(actor, claim, N_("核验"), holder=claim.order.programme.bureau.name) for claim in submitted]
    if actor.role is Role.OFFICER:
        returned = waiting_claims(session, actor, RedemptionState.RETURNED)
        return [_item(actor, claim, N_("补正核销申请"), holder=claim.order.provider.name) for claim in returned]
    return []


def figures(session: Session, actor: Actor) -> list[Figure]:
    """How many claims wait for the bureau."""
    if actor.role not in {Role.OFFICER, Role.REVIEWER}:
        return []
    waiting_now = count(session, actor, RedemptionState.SUBMITTED)
    return [Figure(N_("待核验"), "verification.index", {"state": RedemptionState.SUBMITTED.value}, count=waiting_now)]


def _undo(session: Session, actor: Actor) -> list[DeskItem]:
    return [
        DeskItem(
            task=N_("复核：撤销核销"),
            title=f"{claim.order.offering_version.name} · {claim.order.provider.name}",
            endpoint="verification.case",
            arguments={"number": claim.number},
            since=request.created_at,
            blocks=N_("列入结算批次以后不能再撤销"),
            amount=claim.redeemed,
        )
        for request, claim in undo_requests(session, actor)
    ]


def _item(
    actor: Actor, claim: RedemptionClaim, task: str, blocks: str | None = None, *, holder: str | None = None
) -> DeskItem:
    order = claim.order
    other_side = order.enterprise if actor.role in PROVIDER else order.provider
    due = end_of(claim.due_on) if claim.due_on else order.due_at
    return DeskItem(
        task=task,
        title=f"{order.offering_version.name} · {other_side.name}",
        endpoint="verification.case",
        arguments={"number": claim.number},
        since=order.since,
        due=due,
        blocks=blocks,
        holder=holder,
        amount=claim.amount,
    )
