"""Read models of orders and service records."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from enterprises.models import TitleLevel
from foundation.i18n import N_
from foundation.reading import Figure, Moment, Money, ReadModel
from orders.models import Order, OrderState, RecordState, ServiceRecord
from orders.progress import Side, turn
from vouchers.reading import NamedProgramme, named_programme

TASKS: Final = {
    "orders.in_line": N_("排队等候名额"),
    "orders.dock": N_("联系企业对接"),
    "orders.upload_agreement": N_("上传服务协议"),
    "orders.confirm_agreement": N_("确认服务协议"),
    "orders.first_record": N_("提交第一条服务记录"),
    "orders.deliver": N_("提交服务记录，完成后标记交付"),
    "orders.amend_record": N_("修改有异议的服务记录"),
    "orders.confirm": N_("确认成效并评价"),
    "orders.claim": N_("申请核销"),
    "orders.verify": N_("审核核销申请"),
    "orders.correct": N_("补正后再次提交"),
    "orders.settle": N_("列入结算"),
    "orders.decide": N_("处理争议"),
}
"""The tasks of an order by their codes."""
_CODES: Final = {words: code for code, words in TASKS.items()}


class OrderTurn(ReadModel):
    """Whose turn an order is, with which task, and who that is by name."""

    party: Side
    task: str
    holder: str


class OrderRow(ReadModel):
    """An order; the prices are those agreed when it was placed. ``turn`` is null once it has come to its end."""

    number: str
    offering: str
    programme: NamedProgramme
    enterprise: NamedOrganisation
    title: TitleLevel
    provider: NamedOrganisation
    placed_at: Moment
    state: OrderState
    turn: OrderTurn | None
    due_at: Moment | None
    list_price: Money
    charged_price: Money
    deduction: Money
    own_share: Money


class Measured(ReadModel):
    """A figure of a service record; what it measures, and in which unit, stands in ``orders.measures``."""

    measure: str
    value: Figure


class RecordRow(ReadModel):
    """A service record in the register (台账), in the words of whoever filed it."""

    order: str
    offering: str
    enterprise: NamedOrganisation
    provider: NamedOrganisation
    line: int
    delivered_on: date
    channel: str
    place: str
    delivered_by: str
    description: str
    result: str
    measures: tuple[Measured, ...]
    filed_at: Moment | None
    state: RecordState


def order_rows(_session: Session, orders: Sequence[Order]) -> list[OrderRow]:
    """Orders in their order; parties, offerings and what tells whose turn it is come with them (``queries.page``)."""
    return [
        OrderRow(
            number=one.number,
            offering=one.offering_version.name,
            programme=named_programme(one.programme),
            enterprise=named(one.enterprise),
            title=TitleLevel(one.enterprise_title),
            provider=named(one.provider),
            placed_at=one.placed_at,
            state=one.state,
            turn=_turn(one),
            due_at=one.due_at,
            list_price=one.list_price,
            charged_price=one.charged_price,
            deduction=one.deduction,
            own_share=one.own_share,
        )
        for one in orders
    ]


def _turn(order: Order) -> OrderTurn | None:
    present = turn(order)
    return None if present is None else OrderTurn(party=present.side, task=_CODES[present.task], holder=present.holder)


def record_rows(_session: Session, records: Sequence[ServiceRecord]) -> list[RecordRow]:
    """Records in their order; orders, parties and offerings come with them (``queries.records_page``)."""
    return [
        RecordRow(
            order=one.order.number,
            offering=one.order.offering_version.name,
            enterprise=named(one.order.enterprise),
            provider=named(one.order.provider),
            line=one.line,
            delivered_on=one.delivered_on,
            channel=one.channel,
            place=one.place,
            delivered_by=one.delivered_by,
            description=one.description,
            result=one.result,
            measures=tuple(Measured(measure=key, value=Decimal(value)) for key, value in one.measures.items()),
            filed_at=one.filed_at,
            state=one.state,
        )
        for one in records
    ]
