"""What an enterprise has had settled in a programme, over all versions of its terms and all batches."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Organisation
from foundation.errors import Conflict
from foundation.i18n import N_
from foundation.locking import lock_key
from foundation.money import parse_yuan
from orders.models import Order
from settlement.models import Batch, BatchOrder, BatchState, Statement
from verification.models import RedemptionClaim

_SETTLED = (BatchState.APPROVED, BatchState.PAYING, BatchState.PAID, BatchState.CLOSED)


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier batches settled, in fen: by enterprise, and by order."""

    enterprises: Mapping[UUID, int]
    orders: Mapping[UUID, int]


def settled_before(session: Session, batch: Batch) -> Before:
    """What earlier batches settled for each enterprise of this one, and of each order: approved, and not taken back in red.

    Earlier batches counted an award into an order's amount; it is the provider's, so at most what was redeemed counts.
    """
    statement, red = aliased(Statement), aliased(Statement)
    taken_back = exists().where(
        statement.batch_id == BatchOrder.batch_id,
        statement.organisation_id == BatchOrder.provider_id,
        red.corrects_id == statement.id,
    )
    rows = session.execute(
        select(Order.enterprise_id, Order.id, func.sum(func.least(BatchOrder.amount, RedemptionClaim.redeemed)))
        .join(RedemptionClaim, RedemptionClaim.id == BatchOrder.claim_id)
        .join(Order, Order.id == BatchOrder.order_id)
        .join(Batch, Batch.id == BatchOrder.batch_id)
        .where(
            Batch.programme_id == batch.programme_id,
            Batch.id != batch.id,
            Batch.state.in_(_SETTLED),
            Order.enterprise_id.in_(_enterprises(batch)),
            ~taken_back,
        )
        .group_by(Order.enterprise_id, Order.id)
    )
    enterprises: dict[UUID, int] = defaultdict(int)
    orders: dict[UUID, int] = {}
    for enterprise, order, amount in rows:
        orders[order] = int(amount)
        enterprises[enterprise] += int(amount)
    return Before(enterprises, orders)


def ensure_totals_hold(session: Session, batch: Batch) -> None:
    """Conflict when an enterprise has had something settled since the batch was calculated.

    Under a lock of the programme until the approval is committed: of two batches over the same enterprise the second
    sees what the first has settled.
    """
    lock_key(session, "settled-totals", str(batch.programme_id))
    counted = settled_before(session, batch).enterprises
    stored = batch.case["programme"]["counted_before"]
    for enterprise in session.scalars(select(Organisation).where(Organisation.id.in_(_enterprises(batch)))):
        if counted.get(enterprise.id, 0) != parse_yuan(stored[enterprise.uscc]):
            raise Conflict(
                N_("%(enterprise)s 在计算以后又有金额结算或冲减，“此前已计”已有变化"),
                remedy=N_("退回主管部门重新计算"),
                enterprise=enterprise.name,
            )


def _enterprises(batch: Batch) -> Select[UUID]:
    return (
        select(Order.enterprise_id)
        .join(BatchOrder, BatchOrder.order_id == Order.id)
        .where(BatchOrder.batch_id == batch.id)
    )
