"""Orders of the demonstration, step by step on the normal way, and the exits from it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from demonstration.accounts import PASSWORD
from demonstration.papers import paper, photo
from demonstration.people import Cast
from demonstration.script import OrderPart, RecordPart
from demonstration.timeline import Story
from foundation.actors import Actor, Role
from foundation.clock import today
from foundation.identifiers import new_id
from orders import agreements, confirmation, delivery, docking, ending, records
from orders.choosing import choices_for
from orders.models import Order, OrderState
from orders.ordering import Shown, listed_version, place
from orders.states import NORMAL_WAY
from verification import claiming, deciding
from verification.invoices import Invoice

Step = Callable[[], object]

_SIGNED: Final = 2
"""Place of the agreement among the steps."""


class Service:
    """One order with the people of both sides and the bureau."""

    def __init__(self, cast: Cast, part: OrderPart, invoice: str) -> None:
        self.cast, self.part, self.session, self.invoice = cast, part, cast.session, invoice
        self.provider = next(each.provider for each in cast.script.offerings if each.key == part.offering)
        self.number = ""

    @property
    def buyer(self) -> Actor:
        """Who orders."""
        return self.cast.buyer(self.part.enterprise)

    @property
    def clerk(self) -> Actor:
        """Who delivers."""
        return self.cast.clerk(self.provider)

    @property
    def officer(self) -> Actor:
        """Who verifies."""
        return self.cast.person("bureau", Role.OFFICER)

    @property
    def order(self) -> Order:
        """The order as it stands."""
        return self.session.scalars(select(Order).where(Order.number == self.number)).one()

    def steps(self) -> Sequence[Step]:
        """What leads on from a placed order, one step a state of the normal way."""
        return (self.dock, self.sign, self.serve, self.deliver, self.confirm, self.claim, self.verify)

    def place(self) -> None:
        """Order with the voucher of the programme that the script names, at the amounts that the form shows."""
        version = listed_version(self.session, self.cast.offerings[self.part.offering])
        programme = self.cast.programmes[self.part.programme]
        usable = choices_for(self.session, self.buyer, version).usable
        numbers = {each.number for each in self.cast.vouchers_of(programme, self.part.enterprise)}
        choice = next(each for each in usable if each.voucher_number in numbers)
        order = place(
            self.session,
            self.buyer,
            order_id=new_id(),
            offering_number=version.offering.number,
            voucher_number=choice.voucher_number,
            shown=Shown(choice.charged_price, choice.deduction),
            needs=self.part.needs,
        )
        self.number = self.cast.orders[self.part.key] = order.number

    def dock(self) -> None:
        """The provider has reached the enterprise."""
        docking.succeed(self.session, self.clerk, self.number, note="已联系企业，双方同意签约")

    def sign(self) -> None:
        """Both sides confirm the agreement."""
        self.file_agreement()
        agreements.confirm(self.session, self.buyer, self.number)

    def file_agreement(self) -> None:
        """The provider files the signed agreement."""
        number = self.number
        agreements.upload(
            self.session,
            self.clerk,
            number,
            agreement_number=f"演示协议-{number[-6:]}",
            signed_on=today(),
            file=paper("服务协议", self._heading(), f"服务协议-{number}.pdf"),
            third_party=self.part.third_party,
        )

    def serve(self) -> None:
        """Each record with a photo of the process and a paper of the result."""
        for place_in_line, said in enumerate(self.part.records, start=1):
            self._file(said, place_in_line)

    def deliver(self) -> None:
        """The provider says that it is done."""
        delivery.deliver(self.session, self.clerk, self.number)

    def confirm(self) -> None:
        """The enterprise confirms the result and rates it."""
        confirmation.confirm(self.session, self.buyer, self.number, rating=self.part.rating, comment=self.part.comment)

    def claim(self) -> None:
        """The provider claims with its invoice."""
        order = self.order
        claiming.submit(
            self.session,
            self.clerk,
            self.number,
            invoice=Invoice(
                number=self.invoice,
                day=today(),
                amount=order.charged_price,
                seller=order.provider.name,
                buyer=order.enterprise.uscc,
                self_checked=True,
            ),
            file=paper("发票（演示样张）", [*self._heading(), f"发票号码：{self.invoice}"], f"发票-{self.number}.pdf"),
        )

    def verify(self) -> None:
        """The bureau verifies; the voucher is redeemed."""
        deciding.verify(
            self.session, self.officer, self.number, note="协议、过程、成果和发票核对一致。", password=PASSWORD
        )

    def leave(self) -> None:
        """The exit that the script names."""
        session, number, reason = self.session, self.number, self.part.reason
        exits: dict[str, Step] = {
            "fail_docking": lambda: docking.fail(session, self.clerk, number, reason=reason),
            "cancel": lambda: ending.cancel(session, self.buyer, number, reason=reason),
            "dispute": lambda: ending.dispute(session, self.buyer, number, reason=reason),
            "return": lambda: deciding.send_back(
                session, self.officer, number, marks=["records", "invoice_number"], reason="incomplete", note=reason
            ),
            "reject": lambda: deciding.reject(
                session, self.officer, number, reason="not_delivered", note=reason, password=PASSWORD
            ),
        }
        if self.part.exit is not None:
            exits[self.part.exit]()

    def _file(self, said: RecordPart, place_in_line: int) -> None:
        number, heading = self.number, self._heading()
        records.file(
            self.session,
            self.clerk,
            number,
            facts=records.Facts(
                delivered_on=today(),
                channel="online" if self.order.offering_version.channel == "online" else "offline",
                place=self.order.enterprise.region.name,
                delivered_by=self.clerk.name,
                description=said.description,
                result=said.result,
                measures={key: Decimal(value) for key, value in said.measures.items()},
            ),
            process=[photo("服务过程", [*heading, said.description], f"过程-{number}-{place_in_line}.png")],
            result=[paper("服务成果", [*heading, said.description, said.result], f"成果-{number}-{place_in_line}.pdf")],
        )

    def _heading(self) -> list[str]:
        order = self.order
        return [
            f"订单：{order.number}",
            f"服务：{order.offering_version.name}",
            f"甲方：{order.enterprise.name}",
            f"乙方：{order.provider.name}",
            f"日期：{today().isoformat()}",
        ]


def serve(cast: Cast, part: OrderPart, invoice: str) -> Story:
    """An order from its placing to where the script leaves it."""
    service, day = Service(cast, part, invoice), part.started
    yield cast.calendar.moment(day, 10)
    service.place()
    # A placed order docks by itself where a place is free; that it docked is a step without a state of its own.
    last = NORMAL_WAY.index(part.until) - NORMAL_WAY.index(OrderState.DOCKING)
    steps = [service.dock, service.file_agreement] if part.filed else service.steps()[: last + 1] if last > 0 else ()
    for taken, step in enumerate(steps):
        day -= part.pace if taken < _SIGNED else part.service_pace or part.pace
        yield cast.calendar.moment(day, 14)
        step()
    if part.exit is not None:
        yield cast.calendar.moment(day - part.pace, 16)
        service.leave()
