"""What settlement puts on a desk."""

from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, TREASURY, Actor, Role
from foundation.desk import SHOWN, DeskItem, Figure, Lying, Task, task, task_called
from foundation.i18n import N_
from foundation.pages import Page
from settlement import turns
from settlement.batches import MAKERS
from settlement.desk_queries import in_turn, receivable, receivable_total, with_treasury
from settlement.models import Batch, BatchState
from settlement.queries import asked_corrections, count, ready

_B = BatchState
_MAKE: Final = task("batch.make", N_("编制结算批次"), N_("编制"))
_RED: Final = task("statement.second_person", N_("复核红字冲减"), N_("复核"))
_HANDED_OVER: Final = task("batch.handed_over", N_("批准和付款"))
_RECEIVE: Final = task("statement.receive", N_("收款"))


def waiting(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """For the bureau what is ready for a batch and what it calculated; for the treasury what to approve and pay."""
    if actor.role in MAKERS:
        made = in_turn(session, actor, [turns.HAND_OVER, turns.REWORK], most)
        return Lying(
            DeskItem(
                task=_MAKE,
                title=each.programme.name,
                endpoint="settlement.new",
                arguments={"programme": each.programme.number},
                since=each.since,
                blocks=N_("结算以前服务机构收不到款"),
                amount=each.amount,
            )
            for each in ready(session, actor)
        ).plus(_lying(made))
    if actor.role is Role.BUDGET_HOLDER:
        return Lying(
            DeskItem(
                task=_RED,
                title=statement.number,
                endpoint="settlement.statement",
                arguments={"number": statement.number},
                since=request.created_at,
                amount=statement.total,
            )
            for request, statement in asked_corrections(session, actor)
        ).plus(_lying(in_turn(session, actor, [turns.APPROVE], most)))
    if actor.role is Role.PAYER:
        return _lying(in_turn(session, actor, [turns.PAY], most))
    return Lying()


def others(session: Session, actor: Actor, most: int = SHOWN) -> Lying:
    """The bureau waits for the treasury; a provider waits for its money."""
    if actor.role in MAKERS:
        handed_over = with_treasury(session, actor, most)
        return Lying(
            [_item(batch, _HANDED_OVER, holder=batch.programme.treasury.name) for batch in handed_over.rows],
            handed_over.total,
        )
    if actor.role not in PROVIDER:
        return Lying()
    expected = receivable(session, actor, most)
    return Lying(
        [
            DeskItem(
                task=_RECEIVE,
                title=statement.number,
                endpoint="settlement.statement",
                arguments={"number": statement.number},
                since=statement.issued_at,
                holder=statement.batch.programme.treasury.name,
                amount=statement.total,
            )
            for statement in expected.rows
        ],
        expected.total,
    )


def figures(session: Session, actor: Actor) -> list[Figure]:
    """What is still to be paid."""
    if actor.role in PROVIDER:
        return [Figure(N_("待收结算款"), "settlement.statements", amount=receivable_total(session, actor))]
    if actor.role in TREASURY:
        waiting_now = count(session, actor, [_B.REVIEWED, _B.APPROVED, _B.PAYING])
        return [Figure(N_("待审批和待付款的批次"), "settlement.index", count=waiting_now)]
    return []


def _lying(found: Page[Batch]) -> Lying:
    return Lying([_item(batch, task_called(batch.waits_task or "")) for batch in found.rows], found.total)


def _item(batch: Batch, what: Task, *, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=what,
        title=f"{batch.programme.name} {batch.number}",
        endpoint="settlement.batch",
        arguments={"number": batch.number},
        since=batch.waits_since or batch.created_at,
        due=batch.due_at,
        holder=holder,
        amount=batch.total,
    )
