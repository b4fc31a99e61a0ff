"""Claims for redemption and what comes after them, made through the verbs that the pages call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

import factories as make
from order_cases import Scene, upload
from papers import pdf
from sqlalchemy.orm import Session

from accounts.models import Organisation
from audit.seals import seal
from audit.verification import verify as verify_audit
from files.intake import Upload
from foundation.actors import Actor, Role
from foundation.clock import now, today
from ledger.verification import verify as verify_ledger
from orders.models import Order, OrderState
from settlement import batches
from settlement.approval import approve
from settlement.corrections import ask_correction, correct
from settlement.models import Batch, Statement
from verification import claiming, deciding
from verification.invoices import Invoice
from verification.models import RedemptionClaim
from verification.parts import share, unclaimed
from vouchers.models import Voucher
from web.rooms import whole_house

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


def claim(scene: Scene, order: Order, *, claimed: int | None = None, **changes: Any) -> RedemptionClaim:
    """The provider claims for a confirmed order: all that is left, or ``claimed`` fen with an invoice for that part."""
    asked = claimed or unclaimed(scene.session, order) or order.deduction
    changes = {"amount": share(order, order.charged_price, asked)} | changes
    return claiming.submit(
        scene.session, scene.clerk, order.number, invoice=invoice(order, **changes), file=paper(), amount=claimed
    )


def paper() -> Upload:
    """The file of an invoice; every one is a file of its own: the same bytes twice would be noticed."""
    number = next(_numbers)
    return upload(pdf(mark=str(number)), f"发票{number}.pdf")


def redeem_claim(scene: Scene, filed: RedemptionClaim, **decision: Any) -> RedemptionClaim:
    """The officer verifies a claim, having looked at what the checks referred."""
    return deciding.verify(
        scene.session, scene.officer, filed.number, **{"note": "已核对", "password": make.PASSWORD} | decision
    )


def claimed(scene: Scene, voucher: Voucher | None = None, **changes: Any) -> Order:
    """An order with a claim that waits."""
    order = scene.order_in(OrderState.CONFIRMED, voucher, **changes)
    claim(scene, order)
    return order


def verified(scene: Scene, voucher: Voucher | None = None, **changes: Any) -> Order:
    """An order whose voucher is redeemed. The scene's evidence is the same file each time, so a person has looked."""
    order = claimed(scene, voucher, **changes)
    deciding.verify(
        scene.session,
        scene.officer,
        order.number,
        note="已核对，同一份现场照片模板",
        password=make.PASSWORD,
    )
    return order


def beijing(scene: Scene) -> None:
    """Let the scene's programme be settled by the scheme that knows an envelope and an award."""
    scene.programme.scheme_id = "beijing-2021-batch1"
    scene.offered.reviewed_at = now()
    scene.session.flush()


def giant(scene: Scene, voucher: Voucher | None = None, **changes: Any) -> Order:
    """A verified order of an enterprise that Beijing's scheme pays for."""
    order = verified(scene, voucher, **changes)
    order.enterprise_title = "little_giant"
    scene.session.flush()
    return order


def award(scene: Scene, share: float, reason: str = "年度绩效目标完成 98%") -> dict[str, Any]:
    """An award as a batch keeps it."""
    return {scene.provider.uscc: {"share": share, "reason": reason}}


def second_provider(session: Session, scene: Scene, voucher: Voucher | None = None) -> Order:
    """A verified order of another provider in the same programme."""
    first = (scene.provider, scene.clerk, scene.offering, scene.offered)
    scene.provider = make.provider(session)
    scene.clerk = make.actor(session, scene.provider, Role.PROVIDER_MEMBER)
    scene.offering = type(scene.offering)(number=f"FW{uuid4().hex[:8]}", provider_id=scene.provider.id)
    scene.offered = scene.list_version(1, reviewed_at=now())
    session.add_all([scene.offering, scene.offered])
    session.flush()
    order = giant(scene, voucher) if scene.programme.scheme_id != "xiamen-2021" else verified(scene, voucher)
    scene.provider, scene.clerk, scene.offering, scene.offered = first
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

    def approved(self, **inputs: Any) -> Batch:
        """A batch that the treasury has approved."""
        number = self.reviewed(**inputs).number
        return approve(self.session, self.budget_holder, number, password=make.PASSWORD, public_url=PUBLIC)

    def corrected(self, number: str, *, reason: str = "金额有误") -> Statement:
        """A statement taken back: the payer asks, the budget holder carries it out."""
        ask_correction(self.session, self.payer, number, reason=reason)
        return correct(self.session, self.budget_holder, number, password=make.PASSWORD, public_url=PUBLIC)


def approving(number: str, person: Actor) -> Callable[[Session], Batch]:
    """The deed of approving the batch with this number."""
    return lambda session: approve(session, person, number, password=make.PASSWORD, public_url=PUBLIC)


def proven(session: Session) -> bool:
    """Whether money and trail add up."""
    session.flush()
    seal(session)
    return verify_ledger(session).ok and verify_audit(session).ok


def contradictions(session: Session) -> list[str]:
    """What contradicts the money in any room's rows, transfers or events: what ``huiqi ledger verify`` finds."""
    session.flush()
    return verify_ledger(session, proving=whole_house().proves).faults


def clerk_of(session: Session, organisation: Organisation) -> Actor:
    """A clerk of a provider."""
    return make.actor(session, organisation, Role.PROVIDER_MEMBER)
