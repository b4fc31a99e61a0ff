"""What settlement puts on a desk."""

from sqlalchemy.orm import Session

from foundation.actors import PROVIDER, TREASURY, Actor, Role
from foundation.desk import DeskItem, Figure
from foundation.i18n import N_
from settlement.batches import MAKERS
from settlement.models import Batch, BatchState
from settlement.queries import asked_corrections, count, in_state, ready, receivable

_B = BatchState


def waiting(session: Session, actor: Actor) -> list[DeskItem]:
    """For the bureau what is ready for a batch and what it calculated; for the treasury what to approve and pay."""
    if actor.role in MAKERS:
        calculated = in_state(session, actor, [_B.CALCULATED], treasury=False)
        return [
            DeskItem(
                task=N_("编制结算批次"),
                title=each.programme.name,
                endpoint="settlement.new",
                arguments={"programme": each.programme.number},
                since=each.since,
                blocks=N_("结算以前服务机构收不到款"),
                amount=each.amount,
            )
            for each in ready(session, actor)
        ] + [
            _item(batch, N_("按财政退回意见修改批次") if batch.sent_back else N_("核对并提交审批"))
            for batch in calculated
        ]
    if actor.role is Role.BUDGET_HOLDER:
        return [
            DeskItem(
                task=N_("复核红字冲减"),
                title=statement.number,
                endpoint="settlement.statement",
                arguments={"number": statement.number},
                since=request.created_at,
                amount=statement.total,
            )
            for request, statement in asked_corrections(session, actor)
        ] + [_item(batch, N_("审批结算批次")) for batch in in_state(session, actor, [_B.REVIEWED], treasury=True)]
    if actor.role is Role.PAYER:
        due = in_state(session, actor, [_B.APPROVED, _B.PAYING], treasury=True)
        return [_item(batch, N_("付款")) for batch in due]
    return []


def others(session: Session, actor: Actor) -> list[DeskItem]:
    """The bureau waits for the treasury; a provider waits for its money."""
    if actor.role in MAKERS:
        handed_over = in_state(session, actor, [_B.REVIEWED, _B.APPROVED, _B.PAYING], treasury=False)
        return [_item(batch, N_("批准和付款"), holder=batch.programme.treasury.name) for batch in handed_over]
    if actor.role not in PROVIDER:
        return []
    return [
        DeskItem(
            task=N_("收款"),
            title=statement.number,
            endpoint="settlement.statement",
            arguments={"number": statement.number},
            since=statement.issued_at,
            holder=statement.batch.programme.treasury.name,
            amount=statement.total,
        )
        for statement in receivable(session, actor)
    ]


def figures(session: Session, actor: Actor) -> list[Figure]:
    """What is still to be paid."""
    if actor.role in PROVIDER:
        total = sum(statement.total for statement in receivable(session, actor))
        return [Figure(N_("待收结算款"), "settlement.statements", amount=total)]
    if actor.role in TREASURY:
        waiting_now = count(session, actor, [_B.REVIEWED, _B.APPROVED, _B.PAYING])
        return [Figure(N_("待审批和待付款的批次"), "settlement.index", count=waiting_now)]
    return []


def _item(batch: Batch, task: str, *, holder: str | None = None) -> DeskItem:
    return DeskItem(
        task=task,
        title=f"{batch.programme.name} {batch.number}",
        endpoint="settlement.batch",
        arguments={"number": batch.number},
        since=batch.approved_at or batch.reviewed_at or batch.created_at,
        holder=holder,
        amount=batch.total,
    )
