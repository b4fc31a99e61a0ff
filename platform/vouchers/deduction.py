"""What an order would cost: list price, discount, voucher deduction, own share, and what stays on the voucher."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.i18n import N_
from foundation.money import percent_of
from vouchers.sources import Source, usable_sources
from vouchers.terms import Terms


@dataclass(frozen=True, slots=True)
class Deduction:
    """A worked deduction in fen: ``list_price = discount + deduction + own_share``, ``remaining`` stays on the voucher.

    ``reason`` is a msgid with ``params``: why nothing, or less than the programme's share, is deducted (None: in full).
    """

    list_price: int
    discount: int
    charged_price: int
    deduction: int
    own_share: int
    available: int
    remaining: int
    reason: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A deduction with the voucher that would bear it (``voucher_id`` None: no voucher yet, the claim would be new)."""

    programme_id: UUID
    programme_number: str
    programme_name: str
    voucher_id: UUID | None
    voucher_number: str | None
    deduction: Deduction


def deduct(
    terms: Terms,
    *,
    category: str,
    list_price: int,
    charged_price: int,
    available: int,
    on: date | None = None,
    at_home: bool = True,
) -> Deduction:
    """What ``terms`` deduct from ``charged_price`` with ``available`` fen on the voucher. Pure; all amounts in fen.

    The share is rounded down to the fen, then cut by the cap per order, then by what the voucher holds. For an order
    ``on`` a day outside of the contract window it is nothing, and nothing for an enterprise that is not ``at_home`` in the
    region of a programme that is limited to it.
    """
    share = percent_of(charged_price, terms.deduction_percent)
    amount, reason, rule = share, None, terms.cited("deduction_percent")
    if not (at_home or terms.any_region):
        amount, reason, rule = 0, N_("本项目只支持本地区的企业"), terms.cited("region")
    elif not terms.admits_category(category):
        amount, reason, rule = 0, N_("这类服务不在本项目支持范围内"), terms.cited("excluded_categories")
    elif on is not None and not terms.contract_in_window(on):
        amount, reason, rule = 0, N_("今天不在服务协议的签订期间内"), terms.cited("contract_window")
    elif available < min(share, terms.cap_per_order or share):
        amount, reason, rule = available, N_("按服务券余额抵扣"), terms.cited("cap_per_enterprise")
    elif terms.cap_per_order is not None and share > terms.cap_per_order:
        amount, reason, rule = terms.cap_per_order, N_("按每单上限抵扣"), terms.cited("cap_per_order")
    return Deduction(
        list_price=list_price,
        discount=list_price - charged_price,
        charged_price=charged_price,
        deduction=amount,
        own_share=charged_price - amount,
        available=available,
        remaining=available - amount,
        reason=reason,
        rule=rule,
    )


def preview(
    session: Session, enterprise_id: UUID, *, category: str, list_price: int, charged_price: int
) -> list[Offer]:
    """What each voucher that the enterprise can use now would deduct, and each open programme it could still claim from.

    Best first: the largest deduction, then the voucher that expires first. Changes nothing.
    """
    return offers(
        usable_sources(session, enterprise_id), category=category, list_price=list_price, charged_price=charged_price
    )


def offers(sources: Sequence[Source], *, category: str, list_price: int, charged_price: int) -> list[Offer]:
    """What each of these sources would deduct today, or from a programme once its contracts begin; best first."""
    day = today()
    worked = [
        Offer(
            programme_id=source.programme_id,
            programme_number=source.programme_number,
            programme_name=source.programme_name,
            voucher_id=source.voucher_id,
            voucher_number=source.voucher_number,
            deduction=deduct(
                source.terms,
                category=category,
                list_price=list_price,
                charged_price=charged_price,
                available=source.available,
                on=day if source.voucher_id else max(day, source.terms.contracts_from),
                at_home=source.at_home,
            ),
        )
        for source in sources
    ]
    return sorted(worked, key=lambda offer: (-offer.deduction.deduction, offer.voucher_id is None))


def largest(sources: Sequence[Source], priced: Sequence[tuple[str, int]]) -> list[int]:
    """What the first of ``offers`` deducts, in fen, for each of these categories with a charged price; 0 where none does.

    For the cards of a page: of the sources that pay the same share of the same categories only the highest limit counts,
    so that a page with many cards takes no longer where many programmes are open.
    """
    day = today()
    limits: dict[tuple[int, tuple[str, ...]], int] = {}
    for source in sources:
        terms = source.terms
        on = day if source.voucher_id else max(day, terms.contracts_from)
        if (source.at_home or terms.any_region) and terms.contract_in_window(on):
            kind = terms.deduction_percent, terms.excluded_categories
            limits[kind] = max(limits.get(kind, 0), min(source.available, terms.cap_per_order or source.available))
    return [
        max(
            (
                min(percent_of(price, percent), limit)
                for (percent, excluded), limit in limits.items()
                if category not in excluded
            ),
            default=0,
        )
        for category, price in priced
    ]
