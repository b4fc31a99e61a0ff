"""A provider whose certification is revoked cannot serve: its undocked orders end and the money goes back."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.actors import SYSTEM
from foundation.i18n import N_
from orders.ending import end
from orders.models import Order, OrderState
from providers.events import certification_revoked
from providers.models import Certification

REVOKED = N_("服务机构的示范平台认定已撤销")


@certification_revoked.connect
def void_undocked(certification: Certification, *, session: Session, **_: Any) -> None:
    """Void what waits or docks, in the transaction of the revocation; what is under agreement goes on."""
    undocked = select(Order.id).where(
        Order.provider_id == certification.organisation_id,
        Order.state.in_([OrderState.PLACED, OrderState.DOCKING]),
    )
    for order_id in session.scalars(undocked.order_by(Order.voucher_id, Order.id)).all():
        end(session, SYSTEM, order_id, "lapse", reason=REVOKED)
