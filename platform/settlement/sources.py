"""Where the facts of a scheme come from: each name that a scheme may declare, and what it reads of a claim and its order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from foundation.clock import local
from foundation.money import format_yuan
from orders.agreements import is_tripartite
from orders.models import Order
from settlement.schemes.facts import Fact, WordFact
from verification.models import RedemptionClaim
from verification.parts import share
from vouchers.terms import FINANCING, Terms

Known = tuple[RedemptionClaim, Terms]
"""A claim and the terms of the version under which its order was made."""


def _admitted(order: Order, terms: Terms) -> bool:
    category = order.offering_version.category
    return category != FINANCING and terms.admits_category(category)


def _title_admitted(order: Order, terms: Terms) -> bool:
    # Frozen on the order: the register's answer on the day of ordering.
    return order.enterprise_title in {title.value for title in terms.titles}


def _part(claim: RedemptionClaim, whole: int) -> int:
    """Of a claim for a part, the figure that goes with it."""
    return share(claim.order, whole, claim.redeemed or 0)


def _own_share(claim: RedemptionClaim) -> int:
    return _part(claim, claim.order.charged_price) - (claim.redeemed or 0)


OF_ORDER: Final[Mapping[str, Callable[[RedemptionClaim, Terms], Any]]] = {
    "order.placed_at": lambda claim, _: local(claim.order.placed_at).isoformat(),
    "order.list_price": lambda claim, _: format_yuan(_part(claim, claim.order.list_price)),
    "order.charged_price": lambda claim, _: format_yuan(_part(claim, claim.order.charged_price)),
    "order.own_share": lambda claim, _: format_yuan(_own_share(claim)),
    "order.deduction": lambda claim, _: format_yuan(claim.redeemed or 0),
    "order.market_price": lambda claim, _: format_yuan(_part(claim, claim.order.market_price)),
    "order.enterprise_title": lambda claim, _: claim.order.enterprise_title,
    "order.category_admitted": lambda claim, terms: _admitted(claim.order, terms),
    "order.third_party": lambda claim, _: is_tripartite(claim.order),
    # Only a version that the bureau approved can be ordered.
    "offering.price_approved": lambda claim, _: claim.order.offering_version.reviewed_at is not None,
    "agreement.signed": lambda claim, _: claim.order.agreement is not None,
    "agreement.signed_on": lambda claim, _: _signed_on(claim.order),
    "agreement.tripartite": lambda claim, _: claim.order.agreement is not None and claim.order.agreement.tripartite,
}
OF_LINE: Final[Mapping[str, Callable[[Sequence[Known]], Any]]] = {
    "orders.some_title_admitted": lambda known: any(_title_admitted(claim.order, terms) for claim, terms in known),
}


def facts_of_claim(facts: Mapping[str, Fact], claim: RedemptionClaim, terms: Terms) -> dict[str, Any]:
    """What the scheme wants to know of a redeemed claim and its order, as JSON values."""
    return {name: _said(fact, OF_ORDER[fact.source](claim, terms)) for name, fact in facts.items() if fact.source}


def facts_of_line(facts: Mapping[str, Fact], known: Sequence[Known]) -> dict[str, Any]:
    """What the scheme wants to know of a line's claims together, as JSON values."""
    return {name: _said(fact, OF_LINE[fact.source](known)) for name, fact in facts.items() if fact.source}


def _signed_on(order: Order) -> str | None:
    return order.agreement.signed_on.isoformat() if order.agreement else None


def _said(fact: Fact, value: Any) -> Any:
    """A yes or no in the scheme's own two words, where it has them."""
    if isinstance(fact, WordFact) and isinstance(value, bool):
        return fact.if_yes if value else fact.if_no
    return value
