"""Claims for redemption and what comes after them, made through the verbs that the pages call."""

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import factories as make
from order_cases import Scene, upload
from sqlalchemy.orm import Session

from accounts.models import Organisation
from foundation.actors import Actor, Role
from foundation.clock import today
from orders.models import Order, OrderState
from settlement import batches
from settlement.models import Batch
from verification import claiming, deciding
from verification.invoices import Invoice
from verification.models import RedemptionClaim

_numbers = count(1)
PUBLIC = "https://huiqi.example.cn"


def invoice(order: Order, **changes: Any) -> Invoice:
    """The right invoice for an order, with a number of its own."""
    facts: dict[str, Any] = {
        "number": f"24352000{next(_numbers):012d}",
        "day": today(),
        "amount": order.charged_price,
        "seller": order.provider.name,
        "buyer": order.enterprise.uscc,
        "self_checked": True,
    }
    return Invoice(**(facts | changes))


def claim(scene: Scene, order: Order, **changes: Any) -> RedemptionClaim:
    """The provider claims for a confirmed order."""
    number = next(_numbers)
    # Every invoice is a file of its own: the same bytes twice would be noticed.
    content = (
        b"%PDF-1.4\n%" + str(number).encode() + b"\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )
    return claiming.submit(
        scene.session,
        scene.clerk,
        order.number,
        invoice=invoice(order, **changes),
        file=upload(content, f"发票{number}.pdf"),
    )


def claimed(scene: Scene) -> Order:
    """An order with a claim that waits."""
    order = scene.order_in(OrderState.CONFIRMED)
    claim(scene, order)
    return order


def verified(scene: Scene) -> Order:
    """An order whose voucher is redeemed. The scene's evidence is the same file each time, so a person has looked."""
    order = claimed(scene)
    deciding.verify(
        scene.session,
        scene.officer,
        order.number,
        note="已核对，同一份现场照片模板",
        password=make.PASSWORD,
    )
    return order


@dataclass
class Office:
    """The people of a settlement: the treasury's and the maker."""

    session: Session
    scene: Scene

    def __post_init__(self) -> None:
        self.maker = make.actor(self.session, self.scene.bureau, Role.REVIEWER)
        self.budget_holder = make.actor(self.session, self.scene.treasury, Role.BUDGET_HOLDER)
        self.payer = make.actor(self.session, self.scene.treasury, Role.PAYER)

    def batch(self, period_from: date | None = None, **inputs: Any) -> Batch:
        """A calculated batch of what was verified today."""
        return batches.draft(
            self.session,
            self.maker,
            programme_number=self.scene.programme.number,
            period_from=period_from or today(),
            period_to=today(),
            inputs=inputs,
        )

    def reviewed(self, **inputs: Any) -> Batch:
        """A batch that waits for the treasury."""
        return batches.review(self.session, self.maker, self.batch(**inputs).number)


def clerk_of(session: Session, organisation: Organisation) -> Actor:
    """A clerk of a provider."""
    return make.actor(session, organisation, Role.PROVIDER_MEMBER)
