"""Read models of orders and service records."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from accounts.reading import NamedOrganisation, named
from enterprises.models import TitleLevel
from foundation.reading import Figure, Moment, Money, ReadModel
from foundation.waiting import Party
from orders.models import Order, OrderState, RecordState, ServiceRecord
from orders.progress import turn
from vouchers.reading import NamedProgramme, named_programme


class OrderTurn(ReadModel):
    """Whose turn an order is, with which task (``foundation.desk.Task``), and who that is by name."""

    party: Party
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


class EarlierOrder(ReadModel):
    """An order of the same offering, of which whoever orders again should know."""

    number: str
    placed_at: Moment


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
    return [order_row(one) for one in orders]


def order_row(order: Order) -> OrderRow:
    """One order as the list has it."""
    return OrderRow(
        number=order.number,
        offering=order.offering_version.name,
        programme=named_programme(order.programme),
        enterprise=named(order.enterprise),
        title=TitleLevel(order.enterprise_title),
        provider=named(order.provider),
        placed_at=order.placed_at,
        state=order.state,
        turn=turn_of(order),
        due_at=order.due_at,
        list_price=order.list_price,
        charged_price=order.charged_price,
        deduction=order.deduction,
        own_share=order.own_share,
    )


def earlier_orders(orders: Sequence[Order]) -> tuple[EarlierOrder, ...]:
    """Orders of the same offering in their order."""
    return tuple(EarlierOrder(number=one.number, placed_at=one.placed_at) for one in orders)


def turn_of(order: Order) -> OrderTurn | None:
    """Whose turn the order is; None once it has come to its end."""
    present = turn(order)
    return None if present is None else OrderTurn(party=present.party, task=present.task.id, holder=present.holder)


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
            measures=measured_of(one),
            filed_at=one.filed_at,
            state=one.state,
        )
        for one in records
    ]


def measured_of(record: ServiceRecord) -> tuple[Measured, ...]:
    """The figures of a service record."""
    return tuple(Measured(measure=key, value=Decimal(value)) for key, value in record.measures.items())
