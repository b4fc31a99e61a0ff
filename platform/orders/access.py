"""Who sees an order, and locking it before a step.

The order of locks is always the same, so that no two steps wait for each other: the voucher's row, the offering's line,
then the order's row.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.current import not_here
from files.access import authorise
from foundation.actors import ENTERPRISE, PROVIDER, STAFF, Actor
from foundation.locking import lock_row
from orders.line import lock_line
from orders.models import Order, ServiceRecord
from vouchers.models import Voucher


def may_see(actor: Actor, order: Order) -> bool:
    """Enterprise and provider see their own orders, the authorities those of programmes in their region."""
    if actor.role in ENTERPRISE:
        return order.enterprise_id == actor.organisation_id
    if actor.role in PROVIDER:
        return order.provider_id == actor.organisation_id
    return actor.role in STAFF and actor.sees_region(order.programme.region.path)


def find(session: Session, actor: Actor, number: str) -> Order:
    """The order with this number; NotFound when there is none or it is somebody else's."""
    order = session.scalar(
        select(Order)
        .where(Order.number == number)
        .options(
            joinedload(Order.programme),
            joinedload(Order.voucher).joinedload(Voucher.programme_version),
            joinedload(Order.enterprise),
            joinedload(Order.provider),
            joinedload(Order.offering_version),
        )
    )
    if order is None or not may_see(actor, order):
        raise not_here()
    return order


def locked(session: Session, actor: Actor, number: str) -> Order:
    """The order, its row locked and read anew; NotFound as ``find``."""
    return lock_row(session, Order, find(session, actor, number).id)


def locked_with_money(session: Session, order_id: UUID) -> Order:
    """The order with its voucher's row and its offering's line locked before it: for steps that move money or slots."""
    order = session.get_one(Order, order_id)
    lock_row(session, Voucher, order.voucher_id)
    lock_line(session, order.programme_id, order.offering_id)
    return lock_row(session, Order, order_id)


def _sees_order_file(session: Session, actor: Actor, order_id: UUID) -> bool:
    order = session.get(Order, order_id)
    return order is not None and may_see(actor, order)


def _sees_record_file(session: Session, actor: Actor, record_id: UUID) -> bool:
    record = session.get(ServiceRecord, record_id)
    return record is not None and may_see(actor, record.order)


authorise("orders", _sees_order_file)
authorise("service_records", _sees_record_file)
