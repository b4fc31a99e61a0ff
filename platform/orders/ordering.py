"""Ordering a service with a voucher: everything that was agreed is frozen, and the deduction is held at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import exists, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from accounts.current import not_here
from accounts.models import Organisation
from enterprises.models import TitleLevel
from enterprises.titles import held_levels, highest_first
from foundation.actors import Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, DomainError, Exhausted, Faults
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import busy, lock_found, lock_keys, shared
from foundation.money import display_yuan
from orders import line
from orders.deadlines import due_in
from orders.frequency import key_of_frequency, refusal
from orders.line import key_of_line, limit_of, move_up, somebody_waits
from orders.models import Order, OrderState
from orders.steps import begin
from providers.access import certified_on
from providers.models import Certification, Offering, OfferingState, OfferingVersion
from vouchers import regions
from vouchers.deduction import Deduction, deduct
from vouchers.models import Voucher
from vouchers.redemption import hold, locked_for
from vouchers.terms import Terms, terms_of

# The version as it stands after the locks, beside the one that was found before them.
_standing = aliased(OfferingVersion)


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
    voucher, offered, in_turn = _locked(session, actor, offering_number, voucher_number)
    found = _found(session, order_id, voucher, offered)
    if found.earlier is not None:
        if found.earlier.enterprise_id != actor.organisation_id:
            raise not_here()
        return found.earlier
    if not found.listed or ((found.limit is not None or found.waiting) and not in_turn):
        # The offering was delisted, or its next version or first limit approved, while we waited for its row.
        raise busy()
    terms = terms_of(voucher.programme_version)
    title = _admitted(session, voucher, offered, terms, found)
    money = locked_for(session, actor, voucher.id, order_id, held=True)
    worked = deduct(
        terms,
        category=offered.category,
        list_price=offered.list_price,
        charged_price=offered.charged_price,
        available=money.wallet.available,
    )
    _ensure_as_shown(worked, shown)
    if worked.deduction == 0:
        raise Exhausted(N_("这张服务券已没有可用余额"), field="voucher", remedy=N_("换一张服务券，或先申领"))
    order = _order(order_id, offered, voucher, title, worked)
    order.needs = needs or None
    order.due_at = due_in(OrderState.PLACED, terms)
    hold(
        session,
        actor,
        voucher_id=voucher.id,
        order_id=order.id,
        amount=worked.deduction,
        transfer_id=uuid5(order.id, "hold"),
        found=money,
    )
    # Whoever waits goes first; they are looked at below.
    docks = not found.waiting and _is_free(session, order, found.limit)
    begin(session, actor, order, facts=_facts(order), terms=terms if docks else None)
    if found.waiting:
        move_up(session, order.programme_id, order.offering_id)
    return order


class _Found(NamedTuple):
    """What decides about an order beside the rows that are locked, read after all locks."""

    enterprise: Organisation
    earlier: Order | None
    """The order that was sent under the same id before."""
    certified: bool
    titles: Sequence[TitleLevel] | None
    limit: int | None
    """How many orders of a programme the offering serves; None is without limit."""
    waiting: bool
    """Whether somebody waits for one of its places."""
    listed: bool
    """Whether the version that is to be ordered is still the listed one."""


def _locked(
    session: Session, actor: Actor, offering_number: str, voucher_number: str
) -> tuple[Voucher, OfferingVersion, bool]:
    """The enterprise's own voucher, locked, and the version that can be ordered; NotFound when either is not there.

    The offering's row is locked against change, then, where there is something to take from each other, its line (then the
    last value is True) and the enterprise's frequency.
    """
    offering = shared(select(Offering.id).where(Offering.number == offering_number)).cte("offering")
    limited = or_(limit_of(offering.c.id).is_not(None), somebody_waits(Voucher.programme_id, offering.c.id))
    query = (
        select(Voucher, OfferingVersion, limited)
        .join(OfferingVersion, true())
        .join(offering, offering.c.id == OfferingVersion.offering_id)
        .where(
            Voucher.number == voucher_number,
            Voucher.enterprise_id == actor.organisation_id,
            OfferingVersion.state == OfferingState.LISTED,
        )
        .options(
            joinedload(Voucher.programme_version), joinedload(Voucher.programme), joinedload(OfferingVersion.offering)
        )
    )
    rows = lock_found(session, query, Voucher)
    if not rows:
        raise not_here()
    voucher, offered, in_turn = rows[0]
    keys = [key_of_line(voucher.programme_id, offered.offering_id)] if in_turn else []
    if offered.orders_per_enterprise is not None:
        keys.append(key_of_frequency(voucher.enterprise_id, offered))
    lock_keys(session, keys)
    return voucher, offered, in_turn


def _found(session: Session, order_id: UUID, voucher: Voucher, offered: OfferingVersion) -> _Found:
    provider_id = offered.offering.provider_id
    query = (
        select(
            Organisation,
            Order,
            certified_on(today()).where(Certification.organisation_id == provider_id).exists(),
            held_levels(Organisation.id, today()),
            limit_of(offered.offering_id),
            somebody_waits(voucher.programme_id, offered.offering_id),
            exists().where(_standing.id == offered.id, _standing.state == OfferingState.LISTED),
        )
        .outerjoin(Order, Order.id == order_id)
        .where(Organisation.id == voucher.enterprise_id)
    )
    return _Found(*session.execute(query).one())


def _is_free(session: Session, order: Order, limit: int | None) -> bool:
    """Whether a place is free; the line is locked where places are limited."""
    return limit is None or line.taken(session, order.programme_id, order.offering_id) < limit


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


def _admitted(session: Session, voucher: Voucher, offered: OfferingVersion, terms: Terms, found: _Found) -> TitleLevel:
    """The title under which the order counts; all refusals at once, each with its rule."""
    day = today()
    faults: list[DomainError] = []
    elsewhere = regions.refusal(terms, voucher.programme, found.enterprise)
    if elsewhere is not None:
        faults.append(elsewhere)
    titles = [level for level in highest_first(found.titles or ()) if level in terms.titles]
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
    if not found.certified:
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
        programme=voucher.programme,
        voucher_id=voucher.id,
        voucher=voucher,
        enterprise_id=voucher.enterprise_id,
        provider_id=offered.offering.provider_id,
        offering_id=offered.offering_id,
        offering_version_id=offered.id,
        offering_version=offered,
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
