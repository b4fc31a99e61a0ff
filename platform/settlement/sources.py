"""Where the facts of a scheme come from: each name that a scheme may declare, and what it reads of an order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from foundation.clock import local
from foundation.money import format_yuan
from orders.agreements import is_tripartite
from orders.models import Order
from settlement.schemes.facts import Fact, WordFact
from vouchers.terms import FINANCING, Terms

Known = tuple[Order, Terms]
"""An order and the terms of the version under which it was made."""


def _admitted(order: Order, terms: Terms) -> bool:
    category = order.offering_version.category
    return category != FINANCING and terms.admits_category(category)


def _title_admitted(order: Order, terms: Terms) -> bool:
    # Frozen on the order: the register's answer on the day of ordering.
    return order.enterprise_title in {title.value for title in terms.titles}


OF_ORDER: Final[Mapping[str, Callable[[Order, Terms], Any]]] = {
    "order.placed_at": lambda order, _: local(order.placed_at).isoformat(),
    "order.list_price": lambda order, _: format_yuan(order.list_price),
    "order.charged_price": lambda order, _: format_yuan(order.charged_price),
    "order.own_share": lambda order, _: format_yuan(order.own_share),
    "order.deduction": lambda order, _: format_yuan(order.deduction),
    "order.market_price": lambda order, _: format_yuan(order.market_price),
    "order.enterprise_title": lambda order, _: order.enterprise_title,
    "order.category_admitted": _admitted,
    "order.third_party": lambda order, _: is_tripartite(order),
    # Only a version that the bureau approved can be ordered.
    "offering.price_approved": lambda order, _: order.offering_version.reviewed_at is not None,
    "agreement.signed": lambda order, _: order.agreement is not None,
    "agreement.signed_on": lambda order, _: order.agreement.signed_on.isoformat() if order.agreement else None,
    "agreement.tripartite": lambda order, _: order.agreement is not None and order.agreement.tripartite,
}
OF_LINE: Final[Mapping[str, Callable[[Sequence[Known]], Any]]] = {
    "orders.some_title_admitted": lambda orders: any(_title_admitted(order, terms) for order, terms in orders),
}


def facts_of_order(facts: Mapping[str, Fact], order: Order, terms: Terms) -> dict[str, Any]:
    """What the scheme wants to know of an order, as JSON values."""
    return {name: _said(fact, OF_ORDER[fact.source](order, terms)) for name, fact in facts.items() if fact.source}


def facts_of_line(facts: Mapping[str, Fact], orders: Sequence[Known]) -> dict[str, Any]:
    """What the scheme wants to know of a line's orders together, as JSON values."""
    return {name: _said(fact, OF_LINE[fact.source](orders)) for name, fact in facts.items() if fact.source}


def _said(fact: Fact, value: Any) -> Any:
    """A yes or no in the scheme's own two words, where it has them."""
    if isinstance(fact, WordFact) and isinstance(value, bool):
        return fact.if_yes if value else fact.if_no
    return value
