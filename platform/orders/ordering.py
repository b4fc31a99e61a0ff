"""Ordering a service with a voucher: everything that was agreed is frozen, and the deduction is held at once."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import Organisation
from audit.trail import record
from enterprises.models import TitleLevel
from enterprises.titles import titles_on
from foundation.actors import Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, DomainError, Exhausted, Faults
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from foundation.money import display_yuan
from orders.deadlines import due_in
from orders.events import order_changed
from orders.frequency import lock_frequency, refusal
from orders.line import lock_line, move_up
from orders.models import Order, OrderState
from orders.steps import write
from providers.certification import is_certified
from providers.models import Offering, OfferingState, OfferingVersion
from vouchers import regions
from vouchers.deduction import Deduction, deduct
from vouchers.models import Voucher
from vouchers.redemption import hold
from vouchers.terms import Terms, terms_of
from vouchers.wallets import wallet


@dataclass(frozen=True, slots=True)
class Shown:
    """The amounts in fen that the person saw on the form; what the server finds must be the same."""

    charged_price: int
    deduction: int


def place(
    session: Session,
    actor: Actor,
    *,
    order_id: UUID,
    offering_number: str,
    voucher_number: str,
    shown: Shown,
    needs: str | None = None,
) -> Order:
    """Place an order and hold its deduction; the order docks at once when a place is free, else it waits in line.

    ``order_id`` is made by the form: the same order sent again is the order that is there. Raises NotFound (offering,
    somebody else's voucher), BadInput with the rule cited (title, category, contract window, certification, how often),
    Exhausted (nothing left on the voucher) and Conflict when the amounts differ from what was shown.
    """
    offered = listed_version(session, offering_number)
    voucher = own_voucher(session, actor, voucher_number)
    lock_row(session, Voucher, voucher.id)
    earlier = session.get(Order, order_id)
    if earlier is not None:
        if earlier.enterprise_id != actor.organisation_id:
            raise not_here()
        return earlier
    lock_line(session, voucher.programme_id, offered.offering_id)
    lock_frequency(session, voucher.enterprise_id, offered)
    terms = terms_of(voucher.programme_version)
    title = _admitted(session, voucher, offered, terms)
    worked = deduct(
        terms,
        category=offered.category,
        list_price=offered.list_price,
        charged_price=offered.charged_price,
        available=wallet(session, voucher).available,
    )
    _ensure_as_shown(worked, shown)
    if worked.deduction == 0:
        raise Exhausted(N_("这张服务券已没有可用余额"), field="voucher", remedy=N_("换一张服务券，或先申领"))
    order = _order(order_id, offered, voucher, title, worked)
    order.needs = needs or None
    order.due_at = due_in(OrderState.PLACED, terms)
    session.add(order)
    session.flush()
    hold(
        session,
        actor,
        voucher_id=voucher.id,
        order_id=order.id,
        amount=worked.deduction,
        transfer_id=uuid5(order.id, "hold"),
    )
    record(session, actor, "order.place", order, after=_facts(order))
    write(session, actor, order, "place")
    order_changed.send(order, event="place")
    move_up(session, order.programme_id, order.offering_id)
    return order


def listed_version(session: Session, offering_number: str) -> OfferingVersion:
    """The version of an offering that can be ordered; NotFound when none is listed."""
    version = session.scalar(
        select(OfferingVersion)
        .join(OfferingVersion.offering)
        .where(Offering.number == offering_number, OfferingVersion.state == OfferingState.LISTED)
    )
    if version is None:
        raise not_here()
    return version


def own_voucher(session: Session, actor: Actor, voucher_number: str) -> Voucher:
    """The enterprise's own voucher; NotFound for anybody else's."""
    voucher = session.scalar(
        select(Voucher).where(Voucher.number == voucher_number, Voucher.enterprise_id == actor.organisation_id)
    )
    if voucher is None:
        raise not_here()
    return voucher


def _admitted(session: Session, voucher: Voucher, offered: OfferingVersion, terms: Terms) -> TitleLevel:
    """The title under which the order counts; all refusals at once, each with its rule."""
    day = today()
    faults: list[DomainError] = []
    elsewhere = regions.refusal(terms, voucher.programme, session.get_one(Organisation, voucher.enterprise_id))
    if elsewhere is not None:
        faults.append(elsewhere)
    titles = [title.level for title in titles_on(session, voucher.enterprise_id, day) if title.level in terms.titles]
    if not titles:
        faults.append(BadInput(N_("贵单位今天没有本项目认可的有效称号"), field="voucher", rule=terms.cited("titles")))
    if not terms.admits_category(offered.category):
        faults.append(
            BadInput(
                N_("这类服务不在本项目支持范围内，不能用券"),
                field="voucher",
                rule=terms.cited("excluded_categories"),
                remedy=N_("可以直接联系服务机构，或选择其他类别的服务"),
            )
        )
    if not terms.contract_in_window(day):
        faults.append(
            BadInput(
                N_("服务协议须在 %(first)s 至 %(last)s 签订，今天不能下单"),
                field="voucher",
                rule=terms.cited("contract_window"),
                first=terms.contracts_from.isoformat(),
                last=terms.contracts_to.isoformat(),
            )
        )
    if not is_certified(session, offered.offering.provider_id, day):
        faults.append(
            BadInput(N_("这家服务机构今天没有有效的示范平台认定"), remedy=N_("在目录中选择其他服务机构的服务"))
        )
    often = refusal(session, voucher.enterprise_id, offered)
    if often is not None:
        faults.append(often)
    if faults:
        raise Faults(faults)
    return titles[0]


def _ensure_as_shown(worked: Deduction, shown: Shown) -> None:
    if (worked.charged_price, worked.deduction) == (shown.charged_price, shown.deduction):
        return
    raise Conflict(
        N_(
            "页面打开后金额有变化：服务价格 %(old_price)s → %(price)s，"
            "抵扣 %(old_deduction)s → %(deduction)s，自付 %(old_own)s → %(own)s"
        ),
        remedy=N_("核对新的金额，同意后再次提交"),
        old_price=display_yuan(shown.charged_price),
        price=display_yuan(worked.charged_price),
        old_deduction=display_yuan(shown.deduction),
        deduction=display_yuan(worked.deduction),
        old_own=display_yuan(shown.charged_price - shown.deduction),
        own=display_yuan(worked.own_share),
    )


def _order(order_id: UUID, offered: OfferingVersion, voucher: Voucher, title: TitleLevel, worked: Deduction) -> Order:
    moment = now()
    return Order(
        id=order_id,
        number=new_number("DD", today()),
        programme_id=voucher.programme_id,
        voucher_id=voucher.id,
        enterprise_id=voucher.enterprise_id,
        provider_id=offered.offering.provider_id,
        offering_id=offered.offering_id,
        offering_version_id=offered.id,
        enterprise_title=title.value,
        list_price=worked.list_price,
        charged_price=worked.charged_price,
        market_price=offered.counted_market_price,
        deduction=worked.deduction,
        own_share=worked.own_share,
        state=OrderState.PLACED,
        placed_at=moment,
        since=moment,
    )


def _facts(order: Order) -> dict[str, object]:
    return {
        "number": order.number,
        "offering_version": str(order.offering_version_id),
        "voucher": str(order.voucher_id),
        "title": order.enterprise_title,
        "list_price": order.list_price,
        "charged_price": order.charged_price,
        "deduction": order.deduction,
        "own_share": order.own_share,
    }
