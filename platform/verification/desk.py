"""What claims put on a desk."""

from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying, task, task_called
from foundation.i18n import N_
from foundation.pages import Page
from foundation.waiting import Party
from orders.models import Order
from orders.turns import CLAIM
from verification import turns
from verification.desk_queries import held_by_others, in_turn, unclaimed
from verification.models import RedemptionClaim, RedemptionState
from verification.queries import count, undo_requests

_UNDO: Final = task("redemption.undo.second_person", N_("复核：撤销核销"), N_("复核"))


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """For officers the claims to decide, and with reviewers the redemptions that a colleague asks to take back; for
    providers what was returned, and finished orders not yet claimed.
    """
    if actor.role is Role.OFFICER:
        submitted = in_turn(session, actor, turns.VERIFY, most)
        return _lying(actor, submitted, N_("核销以前服务机构收不到这笔款")).plus(_undo(session, actor))
    if actor.role is Role.REVIEWER:
        return _undo(session, actor)
    if actor.role not in PROVIDER:
        return Lying()
    returned = in_turn(session, actor, turns.CORRECT, most)
    finished, total = unclaimed(session, actor, most)
    return _lying(actor, returned, N_("逾期未补正的，申请作废，金额退回企业")).plus(
        Lying([_to_claim(order, left) for order, left in finished], total)
    )


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """A provider waits for the bureau, an officer for corrections."""
    if actor.role in PROVIDER:
        return _lying(actor, held_by_others(session, actor, turns.VERIFY, most), others=True)
    if actor.role is Role.OFFICER:
        return _lying(actor, held_by_others(session, actor, turns.CORRECT, most), others=True)
    return Lying()


def figures(session: Session, actor: Actor) -> list[Figure]:
    """How many claims wait for the bureau."""
    if actor.role not in {Role.OFFICER, Role.REVIEWER}:
        return []
    waiting_now = count(session, actor, RedemptionState.SUBMITTED)
    return [Figure(N_("待核验"), "verification.index", {"state": RedemptionState.SUBMITTED.value}, count=waiting_now)]


def _undo(session: Session, actor: Actor) -> Lying:
    return Lying(
        DeskItem(
            task=_UNDO,
            title=f"{claim.order.offering_version.name} · {claim.order.provider.name}",
            endpoint="verification.case",
            arguments={"number": claim.number},
            since=request.created_at,
            blocks=N_("列入结算批次以后不能再撤销"),
            amount=claim.redeemed,
        )
        for request, claim in undo_requests(session, actor)
    )


def _to_claim(order: Order, left: int) -> DeskItem:
    return DeskItem(
        task=CLAIM,
        title=f"{order.offering_version.name} · {order.enterprise.name}",
        endpoint="verification.claim",
        arguments={"number": order.number},
        since=order.waits_since or order.since,
        due=order.due_at,
        blocks=N_("申请后主管部门才能核销"),
        amount=left,
    )


def _lying(actor: Actor, found: Page[RedemptionClaim], blocks: str | None = None, *, others: bool = False) -> Lying:
    return Lying([_item(actor, claim, blocks, others=others) for claim in found.rows], found.total)


def _item(actor: Actor, claim: RedemptionClaim, blocks: str | None, *, others: bool) -> DeskItem:
    order = claim.order
    other_side = order.enterprise if actor.role in PROVIDER else order.provider
    holder = order.provider if claim.waits_for is Party.PROVIDER else order.programme.bureau
    return DeskItem(
        task=task_called(claim.waits_task or ""),
        title=f"{order.offering_version.name} · {other_side.name}",
        endpoint="verification.case",
        arguments={"number": claim.number},
        since=claim.waits_since or claim.submitted_at,
        due=claim.due_at,
        blocks=blocks,
        holder=holder.name if others else None,
        amount=claim.amount,
    )
