"""Marking an order as delivered: only with agreement, process and result proven."""

from sqlalchemy.orm import Session

from accounts.current import not_here
from files.access import files_of
from foundation.actors import PROVIDER, Actor
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from orders.access import locked
from orders.deadlines import due_in
from orders.models import Order, OrderState, RecordState, ServiceRecord
from orders.records import living
from orders.steps import take
from vouchers.terms import terms_of

RULE = N_("服务须有协议、过程和成果三类材料（厦门市 2021-11-05 服务方案，服务台账）")


def deliver(session: Session, actor: Actor, number: str) -> Order:
    """The provider says that the service is complete; the enterprise is asked to confirm the result.

    BadInput naming each kind of evidence that is missing; Conflict while a record is contested.
    """
    order = locked(session, actor, number)
    if actor.role not in PROVIDER:
        raise not_here()
    faults = missing(session, order)
    if order.state is OrderState.IN_SERVICE and faults:
        raise Faults(faults)
    take(
        session, actor, order, "deliver", due_at=due_in(OrderState.DELIVERED, terms_of(order.voucher.programme_version))
    )
    return order


def missing(session: Session, order: Order) -> list[DomainError]:
    """What is not proven yet; empty when the order can be delivered. The verification of claims asks the same."""
    records = living(order)
    faults: list[DomainError] = []
    agreement = order.agreement
    if agreement is None or not (agreement.provider_confirmed_at and agreement.enterprise_confirmed_at):
        faults.append(BadInput(N_("缺少双方确认的服务协议"), rule=RULE))
    attached = files_of(session, ServiceRecord.__tablename__, [record.id for record in records])
    kinds = {attachment.kind for files in attached.values() for attachment in files}
    if "process" not in kinds:
        faults.append(BadInput(N_("缺少服务过程材料"), rule=RULE, remedy=N_("在服务记录中上传现场照片、签到表等")))
    if "result" not in kinds:
        faults.append(BadInput(N_("缺少服务成果材料"), rule=RULE, remedy=N_("在服务记录中上传报告、证书等")))
    contested = [str(record.line) for record in records if record.state is RecordState.CONTESTED]
    if contested:
        faults.append(
            Conflict(
                N_("企业对第 %(lines)s 条服务记录有异议"),
                remedy=N_("修改后企业确认，或提请主管部门处理争议"),
                lines="、".join(contested),
            )
        )
    return faults
